import Synchronization
import Testing
import Web

/// Being asked to end.
@Suite struct StopTests {
    private static let health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func aServerThatIsToEndSaysSoAndGoesOnWhileItDrains() async throws {
        let (looks, looked) = AsyncStream.makeStream(of: Void.self)
        let serving = Task {
            defer { looked.finish() }
            try await TestServer.run(TestSite.site, configure: { $0.drain = .seconds(3_600) }) { server in
                let kept = Wire(port: server.port)
                #expect(await Wire.run { kept?.ask(Self.health, until: "}}") ?? "" }.hasPrefix("HTTP/1.1 200"))
                await server.beginShutdown()
                while await server.request("GET", "/health").status == 200 {}
                // A connection from before and a new one: this node is about to go, and so is the connection.
                for wire in [kept, Wire(port: server.port)] {
                    let answer = await Wire.run { wire?.ask(Self.health) ?? "" }
                    #expect(answer.hasPrefix("HTTP/1.1 503"))
                    #expect(answer.contains("Connection: close"))
                    #expect(answer.contains("\"server\":\"stopping\""))
                }
                #expect(await server.request("GET", "/livez").status == 200)
                looked.yield()
            }
        }
        for await _ in looks { break }
        serving.cancel()
        _ = await serving.result
    }

    @Test func whenTheDrainIsOverTheServerEnds() async throws {
        let beginning = Mutex<(port: Int, at: ContinuousClock.Instant)?>(nil)
        try await TestServer.run(TestSite.site, configure: { $0.drain = .milliseconds(200) }) { server in
            beginning.withLock { $0 = (server.port, .now) }
        }
        let (port, began) = try #require(beginning.withLock { $0 })
        #expect(began.duration(to: .now) >= .milliseconds(200))
        #expect(Wire(port: port) == nil)
    }

    @Test(arguments: [
        "", "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", "GET /livez HT", "POST /api/things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n",
    ])
    func nobodyHoldsTheStopUp(bytes: String) async throws {
        let kept = Mutex<(wire: Wire?, stop: ContinuousClock.Instant)>((nil, .now))
        let configure = { (configuration: inout WebServer.Configuration) in
            (configuration.stopDeadline, configuration.headerDeadline) = (.milliseconds(300), .seconds(60))
        }
        try await TestServer.run(TestSite.site, configure: configure) { server in
            let wire = Wire(port: server.port)
            wire?.send(bytes)
            if bytes.hasSuffix("\r\n\r\n") { _ = await Wire.run { wire?.read(until: "ok\n") } }
            #expect(await server.request("GET", "/livez").status == 200)
            kept.withLock { $0 = (wire, .now) }
        }
        #expect(kept.withLock { $0.stop }.duration(to: .now) < .seconds(12))
    }

    @Test func whatIsBeingServedIsFinished() async throws {
        let gate = Gate()
        let answer = Mutex<TestAnswer?>(nil)
        try await TestServer.run(TestSite.waiting(at: gate)) { server in
            async let asking = server.request("GET", "/api/wait", key: TestSite.reader)
            await gate.waitForArrival()
            await server.beginShutdown()
            gate.open()
            let got = await asking
            answer.withLock { $0 = got }
        }
        #expect(answer.withLock { $0?.status } == 200)
    }

    /// Not even a handler that never ends.
    @Test func whatIsNotFinishedInTimeIsCutOff() async throws {
        let gate = Gate()
        try await TestServer.run(TestSite.waiting(at: gate), configure: { $0.stopDeadline = .milliseconds(300) }) { server in
            async let asking = server.request("GET", "/api/wait", key: TestSite.reader)
            await gate.waitForArrival()
            await server.beginShutdown()
            #expect(await asking.status == 0)
            gate.open()
        }
    }
}
