import Outbound
import Testing
import Web

/// More connections than we want.
@Suite struct ConnectionLimitTests {
    private static let request = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"

    /// Opens so many, one after the other, and keeps them; how many of them were answered.
    private static func answered(_ count: Int, from source: String, at port: Int) -> (answered: Int, wires: [Wire]) {
        var wires: [Wire] = []
        let answered = (0..<count).count { _ in
            guard let wire = Wire(port: port, from: source) else { return false }
            wires.append(wire)
            return wire.ask(request, until: "ok\n").hasPrefix("HTTP/1.1 200")
        }
        return (answered, wires)
    }

    @Test func oneAddressGetsSoManyAndOthersAreNotHurt() async throws {
        try await TestServer.run(TestSite.site, configure: { $0.mostConnectionsPerAddress = 3 }) { server in
            let counts = await Wire.run { () -> [Int] in
                let first = Self.answered(5, from: "127.0.0.2", at: server.port)
                let second = Self.answered(2, from: "127.0.0.3", at: server.port)
                return withExtendedLifetime((first.wires, second.wires)) { [first.answered, second.answered] }
            }
            #expect(counts == [3, 2])
        }
    }

    @Test func aConnectionThatEndsMakesRoomForAnother() async throws {
        try await TestServer.run(TestSite.site, configure: { $0.mostConnectionsPerAddress = 1 }) { server in
            for _ in 1...5 {
                // The server may learn of the end of the last one after we come back.
                var answer = await server.request("GET", "/livez")
                for _ in 1...100 where answer.status == 0 { answer = await server.request("GET", "/livez") }
                #expect(answer.status == 200)
            }
        }
    }

    @Test(arguments: [0, 1])
    func noLimitHoldsForATrustedProxyOrWithTheSettingZero(limit: Int) async throws {
        let proxies = try [#require(IPNetwork("127.0.0.0/8"))]
        let configure = { (configuration: inout WebServer.Configuration) in
            configuration.mostConnectionsPerAddress = limit
            if limit > 0 { configuration.trustedProxies = proxies }
        }
        try await TestServer.run(TestSite.site, configure: configure) { server in
            let count = await Wire.run { () -> Int in
                let all = Self.answered(20, from: "127.0.0.2", at: server.port)
                return withExtendedLifetime(all.wires) { all.answered }
            }
            #expect(count == 20)
        }
    }

    /// The house is full of clients that do nothing: who has done so for the longest goes first.
    @Test func theLongestIdleMakesRoomWhenTheHouseIsFull() async throws {
        try await TestServer.run(TestSite.site, configure: { $0.mostConnections = 3 }) { server in
            let open = await Wire.run { () -> [Bool] in
                let old = Self.answered(3, from: "127.0.0.2", at: server.port)
                // The first is used once more; it is the second that has been idle for the longest now.
                old.wires.first?.send(Self.request)
                _ = old.wires.first?.read(until: "ok\n")
                let new = Self.answered(1, from: "127.0.0.3", at: server.port)
                let isSecondClosed = old.wires.count == 3 && old.wires[1].readAll().isEmpty
                let others = [0, 2].map { old.wires[$0].isOpen(after: .milliseconds(50)) }
                return withExtendedLifetime(new.wires) { [new.answered == 1, isSecondClosed] + others }
            }
            #expect(open == [true, true, true, true])
        }
    }

    /// Half a request counts as waiting for the client; so does one byte of it.
    @Test func whoDripsMakesRoomAsWell() async throws {
        try await TestServer.run(TestSite.site, configure: { $0.mostConnections = 2 }) { server in
            let isAnswered = await Wire.run { () -> Bool in
                let slow = (0..<2).compactMap { _ in Wire(port: server.port, from: "127.0.0.2") }
                for wire in slow { wire.send("GET /livez HT") }
                let new = Self.answered(1, from: "127.0.0.3", at: server.port)
                return withExtendedLifetime(slow) { new.answered == 1 }
            }
            #expect(isAnswered)
        }
    }
}
