import Testing

@testable import Prikke

@Suite struct DescriptorsTests {
    @Test(arguments: [(20_000, 1_000, 16_384), (10_000, 1_000, 8_900), (1_024, 100, 824), (512, 1_000, 128), (1_048_576, 1_000, 16_384)])
    func clientsGetWhatIsLeftAndAtLeastAQuarter(all: Int, calls: Int, clients: Int) {
        #expect(Descriptors.forClients(of: all, besides: calls) == clients)
    }
}
