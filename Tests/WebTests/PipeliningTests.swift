import Testing
import Web

/// Requests that are sent before the answer to the one before has come.
@Suite struct PipeliningTests {
    private static let post =
        "POST /api/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.writer)\r\nContent-Type: application/json\r\n"

    @Test func theyAreAnsweredOneAfterTheOtherInTheirOrder() async throws {
        try await TestServer.run(TestSite.site) { server in
            let requests = (1...9).map { "\(Self.post)Content-Length: 12\r\n\r\n{\"name\":\"\($0)\"}" }.joined()
            let last = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let answers = String(
                decoding: await Wire.exchange(Array((requests + last).utf8), port: server.port, thenEnd: false), as: UTF8.self)
            let names = answers.matches(of: /"name":"(\d)"/).map { String($0.output.1) }
            #expect(names == (1...9).map(String.init))
            #expect(answers.hasSuffix("ok\n"))
        }
    }

    @Test(arguments: [false, true])
    func theyAreAnsweredAlsoWhenTheClientHasEndedItsSide(isLastOneHalf: Bool) async throws {
        try await TestServer.run(TestSite.site) { server in
            let request = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
            let bytes = Array((request + request + (isLastOneHalf ? "GET /li" : "")).utf8)
            let answers = String(decoding: await Wire.exchange(bytes, port: server.port, thenEnd: true), as: UTF8.self)
            #expect(answers.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
            #expect(answers.contains("HTTP/1.1 400 Bad Request") == isLastOneHalf)
        }
    }

    /// A refusal ends the connection, and what came after it is not taken for a request.
    @Test func nothingAfterABadRequestIsAnswered() async throws {
        try await TestServer.run(TestSite.site) { server in
            let good = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
            let bytes = Array((good + "GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n" + good).utf8)
            let answers = String(decoding: await Wire.exchange(bytes, port: server.port, thenEnd: false), as: UTF8.self)
            #expect(answers.matches(of: /HTTP\/1.1 \d+/).map(\.output) == ["HTTP/1.1 200", "HTTP/1.1 400"])
        }
    }

    /// Somebody who sends a flood of them gets some answers, the last of which says so, and no more is read.
    @Test func aFloodOfThemIsCutOff() async throws {
        try await TestServer.run(TestSite.site) { server in
            let flood = Array(String(repeating: "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", count: 100_000).utf8)
            let answers = String(decoding: await Wire.exchange(flood, port: server.port, thenEnd: false), as: UTF8.self)
            #expect(answers.matches(of: /HTTP\/1.1 200 OK/).count == 17)
            #expect(answers.matches(of: /Connection: close/).count == 1)
            #expect(await server.request("GET", "/livez").status == 200)
        }
    }

    /// While a request is being served, what follows it stays in the buffers of the two sockets.
    @Test func whatIsSentAheadIsNotReadAhead() async throws {
        let gate = Gate()
        try await TestServer.run(TestSite.waiting(at: gate)) { server in
            let first = "GET /api/wait HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.reader)\r\n\r\n"
            let flood = Array((first + String(repeating: "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", count: 1_000_000)).utf8)
            let taken = await Wire.run { Wire(port: server.port)?.sendAsLongAsTaken(flood) ?? 0 }
            #expect((1..<flood.count / 2).contains(taken))
            gate.open()
        }
    }

    /// There are fewer turns than connections that want one, and some of those end while they wait.
    @Test func everybodyGetsATurn() async throws {
        try await TestServer.run(TestSite.site) { server in
            let good = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
            let ends = [good + "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", ""]
            for _ in 1...3 {
                let counts = await withTaskGroup(of: Int.self) { tasks in
                    for number in 0..<60 {
                        let bytes = Array((good + good + ends[number % 3]).utf8)
                        // Every third goes away without waiting for its answers.
                        tasks.addTask {
                            guard number % 3 < 2 else { return await Wire.run { Wire(port: server.port)?.send(bytes) ?? 0 } * 0 + 2 }
                            let answers = String(decoding: await Wire.exchange(bytes, port: server.port, thenEnd: false), as: UTF8.self)
                            return answers.matches(of: /HTTP\/1.1 200/).count - (number % 3 == 0 ? 2 : 0)
                        }
                    }
                    return await tasks.reduce(into: []) { $0.append($1) }
                }
                #expect(counts.allSatisfy { $0 == 2 })
            }
        }
    }

    private static let wait = "GET /api/wait HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.reader)\r\n\r\n"
    private static let good = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"

    /// Connections that hold all turns until the gate opens for each.
    private static func holders(_ gate: Gate, at server: TestServer) async -> [Wire] {
        var wires: [Wire] = []
        for _ in 0..<8 {
            guard let wire = Wire(port: server.port) else { continue }
            wire.send(good + wait)
            wires.append(wire)
            await gate.waitForArrival()
        }
        return wires
    }

    /// What has piled up is thrown away, and nothing in the middle of it is taken for a request.
    @Test func whoPilesUpTooMuchWhileItWaitsIsEnded() async throws {
        let gate = Gate()
        try await TestServer.run(TestSite.waiting(at: gate)) { server in
            let holders = await Self.holders(gate, at: server)
            #expect(holders.count == 8)
            // More than is held, and less than waits in the sockets: the end that follows it makes NIO read all of it.
            let flood = String(repeating: Self.good, count: 2_500)
            let (first, isOpen, rest) = await Wire.run { () -> (String, Bool, [UInt8]) in
                guard let wire = Wire(port: server.port) else { return ("", true, []) }
                let first = wire.ask(Self.good + Self.good, until: "ok\n")
                wire.send(flood)
                wire.endInput()
                return (first, wire.isOpen(after: .seconds(10)), wire.readAll())
            }
            #expect(first.hasPrefix("HTTP/1.1 200") && !isOpen && rest.isEmpty)
            for _ in holders { gate.open() }
        }
    }

    /// A crowd that sends ahead gets an answer each, and no line without end.
    @Test func whereManyWaitForATurnTheNextGetsOneAnswerAndNoMore() async throws {
        let gate = Gate()
        try await TestServer.run(TestSite.waiting(at: gate)) { server in
            let holders = await Self.holders(gate, at: server)
            let crowd = await Wire.run {
                (0..<80).compactMap { _ in Wire(port: server.port) }.map { ($0, $0.ask(Self.good + Self.good, until: "ok\n")) }
            }
            #expect(crowd.count == 80 && crowd.allSatisfy { $0.1.hasPrefix("HTTP/1.1 200") })
            #expect(crowd.last?.1.contains("Connection: close") == true)
            // Who comes with one request is not hurt.
            #expect(await server.request("GET", "/livez").status == 200)
            for _ in holders { gate.open() }
            let served = await Wire.run { crowd.count { !$0.0.read(until: "ok\n").isEmpty } }
            #expect(served == 64)
        }
    }

    /// Whose answer is not taken has no turn to keep.
    @Test func whoDoesNotReadHoldsNobodyUp() async throws {
        try await TestServer.run(TestSite.telling(8 << 20)) { server in
            let much = "GET /api/much HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestSite.reader)\r\n\r\n"
            let answers = await Wire.run { () -> String in
                let deaf = (0..<20).compactMap { _ in Wire(port: server.port, receiveBuffer: 4_096) }
                for wire in deaf { wire.send(Self.good + much + much) }
                // Each has begun to get its long answer.
                for wire in deaf { _ = wire.read(until: "aaaa") }
                let last = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                let answers = Wire(port: server.port)?.ask(Self.good + Self.good + last)
                return withExtendedLifetime(deaf) { answers ?? "" }
            }
            #expect(answers.matches(of: /HTTP\/1.1 200/).count == 3)
        }
    }
}
