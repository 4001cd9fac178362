import HTTPTypes
import JSON
import Testing

@testable import Web

@Suite struct KeyTests {
    private static let good = TestSite.reader

    @Test(arguments: ["Bearer \(good)", "bearer \(good)", "BEARER \(good)"])
    func aBearerKeyIsTaken(header: String) {
        #expect(KeyAuthentication.key(in: [.authorization: header]) == Self.good)
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", good, "Basic \(good)", "Bearer  \(good)", "Bearer Bearer \(good)",
        "Bearer \(good),\(good)", "Bearer pk_live_reader", "Bearer sk_live_1", "Bearer .", "Bearer pk_live_.sk_live_",
        "Bearer pk_live_a.sk_live_",
        "Bearer pk_live_a.sk_live_b.c", "Bearer pk_live_a..sk_live_b", "Bearer PK_LIVE_a.SK_LIVE_b", "Bearer sk_live_a.pk_live_b",
        "Bearer pk_live_é.sk_live_b", "Bearer pk_live_a.sk_live_b%00", "Bearer pk_live_a.sk_live_b'--", "Token \(good)", "Bearer\t\(good)",
        "Bearer pk_live_\(String(repeating: "a", count: 100_000)).sk_live_b",
    ])
    func anythingElseNeverReachesTheDatabase(header: String) {
        #expect(KeyAuthentication.key(in: [.authorization: header]) == nil)
    }

    @Test func twoHeadersAreNoKey() {
        var headers: HTTPFields = [.authorization: "Bearer \(Self.good)"]
        headers.append(HTTPField(name: .authorization, value: "Bearer \(Self.good)"))
        #expect(KeyAuthentication.key(in: headers) == nil)
    }

    @Test func everyKeyThatIsNotGoodIsAnsweredAlike() async throws {
        try await TestServer.run(TestSite.site) { server in
            var bodies = Set<String>()
            for header in [
                "X: y", "Authorization: Basic eDp5", "Authorization: Bearer pk_live_x.sk_live_y", "Authorization: Bearer \u{1}é",
            ] {
                let answer = await server.request("GET", "/api/things", headers: [header, "X-Request-Id: same"])
                #expect(answer.status == 401 || answer.code == "malformed_request")
                guard answer.status == 401 else { continue }
                #expect(answer.headers["www-authenticate"] == "Bearer")
                bodies.insert(answer.text)
            }
            #expect(bodies.count == 1)
        }
    }

    @Test func whoCannotBeAskedForHasNoAccess() async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("GET", "/api/things", key: TestSite.unreachable)
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "5")
        }
    }

    /// Under whatever name or address a job reaches us.
    @Test(arguments: ["/", "/metrics", "/health", "/api/things", "/nowhere"])
    func aJobOfOursIsAnsweredNowhere(path: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("GET", path, key: Self.good, headers: ["Prikke-Hop: 1"])
            #expect(answer.status == 403)
            #expect(answer.code == "own_call")
            #expect(await server.request("GET", "/demo/ok", headers: ["Prikke-Hop: 1"]).status == 200)
        }
    }
}
