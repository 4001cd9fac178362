import Testing

@testable import Outbound

/// Against a server that speaks nothing else.
@Suite("HTTP/2", .enabled(if: HTTP2Target.isAvailable), .timeLimit(.minutes(1)))
struct HTTP2Tests {
    @Test func callsAtOneTimeAreAnsweredEachWithItsOwn() async throws {
        let target = try await HTTP2Target.start(name: "two.example.com", files: 20)
        let client = makeClient(names: ["two.example.com": [["127.0.0.1"]]]) { $0.trustedCertificates = target.owner.certificate }
        // The second time over connections that are open.
        for _ in 0..<2 {
            try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let response = try await client.call("https://two.example.com:\(target.port)/\(number)", tenant: UInt64(number))
                            .get()
                        return (number, response.body)
                    }
                }
                for try await (number, body) in group { #expect(body == Array("\(number)".utf8)) }
            }
        }
    }

    @Test func aBodyIsSentAndTheStatusCounts() async throws {
        let target = try await HTTP2Target.start(name: "two.example.com", files: 1)
        let client = makeClient(names: ["two.example.com": [["127.0.0.1"]]]) { $0.trustedCertificates = target.owner.certificate }
        let url = "https://two.example.com:\(target.port)/"
        #expect(try await client.call(url + "0", "POST", body: Array(repeating: 7, count: 200_000)).get().status == 200)
        #expect(try await client.call(url + "missing").get().status == 404)
    }
}
