import Glibc
import Testing
import Web

/// Clients that take their time.
@Suite struct DeadlineTests {
    private static let start = "GET /livez HTTP/1.1\r\nHost: x\r\n"
    private static let post =
        "POST /api/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.writer)\r\nContent-Type: application/json\r\n"

    /// Longer than a busy machine keeps a client from sending what it was about to send.
    private static let longer: Duration = .seconds(6)
    /// Of these tests; shorter than what a read waits.
    private static let patience: Duration = .seconds(14)

    /// A short one, and all others long enough not to be meant.
    private static func only(
        _ deadline: WritableKeyPath<WebServer.Configuration, Duration> & Sendable, _ time: Duration = .milliseconds(300)
    ) -> (inout WebServer.Configuration) -> Void {
        { configuration in
            for other in [\WebServer.Configuration.headerDeadline, \.requestDeadline, \.idleDeadline, \.stallDeadline] {
                configuration[keyPath: other] = .seconds(60)
            }
            configuration[keyPath: deadline] = time
        }
    }

    /// What comes back, and whether it came by the deadline and not by the patience of the test.
    private func sending(_ bytes: String, thenEvery drip: String? = nil, to server: TestServer) async -> (
        answer: TestAnswer, isInTime: Bool
    ) {
        let start = ContinuousClock.now
        let bytes = await Wire.run { () -> [UInt8] in
            guard let wire = Wire(port: server.port) else { return [] }
            wire.send(bytes)
            while let drip, start.duration(to: .now) < Self.patience, wire.isOpen(after: .milliseconds(150)) { wire.send(drip) }
            return wire.readAll()
        }
        return (TestAnswer(bytes: bytes), start.duration(to: .now) < Self.patience)
    }

    @Test func whoSendsNothingIsClosedWithoutAWord() async throws {
        try await TestServer.run(TestSite.site, configure: Self.only(\.headerDeadline)) { server in
            let (answer, isInTime) = await sending("", to: server)
            #expect(answer.status == 0)
            #expect(isInTime)
        }
    }

    @Test(arguments: [nil, "X: y\r\n"])
    func headersThatNeverEndAreEnded(drip: String?) async throws {
        try await TestServer.run(TestSite.site, configure: Self.only(\.headerDeadline, Self.longer)) { server in
            let (answer, isInTime) = await sending(Self.start, thenEvery: drip, to: server)
            #expect(answer.status == 408)
            #expect(answer.code == "request_timeout")
            #expect(isInTime)
        }
    }

    @Test(arguments: [nil, " "])
    func aBodyThatNeverEndsIsEnded(drip: String?) async throws {
        try await TestServer.run(TestSite.site, configure: Self.only(\.requestDeadline)) { server in
            let (answer, isInTime) = await sending("\(Self.post)Content-Length: 50000\r\n\r\n{", thenEvery: drip, to: server)
            #expect(answer.status == 408)
            #expect(isInTime)
        }
    }

    @Test func whoKeepsAConnectionWithoutUsingItLosesIt() async throws {
        try await TestServer.run(TestSite.site, configure: Self.only(\.idleDeadline)) { server in
            let (answer, isInTime) = await sending("\(Self.start)\r\n", to: server)
            #expect(answer.status == 200)
            #expect(answer.headers["connection"] == nil)
            #expect(isInTime)
        }
    }

    /// Each request has its own time, which begins with its first byte and not with the connection's.
    @Test func aConnectionMayLiveLongerThanAnyRequest() async throws {
        try await TestServer.run(TestSite.site, configure: Self.only(\.headerDeadline, Self.longer)) { server in
            let count = await Wire.run { () -> Int in
                guard let wire = Wire(port: server.port) else { return 0 }
                return (0..<4).count { _ in
                    wire.send("\(Self.start)\r\n")
                    return wire.read(until: "ok\n").hasPrefix("HTTP/1.1 200") && wire.isOpen(after: .milliseconds(1_600))
                }
            }
            #expect(count == 4)
        }
    }

    @Test func anAnswerThatNobodyReadsIsGivenUp() async throws {
        try await TestServer.run(TestSite.telling(32 << 20), configure: Self.only(\.stallDeadline)) { server in
            let count = await Wire.run { () -> Int in
                guard let wire = Wire(port: server.port, receiveBuffer: 4_096) else { return 0 }
                wire.send("GET /api/much HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.reader)\r\n\r\n")
                _ = wire.isOpen(after: .seconds(15))
                wire.waitUntilServerLetsGo(at: server.port)
                return wire.readAll().count
            }
            #expect((1..<32 << 20).contains(count))
        }
    }

    /// As long as some of it is taken, a long answer may take longer than the deadline, which is long here: a client that a busy
    /// machine starves is no stalled one. (32 MiB at 64 KiB each 20 ms take ten seconds.)
    @Test func anAnswerThatIsReadSlowlyIsNotGivenUp() async throws {
        try await TestServer.run(TestSite.telling(32 << 20), configure: { $0.stallDeadline = .seconds(8) }) { server in
            let start = ContinuousClock.now
            let count = await Wire.run { () -> Int in
                guard let wire = Wire(port: server.port, receiveBuffer: 262_144) else { return 0 }
                wire.send("GET /api/much HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(TestSite.reader)\r\n\r\n")
                return wire.readAll(pausing: .milliseconds(20)).count
            }
            #expect(count > 32 << 20)
            #expect(start.duration(to: .now) > .seconds(8))
        }
    }
}
