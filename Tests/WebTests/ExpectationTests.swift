import Testing
import Web

/// RFC 9110 §10.1.1.
@Suite struct ExpectationTests {
    private static let body = "{\"name\":\"a\"}"

    private static func head(key: String, length: Int = body.utf8.count, expecting expectation: String = "100-continue") -> String {
        """
        POST /api/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nContent-Type: application/json\r
        Content-Length: \(length)\r\nExpect: \(expectation)\r\n\r\n
        """.replacing("\r\n        ", with: "\r\n")
    }

    @Test func theClientIsToldToGoOnBeforeItSendsTheBody() async throws {
        try await TestServer.run(TestSite.site) { server in
            let (first, rest) = await Wire.run { () -> (String, [UInt8]) in
                guard let wire = Wire(port: server.port) else { return ("", []) }
                wire.send(Self.head(key: TestSite.writer))
                let first = wire.read(until: "\r\n\r\n")
                wire.send(Self.body)
                wire.endInput()
                return (first, wire.readAll())
            }
            #expect(first == "HTTP/1.1 100 Continue\r\n\r\n")
            #expect(TestAnswer(bytes: rest).status == 201)
        }
    }

    @Test(arguments: [("pk_live_nobody.sk_live_1", 12, 401), (TestSite.reader, 12, 403), (TestSite.writer, 10_000_000, 413)])
    func whoIsRefusedIsToldSoBeforeHeSendsTheBody(key: String, length: Int, status: Int) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send(Self.head(key: key, length: length))
            #expect(answer.status == status)
            #expect(answer.headers["connection"] == "close")
        }
    }

    @Test func aBodyThatIsThereAlreadyNeedsNoInvitation() async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send(Self.head(key: TestSite.writer) + Self.body, thenEnd: true)
            #expect(answer.status == 201)
        }
    }

    @Test(arguments: ["200-ok", "100-continue, x", ""])
    func nothingElseCanBeExpected(expectation: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send(Self.head(key: TestSite.writer, expecting: expectation))
            #expect(answer.status == 417)
            #expect(answer.code == "expectation_failed")
        }
    }
}
