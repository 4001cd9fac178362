import Testing
import Web

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

    @Test(arguments: [
        "\(start)X: \(String(repeating: "y", count: 9_000))\r\n\r\n", "GET /\(String(repeating: "y", count: 100_000)) HTTP/1.1\r\n\r\n",
    ])
    func hugeHeadersAreRefused(request: String) async throws {
        try await TestServer.run(TestSite.site) { server in #expect(await server.send(request).status == 431) }
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "GET /livez HTTP/9.9\r\n\r\n", "GET /livez HTTP/1.1\nHost: x\n\n", "\(start)X: a\r\n b\r\n\r\n",
        "\(start)Host: y\r\n\r\n", "\(post)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "\(post)Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", "\(post)Transfer-Encoding: xchunked\r\n\r\n",
        "\(post)Content-Length: +5\r\n\r\n{}   ", "\(post)Content-Length: -1\r\n\r\n",
        "\(post)Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
    func whatIsNoHTTPIsAProblemAndTheEndOfTheConnection(request: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send(request)
            #expect([400, 501].contains(answer.status))
            #expect(["malformed_request", "method_not_implemented"].contains(answer.code))
            #expect(answer.headers["connection"] == "close")
            #expect(answer.headers["x-content-type-options"] == "nosniff")
        }
    }

    /// Both are whole as JSON, and must not be taken for all that was sent.
    @Test(arguments: ["Content-Length: 50\r\n\r\n{\"name\":\"a\"}", "Transfer-Encoding: chunked\r\n\r\nc\r\n{\"name\":\"a\"}\r\n"])
    func aBodyThatEndsEarlyIsNotTaken(rest: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            #expect(await server.send(Self.post + rest, thenEnd: true).status == 400)
        }
    }

    @Test(arguments: [false, true])
    func aHugeBodyIsRefusedBeforeItIsRead(isChunked: Bool) async throws {
        try await TestServer.run(TestSite.site) { server in
            let length = 64 << 20
            let head = isChunked ? "Transfer-Encoding: chunked\r\n\r\n4000000\r\n" : "Content-Length: \(length)\r\n\r\n"
            let start = ContinuousClock.now
            let answer = await server.send(Self.post + head + String(repeating: " ", count: length))
            #expect(answer.status == 413)
            #expect(answer.code == "content_too_large")
            #expect(start.duration(to: .now) < .seconds(10), "the connection stayed open")
        }
    }

    @Test func aSilentConnectionIsClosed() async throws {
        try await TestServer.run(TestSite.site, configure: { $0.idleDeadline = .milliseconds(100) }) { server in
            let duration = await ContinuousClock().measure { _ = await server.send(Self.start) }
            #expect(duration < .seconds(10))
        }
    }

    @Test func aRequestThatNeverEndsIsClosed() async throws {
        let configure = { (configuration: inout WebServer.Configuration) in
            configuration.idleDeadline = .seconds(60)
            configuration.requestDeadline = .milliseconds(100)
        }
        try await TestServer.run(TestSite.site, configure: configure) { server in
            let duration = await ContinuousClock().measure { _ = await server.send("\(Self.post)Content-Length: 5\r\n\r\n{") }
            #expect(duration < .seconds(10))
        }
    }

    @Test func aShutdownDoesNotWaitForSilentConnections() async throws {
        let duration = try await ContinuousClock().measure {
            try await TestServer.run(TestSite.site) { server in
                // One connection that has sent half a request, and nobody to wait for it.
                let silent = Task { await server.send(Self.start) }
                #expect(await server.request("GET", "/livez").status == 200)
                silent.cancel()
            }
        }
        #expect(duration < .seconds(10))
    }
}
