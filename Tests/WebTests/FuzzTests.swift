import Foundation
import NIOCore
import Testing

@testable import Web

/// Requests that were once good, with something wrong about them, the same in each run.
@Suite struct FuzzTests {
    private static let isLong = ProcessInfo.processInfo.environment["PRIKKE_LONG_TESTS"] != nil

    private static let key = "Authorization: Bearer \(TestSite.writer)\r\nContent-Type: application/json\r\n"
    private static let good = [
        "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD /health?a=b%20c HTTP/1.1\r\nHost: [::1]:80\r\nConnection: keep-alive\r\n\r\n",
        "GET http://x/api/things?limit=5 HTTP/1.1\r\nHost: x\r\n\(key)\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /api/things HTTP/1.1\r\nHost: x\r\n\(key)Content-Length: 21\r\n\r\n{\"name\":\"a\",\"size\":5}",
        "POST /api/things HTTP/1.1\r\nHost: x\r\n\(key)Transfer-Encoding: chunked\r\n\r\n8;a=b\r\n{\"name\":\r\n4\r\n\"a\"}\r\n0\r\nX: y\r\n\r\n",
        "PATCH /api/things/1 HTTP/1.1\r\nHost: x\r\n\(key)Expect: 100-continue\r\nContent-Length: 10\r\n\r\n{\"size\":3}",
        "GET / HTTP/1.0\r\n\r\n", "DELETE /api/things/1 HTTP/1.1\r\nHost: x\r\n\(key)\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    ].map { Array($0.utf8) }

    private static let bad = [
        "\r", "\n", "\r\n", "\0", " ", "\t", ":", ";", ",", "%00", "%", "é", "\u{FF}", "Host: y\r\n", "Content-Length: 5\r\n",
        "Upgrade: h2c\r\n",
        "Transfer-Encoding: chunked\r\n", "Expect: x\r\n", "99999999999999999999", "-1", "+", "1e309", "9223372036854775808", "HTTP/2",
        "[[[[[[", "{{{{",
        "\u{16}\u{3}\u{1}", "Connection: close, upgrade\r\n", "0\r\n\r\n", "fffffffff\r\n", "//", "..", "?", "#", "*",
    ].map { Array($0.utf8) }

    private static func request(_ random: inout Seeded) -> [UInt8] {
        var bytes = good.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let other = Int.random(in: place...min(bytes.count, place + 20), using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.insert(contentsOf: bad.randomElement(using: &random) ?? [], at: place)
            case 1: bytes.removeSubrange(place..<other)
            case 2: bytes.insert(contentsOf: bytes[place..<other], at: place)
            case 3: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            case 4: bytes.replaceSubrange(place..., with: (good.randomElement(using: &random) ?? []).dropFirst(place))
            default: bytes.replaceSubrange(place..<other, with: bad.randomElement(using: &random) ?? [])
            }
        }
        return bytes
    }

    /// A request is refused or understood; nothing of it is our mistake, and no refusal is bare.
    @Test func everythingIsAnsweredOrClosedAndNothingIsOurMistake() async throws {
        try await TestServer.run(TestSite.site) { server in
            var random = Seeded(20_261_123)
            for round in 0..<(Self.isLong ? 50_000 : 1_000) {
                let request = Self.request(&random)
                let answers = String(decoding: await Wire.exchange(request, port: server.port, thenEnd: true), as: UTF8.self)
                for answer in answers.matches(of: /HTTP\/1.1 (\d+) [^\r]*\r\n(?:[^\r]+\r\n)*/) where answer.output.1 != "100" {
                    let isFine = answer.output.1 == "501" || !answer.output.1.hasPrefix("5")
                    #expect(
                        isFine && answer.output.0.lowercased().contains("x-content-type-options: nosniff"), "round \(round): \(request)")
                }
            }
            #expect(await server.request("GET", "/livez").status == 200)
        }
    }

    /// However the bytes are cut, the same is let through, or the same is refused.
    @Test func howTheBytesAreCutMakesNoDifference() async {
        var random = Seeded(7)
        for round in 0..<(Self.isLong ? 500_000 : 10_000) {
            if round % 200 == 0 { await Task.yield() }
            let request = Self.request(&random)
            let whole = Self.read(request, cut: request.count)
            let cut = Self.read(request, cut: Int.random(in: 1...9, using: &random))
            // Cut, some of a body is let through before what is wrong about it has come.
            #expect(whole.problem?.code == cut.problem?.code && cut.passed.starts(with: whole.passed), "\(request)")
        }
    }

    private static func read(_ bytes: [UInt8], cut: Int) -> (passed: [UInt8], problem: Problem?) {
        var framing = RequestFraming()
        var held = ByteBuffer()
        var passed: [UInt8] = []
        var rest = bytes[...]
        do throws(Problem) {
            while !rest.isEmpty {
                held.writeBytes(rest.prefix(cut))
                rest = rest.dropFirst(cut)
                while let part = try framing.next(&held) { passed += part.readableBytesView }
            }
            return (passed, nil)
        } catch {
            return (passed, error)
        }
    }
}

/// Pseudo-random numbers (SplitMix64) that are the same in each run.
private struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
