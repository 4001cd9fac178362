import NIOCore
import Outbound
import Testing

@testable import Web

@Suite struct ClientAddressTests {
    private func client(_ address: String) throws -> ClientAddress {
        try #require(ClientAddress(SocketAddress(ipAddress: address, port: 1)))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("::ffff:192.0.2.1", "192.0.2.1", true),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true), ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ("::1", "0.0.0.1", false),
    ])
    func connectionsAreCountedByIPv4AddressOrIPv6Network(one: String, other: String, isSame: Bool) throws {
        #expect(try (client(one) == client(other)) == isSame)
        #expect(try (Set([client(one), client(other)]).count == 1) == isSame)
    }

    @Test func aProxyIsKnownByItsWholeAddress() throws {
        let proxies = try [#require(IPNetwork("2001:db8::1/128")), #require(IPNetwork("10.0.0.0/8"))]
        #expect(try client("2001:db8::1").isIn(proxies))
        #expect(try !client("2001:db8::2").isIn(proxies))
        #expect(try client("::ffff:10.1.2.3").isIn(proxies))
    }
}
