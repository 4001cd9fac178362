import Testing
import Web

/// Answers that do not fit between two sockets, and what might cut them while their client still takes them.
@Suite struct LongAnswerTests {
    private static let length = 24 << 20
    private static let request = "GET /api/much HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.reader)\r\n"

    /// How many bytes come back to a client that takes its time.
    private static func taken(
        from server: TestServer, asking request: String, pausing pause: Duration = .milliseconds(5), thenEnd: Bool = false
    ) async -> Int {
        await Wire.run {
            guard let wire = Wire(port: server.port, receiveBuffer: 65_536) else { return 0 }
            wire.send(request)
            if thenEnd { wire.endInput() }
            return wire.readAll(pausing: pause).count
        }
    }

    /// The connection is kept, and nothing is asked meanwhile: it is no idle one all the same.
    @Test func whoTakesAnAnswerIsNotIdle() async throws {
        try await TestServer.run(TestSite.telling(Self.length), configure: { $0.idleDeadline = .milliseconds(500) }) { server in
            #expect(await Self.taken(from: server, asking: "\(Self.request)\r\n") > Self.length)
        }
    }

    @Test(arguments: ["", "Connection: close\r\n"])
    func aClientThatHasEndedItsSideGetsAllOfIt(header: String) async throws {
        try await TestServer.run(TestSite.telling(Self.length)) { server in
            #expect(await Self.taken(from: server, asking: "\(Self.request)\(header)\r\n", thenEnd: true) > Self.length)
        }
    }

    @Test func aClientThatEndsItsSideWhileItTakesTheLastAnswerGetsAllOfIt() async throws {
        try await TestServer.run(TestSite.telling(Self.length)) { server in
            let count = await Wire.run { () -> Int in
                guard let wire = Wire(port: server.port, receiveBuffer: 65_536) else { return 0 }
                let start = wire.ask("\(Self.request)Connection: close\r\n\r\n", until: "aaaaaaaa")
                wire.endInput()
                return start.utf8.count + wire.readAll(pausing: .milliseconds(5)).count
            }
            #expect(count > Self.length)
        }
    }

    @Test func aStopLetsItBeTaken() async throws {
        try await TestServer.run(TestSite.telling(Self.length), configure: { $0.stopDeadline = .seconds(60) }) { server in
            let count = await Wire.run { () -> Int in
                guard let wire = Wire(port: server.port, receiveBuffer: 65_536) else { return 0 }
                let start = wire.ask("\(Self.request)\r\n", until: "aaaaaaaa")
                Task { await server.beginShutdown() }
                return start.utf8.count + wire.readAll(pausing: .milliseconds(5)).count
            }
            #expect(count > Self.length)
        }
    }

    /// It is sending a body that nobody wants, and will not look for the answer before it has sent all.
    @Test func whoGoesOnSendingStillGetsItsRefusal() async throws {
        try await TestServer.run(TestSite.site) { server in
            let (isBroken, answer) = await Wire.run { () -> (Bool, String) in
                guard let wire = Wire(port: server.port) else { return (true, "") }
                var isBroken = false
                wire.send("POST /api/things HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
                for _ in 0..<25 {
                    wire.send(String(repeating: "x", count: 1_000))
                    isBroken = wire.isBroken(after: .milliseconds(100)) || isBroken
                }
                return (isBroken, wire.ask(""))
            }
            #expect(answer.hasPrefix("HTTP/1.1 401") && !isBroken)
        }
    }
}
