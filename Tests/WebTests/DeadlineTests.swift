import Glibc
import Testing
import Web

/// Clients that take their time.
@Suite struct DeadlineTests {
    private static let start = "GET /livez HTTP/1.1\r\nHost: x\r\n"
    private static let post =
        "POST /api/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.writer)\r\nContent-Type: application/json\r\n"

    /// A short one, and all others long enough not to be meant.
    private static func only(_ deadline: WritableKeyPath<WebServer.Configuration, Duration> & Sendable) -> (inout WebServer.Configuration)
        -> Void
    {
        { configuration in
            for other in [\WebServer.Configuration.headerDeadline, \.requestDeadline, \.idleDeadline, \.stallDeadline] {
                configuration[keyPath: other] = .seconds(60)
            }
            configuration[keyPath: deadline] = .milliseconds(300)
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
            while let drip, start.duration(to: .now) < .seconds(10), wire.isOpen(after: .milliseconds(50)) { wire.send(drip) }
            return wire.readAll()
        }
        return (TestAnswer(bytes: bytes), start.duration(to: .now) < .seconds(10))
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
        try await TestServer.run(TestSite.site, configure: Self.only(\.headerDeadline)) { server in
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
        try await TestServer.run(TestSite.site, configure: Self.only(\.headerDeadline)) { server in
            let count = await Wire.run { () -> Int in
                guard let wire = Wire(port: server.port) else { return 0 }
                return (0..<4).count { _ in
                    wire.send("\(Self.start)\r\n")
                    return wire.read(until: "ok\n").hasPrefix("HTTP/1.1 200") && wire.isOpen(after: .milliseconds(150))
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
                // Nothing tells a client that does not read of the end: five deadlines after the first bytes it looks what
                // there is.
                _ = wire.isOpen(after: .seconds(15))
                usleep(1_500_000)
                return wire.readAll().count
            }
            #expect((1..<32 << 20).contains(count))
        }
    }

    /// As long as some of it is taken, a long answer may take longer than the deadline, which is long here: a client that a busy
    /// machine starves is no stalled one.
    @Test func anAnswerThatIsReadSlowlyIsNotGivenUp() async throws {
        try await TestServer.run(TestSite.telling(32 << 20), configure: { $0.stallDeadline = .seconds(2) }) { server in
            let start = ContinuousClock.now
            let count = await Wire.run { () -> Int in
                guard let wire = Wire(port: server.port, receiveBuffer: 262_144) else { return 0 }
                wire.send("GET /api/much HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(TestSite.reader)\r\n\r\n")
                return wire.readAll(pausing: .milliseconds(20)).count
            }
            #expect(count > 32 << 20)
            #expect(start.duration(to: .now) > .seconds(2))
        }
    }
}
