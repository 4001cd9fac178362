import Foundation
import JSON
import Postgres
import TestSupport
import Testing

/// An alert outlives whoever decides on it, and whoever sends it.
@Suite(.timeLimit(.minutes(3))) struct AlertDeathTests {
    @Test func killedBetweenDecidingAndTellingItIsToldUnderOneID() async throws {
        try await Nodes.lend { nodes in
            let receiver = try Receiver()
            let sending = try await nodes.start("web", ["PRIKKE_FAILPOINT": "delivery_sent:1"])
            let tenant = try await sending.tenant()
            let job = try await tenant.job(calling: receiver.url + "/job")
            let made = await tenant.send("POST", "/api/channels", ["settings": ["url": .string(receiver.url + "/hook")]])
            #expect(made.status == 201, "\(made.text)")

            let deciding = try await nodes.start("scheduler", ["PRIKKE_FAILPOINT": "alerts_decided:1"])
            try await sending.database { try await Self.fail(job, over: $0) }
            #expect(await deciding.child.end() == Child.End(code: SIGKILL, wasKilled: true))
            #expect(try await sending.number("SELECT count(*) AS n FROM deliveries") == 0)

            _ = try await nodes.start("scheduler")
            let first = try await receiver.request(1, at: "/hook")
            #expect(await sending.child.end() == Child.End(code: SIGKILL, wasKilled: true))
            let whole = try await nodes.start("web")
            // Nobody waits for the end of its leases here.
            _ = try await whole.database { database in
                try await database.batch([
                    "UPDATE channels SET leased_until = now() WHERE leased_until IS NOT NULL",
                    "UPDATE deliveries SET leased_until = now(), next_try_at = now() WHERE status = 'sending' AND outbox_ids = '{}'",
                    database.notification(on: "alerts"),
                ])
            }
            let second = try await receiver.request(2, at: "/hook")
            #expect(first.header("webhook-id") == second.header("webhook-id") && first.body == second.body)
            try await whole.wait(until: "SELECT count(*) AS n FROM deliveries WHERE status = 'sent' AND tries = 2", isAtLeast: 1)
            let lost: Query = "SELECT count(*) AS n FROM delivery_attempts WHERE error LIKE 'Nobody knows%'"
            #expect(try await whole.number(lost) == 1)
            #expect(
                try await whole.number("SELECT count(*) AS n FROM deliveries WHERE event = 'incident.opened'") == 2, "the owners by mail")
        }
    }

    private static func fail(_ job: String, over database: Database) async throws {
        try await database.batch([
            """
            INSERT INTO incidents (organization_id, id, kind, job_id, subject, reason, opened_at, look_at)
            SELECT organization_id, gen_random_uuid(), 'failing', id, \(job), 'http_status', now(), now() FROM jobs
            """,
            database.notification(on: "alerts"),
        ])
    }
}
