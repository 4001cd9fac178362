import JSON
import Postgres
import TestSupport
import Testing

/// A request with an `Idempotency-Key` is carried out once, whichever node it meets and whichever dies.
@Suite(.timeLimit(.minutes(3))) struct IdempotencyTests {
    private static let jobs: Query = "SELECT count(*) AS n FROM jobs"
    private static let lines: Query = "SELECT count(*) AS n FROM audit_log WHERE action = 'job.created'"

    @Test func overNodesAndDeathsARequestIsCarriedOutOnce() async throws {
        try await Nodes.lend { nodes in
            let (first, second) = (try await nodes.start("web"), try await nodes.start("web"))
            let dying = try await nodes.start("web", ["PRIKKE_FAILPOINT": "job_saved:1"])
            let tenant = try await first.tenant()
            let draft: JSON = ["config": ["url": "https://example.com/"], "name": "Once"]

            @Sendable func ask(_ server: Server, _ name: String, _ draft: JSON = draft) async -> Answer {
                await Tenant(tenant, at: server).send("POST", "/api/jobs", draft, headers: [("Idempotency-Key", name)])
            }

            let answers = await withTaskGroup { tasks in
                for index in 0..<64 { tasks.addTask { await ask(index % 2 == 0 ? first : second, "sixty-four") } }
                return await tasks.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(
                answers.allSatisfy { $0.status == 201 && $0.text == answers[0].text && $0.headers["etag"] == answers[0].headers["etag"] })
            #expect(answers.count { $0.headers["idempotency-replayed"] == nil } == 1)
            for count in [Self.jobs, Self.lines] { #expect(try await first.number(count) == 1) }

            try await expectEvents(of: Tenant(tenant, at: first), at: second)

            // The effect is committed, and its process gone before the answer.
            #expect(await ask(dying, "killed").status == 0)
            let early = await ask(first, "killed")
            #expect(early.status == 409 && early.code == "idempotency_in_progress" && early.headers["retry-after"] == "1")
            _ = try await first.database { try await $0.query("UPDATE idempotency_keys SET held_until = now() WHERE status IS NULL") }
            for server in [first, second] {
                let late = await ask(server, "killed")
                #expect(late.status == 409 && late.code == "answer_lost")
                let made: ID<IdempotencyTests.Made> = try await first.database {
                    try await $0.query("SELECT id FROM jobs ORDER BY id DESC LIMIT 1").only("id")
                }
                #expect(late.json["detail"]?.string?.contains(made.text) == true)
            }
            for count in [Self.jobs, Self.lines] { #expect(try await first.number(count) == 2) }
        }
    }

    /// What happens at one node is told at the other.
    private func expectEvents(of tenant: Tenant, at other: Server) async throws {
        let call = Call(path: "/api/events?types=job", key: tenant.key)
        let stream = Task {
            await Wire.exchange(call.bytes, port: other.port) { String(decoding: $0, as: UTF8.self).contains(#""name":"Twice""#) }
        }
        try await other.wait(until: "SELECT count(*) AS n FROM event_listeners WHERE until > now()", isAtLeast: 1)
        let job = try #require(await tenant.get("/api/jobs").json["data"]?.array?.first?["id"]?.string)
        #expect(await tenant.send("PATCH", "/api/jobs/\(job)", ["name": "Twice"]).status == 200)
        let text = String(decoding: await stream.value, as: UTF8.self)
        #expect(text.contains("event: job") && text.contains(#""action":"changed""#), "\(text)")
    }

    private enum Made: Identified { static let prefix = "job" }
}
