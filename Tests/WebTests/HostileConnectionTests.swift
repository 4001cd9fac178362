import Testing
import Web

/// What one connection may ask of us.
@Suite struct HostileConnectionTests {
    private static let start = "GET /livez HTTP/1.1\r\nHost: x\r\n"
    private static let post =
        "POST /api/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.writer)\r\nContent-Type: application/json\r\n"

    /// CVE-2026-28980.
    @Test(arguments: [98, 99, 100_000])
    func atMostAHundredHeadersAreTaken(count: Int) async throws {
        try await TestServer.run(TestSite.site) { server in
            let headers = (0..<count).map { "X-\($0): y\r\n" }.joined()
            let answer = await server.send("\(Self.start)Connection: close\r\n\(headers)\r\n")
            #expect(answer.status == (count <= 98 ? 200 : 431))
            #expect(answer.code == (count <= 98 ? "" : "headers_too_large"))
            #expect(await server.request("GET", "/livez").status == 200)
        }
    }

    @Test(arguments: [(0, 200), (1, 431), (1_000_000, 431)])
    func aHeaderHasAtMostSixteenKiB(more: Int, status: Int) async throws {
        try await TestServer.run(TestSite.site) { server in
            let value = String(repeating: "y", count: 16_384 - "X: ".utf8.count + more)
            #expect(await server.send("\(Self.start)Connection: close\r\nX: \(value)\r\n\r\n").status == status)
        }
    }

    @Test(arguments: [(0, 200), (1, 431)])
    func allHeadersHaveAtMostThirtyTwoKiB(more: Int, status: Int) async throws {
        try await TestServer.run(TestSite.site) { server in
            let fixed = "Host: x\r\nConnection: close\r\n"
            let value = String(repeating: "y", count: 10_000)
            let rest = String(
                repeating: "z", count: 32_768 - fixed.utf8.count - 3 * (10_000 + "A: \r\n".utf8.count) - "D: \r\n".utf8.count + more)
            let headers = "A: \(value)\r\nB: \(value)\r\nC: \(value)\r\nD: \(rest)\r\n"
            #expect(await server.send("GET /livez HTTP/1.1\r\n\(fixed)\(headers)\r\n").status == status)
        }
    }

    @Test(arguments: [(0, 404), (1, 414), (1_048_576, 414)])
    func aRequestLineHasAtMostEightKiB(more: Int, status: Int) async throws {
        try await TestServer.run(TestSite.site) { server in
            let path = String(repeating: "y", count: 8_192 - "GET / HTTP/1.1".utf8.count + more)
            let answer = await server.send("GET /\(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(answer.status == status)
            #expect(answer.code == (status == 404 ? "not_found" : "uri_too_long"))
        }
    }

    /// Both are whole as JSON, and must not be taken for all that was sent.
    @Test(arguments: ["Content-Length: 50\r\n\r\n{\"name\":\"a\"}", "Transfer-Encoding: chunked\r\n\r\nc\r\n{\"name\":\"a\"}\r\n"])
    func aBodyThatEndsEarlyIsNotTaken(rest: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send(Self.post + rest, thenEnd: true)
            #expect(answer.status == 400)
            #expect(answer.code == "malformed_request")
        }
    }

    @Test(arguments: [false, true])
    func aHugeBodyIsRefusedBeforeItIsRead(isChunked: Bool) async throws {
        try await TestServer.run(TestSite.site) { server in
            let length = 16 << 20
            let head = isChunked ? "Transfer-Encoding: chunked\r\n\r\n1000000\r\n" : "Content-Length: \(length)\r\n\r\n"
            let start = ContinuousClock.now
            let answer = await server.send(Self.post + head + String(repeating: " ", count: length))
            #expect(answer.status == 413)
            #expect(answer.code == "content_too_large")
            #expect(start.duration(to: .now) < .seconds(14), "the connection stayed open")
        }
    }

    /// Whatever the reason for the answer: what was not asked for is not read to its end.
    @Test func anAnswerBeforeTheEndOfTheRequestIsTheLast() async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send("POST /api/things HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n{")
            #expect(answer.status == 401)
            #expect(answer.headers["connection"] == "close")
        }
    }

    @Test(arguments: ["", "Connection: Keep-Alive\r\n", "Host: x\r\n"])
    func aClientOfHTTP10IsAnsweredAndKeptOnlyIfItAsksForIt(headers: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let request = "GET /livez HTTP/1.0\r\n\(headers)\r\n"
            let isKept = headers.hasPrefix("Connection")
            let answers = await Wire.run { () -> [UInt8] in
                guard let wire = Wire(port: server.port) else { return [] }
                wire.send(request)
                guard isKept else { return wire.readAll() }
                let first = wire.read(until: "ok\n")
                wire.send("GET /livez HTTP/1.0\r\n\r\n")
                return Array(first.utf8) + wire.readAll()
            }
            let text = String(decoding: answers, as: UTF8.self)
            #expect(text.components(separatedBy: "200 OK").count == (isKept ? 3 : 2))
            #expect(text.contains("Connection: keep-alive") == isKept)
            #expect(text.contains("Connection: close"))
        }
    }
}
