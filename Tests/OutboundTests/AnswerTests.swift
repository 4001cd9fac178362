import Glibc
import Testing

@testable import Outbound

@Suite("Answers, good and bad", .timeLimit(.minutes(1)))
struct AnswerTests {
    /// A target that says `answer` to each request and closes.
    private func target(_ answer: String) throws -> Target { try Target { if $0.read() != nil { $0.write(answer) } } }

    @Test func anAnswerIsTakenAsItIs() async throws {
        let target = try target("HTTP/1.1 418 I'm a teapot\r\nX-A:  1 \r\nx-a: 2\r\nX-Empty:\r\nContent-Length: 4\r\n\r\n\u{0}\u{1}é")
        let response = try await makeClient().call(target.url()).get()
        #expect(response.status == 418)
        #expect(response.headers.map { "\($0.name)=\($0.value)" } == ["X-A=1", "x-a=2", "X-Empty=", "Content-Length=4"])
        #expect(response.header("x-a") == "1")
        #expect(response.body == [0, 1, 0xC3, 0xA9])
        #expect(response.size == 4 && !response.truncated)
        #expect(response.remoteAddress == "127.0.0.1")
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.0 200 OK\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-Trailer: 1\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    ])
    func everyWayToSendABodyIsRead(answer: String) async throws {
        let response = try await makeClient().call(target(answer).url()).get()
        #expect(String(decoding: response.body, as: UTF8.self) == "hello")
        #expect(response.status == 200)
        #expect(response.header("link") == nil && response.header("x-trailer") == nil)
    }

    @Test(arguments: [
        "", "hello, I am no HTTP server\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 2 OK\r\n\r\n", "HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\u{0}c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nFFFFFFFFFFFFFFFFF\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
    ])
    func aMalformedAnswerIsABadResponse(answer: String) async throws {
        let failure = try await makeClient().call(target(answer).url()).failure
        #expect(failure?.reason == .badResponse)
        #expect(failure?.message.hasSuffix(".") == true)
    }

    /// A field too long, too many of them, too much in all, heads without end, and a field beyond libcurl's own limit. (No
    /// arguments: the test's log would hold them all.)
    @Test func aHeadWithoutMeasureIsABadResponse() async throws {
        let heads = [
            "X: " + String(repeating: "x", count: 16 << 10), Array(repeating: "X: y", count: 101).joined(separator: "\r\n"),
            Array(repeating: "X: " + String(repeating: "y", count: 1_000), count: 17).joined(separator: "\r\n"),
            "X: " + String(repeating: "x", count: 200 << 10),
        ].map { "HTTP/1.1 200 OK\r\n\($0)\r\n\r\n" }
        let hints = String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", count: 5_000)
        for answer in heads + [hints] {
            let failure = try await makeClient().call(target(answer).url()).failure
            #expect(failure?.reason == .badResponse)
        }
    }

    @Test func theLargestAllowedHeadIsRead() async throws {
        let fields = (0..<98).map { "X-\($0): y" }.joined(separator: "\r\n")
        let beginning = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(fields)\r\nX: "
        let answer = beginning + String(repeating: "y", count: (16 << 10) - beginning.utf8.count - 4) + "\r\n\r\n"
        #expect(answer.utf8.count == 16 << 10)
        #expect(try await makeClient().call(target(answer).url()).get().headers.count == 100)
        let longer = answer.replacing("X: ", with: "X: y")
        #expect(try await makeClient().call(target(longer).url()).failure?.reason == .badResponse)
    }

    @Test func aResetIsABadResponseAndARefusedConnectionIsNone() async throws {
        let target = try Target { connection in
            connection.read()
            connection.reset()
        }
        #expect(try await makeClient().call(target.url()).failure?.reason == .badResponse)
        let gone = try Target()
        gone.stop()
        let failure = try await makeClient().call(gone.url()).failure
        #expect(failure?.reason == .connectFailed)
        #expect(failure?.timings.sent == nil && failure?.remoteAddress == "127.0.0.1")
    }

    @Test(arguments: [(256 << 10, false), ((256 << 10) + 1, true), (1 << 20, true)])
    func aLongBodyIsKeptToItsFirstPart(length: Int, truncated: Bool) async throws {
        let body = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let target = try Target { connection in
            guard connection.read() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n")
            connection.write(body)
        }
        let response = try await makeClient().call(target.url()).get()
        #expect(response.size == length)
        #expect(response.truncated == truncated)
        #expect(response.body == Array(body.prefix(256 << 10)))
    }

    @Test func anEndlessBodyIsCutAndJudgedByItsStatus() async throws {
        let target = try Target { connection in
            guard connection.read() != nil else { return }
            connection.write("HTTP/1.1 201 Created\r\n\r\n")
            let piece = [UInt8](repeating: 120, count: 60_000)
            while connection.write(piece) {}
        }
        let response = try await makeClient().call(target.url()).get()
        #expect(response.status == 201)
        #expect(response.truncated && response.size == 1 << 20 && response.body.count == 256 << 10)
        // The target notices: its connection is closed.
        await target.wait { $0.open == 0 }
    }

    @Test(arguments: ["gzip", "deflate", "br", "zstd"])
    func aCompressedBodyIsNotUnpacked(coding: String) async throws {
        // gzip of 1,000 zeros.
        let packed: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0x63, 0x60, 0x18, 5, 0xA3, 0x60, 0x14, 0x0C, 0x54, 0, 0, 0x2E, 0xAF, 0xA2, 0xEF, 0xE8, 3, 0,
            0,
        ]
        let target = try Target { connection in
            guard connection.read() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(packed.count)\r\n\r\n")
            connection.write(packed)
        }
        let response = try await makeClient().call(target.url()).get()
        #expect(response.body == packed)
        #expect(response.header("content-encoding") == coding)
        #expect(target.requests.first?.header("accept-encoding") == nil)
    }

    @Test func cookiesAreNotKept() async throws {
        let target = try Target { while $0.read() != nil { $0.answer(headers: ["Set-Cookie: session=1; Path=/"]) } }
        let client = makeClient()
        for _ in 0..<3 { _ = try await client.call(target.url()).get() }
        #expect(target.requests.count == 3)
        #expect(target.requests.allSatisfy { $0.header("cookie") == nil })
    }

    @Test func theTimesOfACallAddUp() async throws {
        let target = try Target { connection in
            guard connection.read() != nil else { return }
            var pause = timespec(tv_sec: 0, tv_nsec: 200_000_000)
            nanosleep(&pause, nil)
            connection.answer()
        }
        let client = makeClient(names: ["slow.example.com": [["127.0.0.1"]]])
        let timings = try await client.call(target.url(host: "slow.example.com")).get().timings
        #expect(timings.firstByte >= 100_000)
        #expect(timings.tls == 0)
        #expect(timings.total >= timings.resolve + timings.connect + timings.firstByte)
        let sent = try #require(timings.sent)
        #expect(sent >= timings.resolve + timings.connect && sent + timings.firstByte <= timings.total)
    }
}
