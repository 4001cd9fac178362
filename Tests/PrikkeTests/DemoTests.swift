import Foundation
import Postgres
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// The demo: what `prikke seed` makes, and the way in without a mail, which there is in development alone.
@Suite(.database, .serialized, .timeLimit(.minutes(2))) struct DemoTests {
    @Test func oneClickLeadsIntoADemoWithEveryState() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await House.open(["PRIKKE_DATA_DIR": folder]) { house in
            let stranger = Caller(name: "somebody")
            #expect(await house.send(stranger.call("GET", "/demo")).text.contains("prikke seed"))
            let early = await house.send(stranger.call("POST", "/demo"))
            #expect(early.status == 303 && early["location"] == "/demo" && early.cookie("session") == nil)

            let receiver = "http://127.0.0.1:\(house.services.configuration.port)/demo/"
            let key = try await Seed.seed(house.services, calling: receiver)
            let made = try await Snapshot.take(of: house.database)
            #expect(try await Seed.seed(house.services, calling: receiver) == key)
            #expect(try await Snapshot.take(of: house.database).changes(since: made) == [], "a second time it changes nothing")
            try await Self.hasEveryState(house)

            let entered = await house.send(stranger.call("POST", "/demo"))
            #expect(entered.status == 303 && entered["location"] == "/\(Seed.slug)")
            var owner = stranger
            owner.session = entered.cookie("session")
            #expect(await house.send(owner.call("GET", "/\(Seed.slug)/members")).text.contains("demo@example.com"))
            let forged = await house.send(Call(method: "POST", path: "/demo", headers: ["Origin: https://elsewhere.example"]))
            #expect(forged.status == 403 && forged.cookie("session") == nil)
        }
    }

    private static func hasEveryState(_ house: House) async throws {
        func words(_ query: Query) async throws -> Set<String> { Set(try await house.database.query(query).map { try $0("word") }) }
        let states = try await words(
            """
            SELECT CASE WHEN NOT j.enabled THEN 'paused' WHEN j.paused_until > now() THEN 'paused until' ELSE s.health END AS word
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            """)
        #expect(states == ["healthy", "late", "failing", "paused", "paused until"])
        let statuses = try await words("SELECT DISTINCT status AS word FROM executions")
        #expect(statuses == ["success", "failed", "timeout", "missed", "skipped", "cancelled"])
        #expect(try await words("SELECT DISTINCT reason AS word FROM executions WHERE reason IS NOT NULL").count > 12)
        #expect(try await words("SELECT date_trunc('day', scheduled_for)::text AS word FROM executions").count >= 30)
        #expect(try await words("SELECT role AS word FROM memberships") == ["owner", "admin", "member", "viewer"])
        #expect(try await words("SELECT name AS word FROM api_keys WHERE expires_at < now()").count == 1)
    }

    @Test func inProductionThereIsNone() async throws {
        try await House.open(["PRIKKE_ENV": "production"]) { house in
            #expect(house.services.demoPeople == nil)
            for (method, path) in [("GET", "/demo"), ("POST", "/demo"), ("GET", "/demo/ok"), ("POST", "/demo/gone")] {
                let answer = await house.send(Caller(name: "somebody").call(method, path))
                #expect([404, 405].contains(answer.status) && answer.cookie("session") == nil, "\(method) \(path)")
            }
        }
    }
}
