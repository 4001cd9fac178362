import Postgres
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// Thousands of requests to sign in: mails, rows and other people are spared, and nobody is told that he is refused.
@Suite(.database, .serialized, .timeLimit(.minutes(2))) struct FloodTests {
    /// Of each of the two kinds: 10,000 together, which take two slow cores some twenty seconds.
    private static let flood = 5_000
    private static let connections = 8

    /// One of many requests, all over a few connections: who asks for which address, from which client behind the trusted proxy.
    private static func request(_ email: String, from client: String, _ caller: Caller) -> String {
        let body = "_token=\(caller.formToken)&email=\(email.formEncoded)"
        return """
            POST /users/log-in HTTP/1.1\r
            Host: prikke.test\r
            X-Forwarded-For: \(client)\r
            Cookie: __Host-browser=\(caller.browser)\r
            Accept: text/html\r
            Content-Type: application/x-www-form-urlencoded\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """
    }

    /// Sends `count` requests, the one of each index, over a few connections at once; the answers' heads but for what differs with each
    /// request, and how often each came.
    private static func send(_ count: Int, to house: House, _ request: @escaping @Sendable (Int) -> String) async -> [String: Int] {
        await withTaskGroup(of: [String: Int].self) { tasks in
            for connection in 0..<connections {
                tasks.addTask { [port = house.port] in
                    await Wire.run {
                        var answers: [String: Int] = [:]
                        guard let wire = Wire(port: port) else { return answers }
                        for index in stride(from: connection, to: count, by: connections) {
                            wire.send(request(index))
                            let head = wire.readHead().split(separator: "\r\n").filter { line in
                                !["x-request-id:", "date:", "set-cookie: __host-browser="].contains { line.lowercased().hasPrefix($0) }
                            }.joined(separator: "\n")
                            answers[head, default: 0] += 1
                        }
                        return answers
                    }
                }
            }
            return await tasks.reduce(into: [:]) { all, answers in all.merge(answers) { $0 + $1 } }
        }
    }

    private static func count(_ table: String, _ house: House) async throws -> Int {
        try await house.database.query("SELECT count(*) AS count FROM \(identifier: table)").only("count")
    }

    private static func withHouse(_ body: @escaping @Sendable (House) async throws -> Void) async throws {
        try await House.open(["PRIKKE_TRUSTED_PROXIES": "127.0.0.0/8"], body)
    }

    /// One network asks for an address that is known, and for ever new ones; every second time from a browser of its own.
    @Test func aFloodFromOneNetworkGetsTwentyMails() async throws {
        try await Self.withHouse { (house: House) async throws in
            let one = Caller(name: "one")
            let answers = await Self.send(Self.flood, to: house) { index in
                let caller = index.isMultiple(of: 2) ? one : Caller(name: "another")
                return Self.request("victim-\(index)@example.com", from: "192.0.2.1", caller)
            }
            #expect(answers.count == 1 && answers.values.first == Self.flood, "\(answers.values): all alike")
            #expect(answers.keys.first?.contains(" 303 ") == true && answers.keys.first?.contains("/users/log-in/sent") == true)
            #expect(try await Self.count("outbox", house) == 20)
            #expect(try await Self.count("magic_links", house) <= 20)
            #expect(try await Self.count("rate_counts", house) <= 1 + 2 * 20 + 1, "one of the network, two of each address, one of all")
            for table in ["users", "sessions"] { #expect(try await Self.count(table, house) == 0) }

            // Another network is not touched by it, nor is the address that it has asked for.
            let other = await Self.send(1, to: house) { _ in Self.request("victim-0@example.com", from: "198.51.100.1", Caller(name: "o")) }
            #expect(other.keys.first == answers.keys.first)
            #expect(try await Self.count("outbox", house) == 21)
        }
    }

    /// Many networks ask for one address.
    @Test func aFloodForOneAddressMailsItThrice() async throws {
        try await Self.withHouse { house in
            let owner = Caller(name: "owner")
            _ = try await house.signIn("victim@example.com", in: owner, asking: ["X-Forwarded-For: 203.0.113.9"])
            try await house.forgetCounts()
            try await house.database.query("DELETE FROM outbox")
            let networks = 256
            let answers = await Self.send(Self.flood, to: house) { index in
                Self.request("victim@example.com", from: "198.51.100.\(index % networks)", Caller(name: "\(index)"))
            }
            #expect(answers.count == 1 && answers.values.first == Self.flood, "\(answers.values): all alike")
            #expect(try await Self.count("outbox", house) == 3)
            #expect(try await Self.count("magic_links", house) <= 4)
            #expect(
                try await Self.count("rate_counts", house) <= networks + 3, "one of each network, and of the address two, and of all one")

            // Whoever has signed in with it in his browser before is not kept out, and neither is anybody else.
            let again = await Self.send(2, to: house) { index in
                index == 0
                    ? Self.request("victim@example.com", from: "203.0.113.9", owner)
                    : Self.request("other@example.com", from: "203.0.113.9", Caller(name: "other"))
            }
            #expect(again.count == 1 && again.keys.first == answers.keys.first)
            #expect(try await Self.count("outbox", house) == 5)
        }
    }
}
