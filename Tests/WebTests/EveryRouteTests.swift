import JSON
import Tenancy
import Testing
import Web

/// Walks over all operations: what must hold of each, whatever it does.
@Suite struct EveryRouteTests {
    private static let operations = TestSite.site.api.operations

    @Test(arguments: operations.indices)
    func withoutAKeyNothingIsSaid(index: Int) async throws {
        let operation = Self.operations[index]
        try await TestServer.run(TestSite.site) { server in
            for key in [nil, "pk_live_nobody.sk_live_1"] {
                let answer = await server.request(operation.method.rawValue, Self.path(operation), key: key, body: "{{{")
                #expect(answer.status == 401)
                #expect(answer.code == "unauthenticated")
            }
        }
    }

    @Test(arguments: operations.indices)
    func aKeyWithoutTheScopeIsRefused(index: Int) async throws {
        let operation = Self.operations[index]
        guard operation.permission.scope != .read else { return }
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request(operation.method.rawValue, Self.path(operation), key: TestSite.reader, body: "{{{")
            #expect([403, 404].contains(answer.status))
        }
    }

    @Test func everyOperationHasANameOfItsOwn() {
        #expect(Set(Self.operations.map(\.id)).count == Self.operations.count)
        #expect(Self.operations.allSatisfy { $0.path.hasPrefix("/api/") && !$0.summary.isEmpty && !$0.answers.isEmpty })
    }

    private static func path(_ operation: Operation) -> String {
        operation.path.split(separator: "/").map { $0.hasPrefix("{") ? "1" : "\($0)" }.reduce("") { $0 + "/" + $1 }
    }
}
