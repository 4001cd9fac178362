import NIOCore
import Testing

@testable import Web

/// What is no HTTP, or could be read in two ways: refused by whoever reads it first, and the end of the connection.
@Suite struct MalformedRequestTests {
    private static let start = "GET /livez HTTP/1.1\r\nHost: x\r\n"
    private static let post = "POST /api/things HTTP/1.1\r\nHost: x\r\n"
    private static let chunked = "\(post)Transfer-Encoding: chunked\r\n\r\n"

    private static let noHTTP = [
        "garbage\r\n\r\n", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", "GET /\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET / http/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.10\r\nHost: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /\u{e9} HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /#a HTTP/1.1\r\nHost: x\r\n\r\n", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", "GET x HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
    ]

    private static let badLines = [
        "GET /livez HTTP/1.1\nHost: x\n\n", "\(start)X: a\nY: b\r\n\r\n", "\(start)X: a\r\n\n", "\(start)X: a\rb\r\n\r\n",
        "\(start)X: a\0b\r\n\r\n",
        "\(start)X: a\u{7F}\r\n\r\n", "\(start)X: a\u{B}\r\n\r\n", "\(start)X: a\r\n b\r\n\r\n", "\(start)X: a\r\n\tb\r\n\r\n",
        "\(start)X : a\r\n\r\n", "\(start)X\t: a\r\n\r\n", "\(start): a\r\n\r\n", "\(start)X\r\n\r\n", "\(start)X(y): a\r\n\r\n",
        "\(start)\u{e9}: a\r\n\r\n",
    ]

    private static let badHosts =
        [
            "", "x y", "a@x", "user:password@x", "x:", "x:0", "x:65536", "x:80:80", "x:8a", "x/", "x,y", "x\\y", "x<", "é", "%41", "[::1",
            "[::1]x", "[127.0.0.1]",
            "[::1%eth0]", "[v1.a]", "::1", String(repeating: "x", count: 256),
        ].map { "GET /livez HTTP/1.1\r\nHost: \($0)\r\n\r\n" }
        + [
            "GET /livez HTTP/1.1\r\n\r\n", "GET /livez HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "\(start)hOST: y\r\n\r\n",
            "GET http://y/livez HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://x:81/livez HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET http:///livez HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://a@x/livez HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET http://x/livez HTTP/1.0\r\nHost: y\r\n\r\n",
        ]

    private static let badLengths =
        ["+5", "-1", "5 5", "0x5", "5,5", "5, 5", "", "a", "5.0", "1e1", "９", "99999999999999999999"].map {
            "\(post)Content-Length: \($0)\r\n\r\n{}   "
        }
        + [
            "\(post)Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "\(post)Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
            "\(post)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "\(post)Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
        ]

    private static let badEncodings =
        ["identity", "xchunked", "chunked, chunked", "gzip, chunked", "chunked;q=1", "chunked,", "", "\u{B}chunked"]
        .map { "\(post)Transfer-Encoding: \($0)\r\n\r\n0\r\n\r\n" }
        + [
            "\(post)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "\(post)Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            "POST /api/things HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ]

    @Test(arguments: noHTTP + badLines + badHosts + badLengths + badEncodings)
    func whatCouldBeReadInTwoWaysIsRefused(request: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send(request)
            #expect(answer.status == 400)
            #expect(answer.code == "malformed_request")
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.headers["connection"] == "close")
            #expect(answer.json["request_id"]?.string == answer.headers["x-request-id"])
            for (name, value) in SecurityHeaders.headers(isSecure: true) { #expect(answer.headers[name.canonicalName] == value) }
        }
    }

    /// The route behind asks for the body, so that these are found while somebody waits for it.
    @Test(arguments: [
        "+1\r\na\r\n0\r\n\r\n", "-1\r\na\r\n0\r\n\r\n", "\r\na\r\n", "g\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "100000000\r\n",
        "1\na\n0\n\n",
        "1\r\nab\r\n0\r\n\r\n", "1\r\na0\r\n\r\n", "1;\(String(repeating: "e", count: 300))\r\na\r\n0\r\n\r\n",
        String(repeating: "1;\(String(repeating: "e", count: 200))\r\na\r\n", count: 25), "0\r\nX : y\r\n\r\n", "0\r\n y\r\n\r\n",
        "0\r\nContent-Length: 5\r\n\r\n", "0\r\nHost: y\r\n\r\n",
    ])
    func aChunkedBodyThatIsNoneIsRefused(body: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let key = "Authorization: Bearer \(TestSite.writer)\r\nContent-Type: application/json\r\n"
            let answer = await server.send(Self.chunked.replacing("Host", with: "\(key)Host") + body)
            #expect(answer.status == 400)
            #expect(answer.code == "malformed_request")
            #expect(answer.headers["connection"] == "close")
        }
    }

    @Test(arguments: [("a: y\r\n", 100, 401), ("a: y\r\n", 101, 431), ("a: \(String(repeating: "y", count: 16_400))\r\n", 1, 431)])
    func trailersAreBoundedLikeHeaders(line: String, count: Int, status: Int) {
        var held = ByteBuffer(string: Self.chunked + "0\r\n" + String(repeating: line, count: count) + "\r\n")
        var framing = RequestFraming()
        do throws(Problem) {
            while try framing.next(&held) != nil {}
            #expect(framing.isWhole && status == 401)
        } catch {
            #expect(Int(error.status.code) == status)
        }
    }

    @Test(arguments: ["BREW", "CONNECT", "get", "PROPFIND", "PRI"])
    func aMethodThatNobodyKnowsIsNotImplemented(method: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send("\(method) /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(answer.status == 501)
            #expect(answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
            #expect(answer.headers["connection"] == "close")
        }
    }

    /// What must not be refused along with it.
    @Test(arguments: [
        "GET /livez HTTP/1.1\r\nHost: x\r\n", "\r\nGET /livez HTTP/1.1\r\nHost: x\r\n", "GET /livez HTTP/1.1\r\nhost:x:8080\r\n",
        "GET /livez HTTP/1.1\r\nHost:\t[::1]:80 \t\r\n", "GET /livez HTTP/1.1\r\nHost: a_b-c.example.\r\n",
        "GET http://X/livez HTTP/1.1\r\nHost: x\r\n", "GET https://x/livez?a HTTP/1.1\r\nHost: X\r\n", "GET /livez HTTP/1.0\r\n",
        "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n", "GET /livez HTTP/1.1\r\nHost: x\r\nX:\r\nY: \u{e9}\ta\r\n",
        "GET /livez HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n",
        "GET /livez?a=\"{|}\\^`<> HTTP/1.1\r\nHost: x\r\n",
    ])
    func whatIsGoodIsAnswered(request: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.send("\(request)Connection: close\r\n\r\n")
            #expect(answer.status == 200)
            #expect(answer.text == "ok\n")
        }
    }

    @Test func everyWayOfCuttingARequestIntoPiecesReadsTheSame() throws {
        let request = Self.chunked + "2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n"
        for size in 1...request.utf8.count {
            var framing = RequestFraming()
            var held = ByteBuffer()
            var out: [UInt8] = []
            var rest = Array(request.utf8)[...]
            while !rest.isEmpty {
                held.writeBytes(rest.prefix(size))
                rest = rest.dropFirst(size)
                while let part = try framing.next(&held) { out += part.readableBytesView }
            }
            #expect(framing.isWhole)
            #expect(String(decoding: out, as: UTF8.self) == request)
        }
    }

    /// What is good by our reading, and not by that of the decoder behind: still an answer of ours.
    @Test(arguments: [
        "\(post)Content-Length: 2\t\r\n\r\n{}", "\(post)Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n",
        "\(chunked)-0\r\n\r\n", "\(chunked)2;\r\n{}\r\n0\r\n\r\n", "\(chunked)2; a=b\r\n{}\r\n0\r\n\r\n",
        "\(chunked)2;a/b\r\n{}\r\n0\r\n\r\n",
        "\(chunked)0\r\nConnection: close\r\n\r\n",
    ])
    func whatOnlyTheDecoderRefusesIsAnsweredAlike(request: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let key = "Authorization: Bearer \(TestSite.writer)\r\nContent-Type: application/json\r\n"
            let answer = await server.send(request.replacing("Host", with: "\(key)Host"))
            #expect(answer.status == 400)
            #expect(answer.code == "malformed_request")
            #expect(answer.headers["connection"] == "close")
            #expect(answer.json["request_id"]?.string == answer.headers["x-request-id"])
            for (name, value) in SecurityHeaders.headers(isSecure: true) { #expect(answer.headers[name.canonicalName] == value) }
        }
    }
}
