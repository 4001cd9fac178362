import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite("The notifier", .database, .timeLimit(.minutes(1))) struct NotifierTests {
    @Test("tells each channel of an incident once, and of its end") func once() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel()
        try await alerts.channel()
        let incident = try await alerts.failing()
        try await alerts.pass(0)
        #expect(alerts.vendor.calls.isEmpty, "it waits for what belongs together")
        for second in 1...3 { try await alerts.pass(Int64(second)) }
        #expect(alerts.vendor.calls.map(\.message.title) == ["Nightly export failed", "Nightly export failed"])
        #expect(try await alerts.number("tellings WHERE closing_told_at IS NULL") == 2)
        try await alerts.close(incident, at: alerts.at(7_200))
        try await alerts.pass(7_201)
        try await alerts.pass(7_202)
        #expect(alerts.vendor.calls.map(\.message.event).suffix(2) == ["incident.recovered", "incident.recovered"])
        #expect(alerts.vendor.calls.last?.message.facts.contains(.init("Lasted", "2 h")) == true)
        #expect(try await alerts.number("incidents WHERE look_at IS NOT NULL") == 0)
        #expect(try await alerts.number("deliveries WHERE status = 'sent'") == 4)
    }

    @Test("writes what it was told of while it decided at its next look") func changedMeanwhile() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel()
        let incident = try await alerts.failing()
        let looking = Notifier.looking([incident.id: Timestamp?.none], seen: [incident.id: incident.openedAt], of: alerts.organization)
        try await alerts.close(incident, at: alerts.at(1))
        try await alerts.database.query(looking)
        #expect(try await alerts.number("incidents WHERE look_at = closed_at") == 1)
    }

    @Test("makes nobody wait who is writing to an incident") func locked() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel()
        let incident = try await alerts.failing()
        try await alerts.database.transaction { transaction in
            try await transaction.query("UPDATE incidents SET count = 2 WHERE id = \(incident.id)")
            try await alerts.notifier.look(at: alerts.at(1))
        }
        #expect(try await alerts.number("incidents WHERE look_at = opened_at") == 1)
        #expect(try await alerts.number("tellings") == 1)
        try await alerts.pass(2)
        #expect(alerts.vendor.calls.count == 1)
        #expect(try await alerts.number("incidents WHERE look_at > opened_at") == 1)
    }

    @Test("tells of one organization on one node at a time") func oneNode() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel()
        try await alerts.failing()
        try await withThrowingTaskGroup { tasks in
            for _ in 0..<4 { tasks.addTask { try await alerts.notifier.look(at: alerts.at(1)) } }
            try await tasks.waitForAll()
        }
        #expect(try await alerts.number("deliveries") == 1)
    }

    @Test("tells nothing of one organization to another’s channels") func tenants() async throws {
        let alerts = try await AlertScene()
        let other = try await alerts.scene.found("Other")
        try await alerts.channel(in: other)
        try await alerts.failing()
        try await alerts.pass(1)
        #expect(alerts.vendor.calls.isEmpty)
        #expect(try await alerts.number("incidents WHERE look_at IS NOT NULL") == 1, "a channel may still be made")
    }

    @Test("holds its tongue while so much fails everywhere that our own network is the likely cause") func networkFault() async throws {
        let alerts = try await AlertScene()
        var tenants = [alerts.scene.acme]
        for index in 0..<4 { tenants.append(try await alerts.scene.found("Tenant \(index)")) }
        for tenant in tenants {
            try await alerts.channel(in: tenant)
            let jobs = try await withThrowingTaskGroup(of: Job.self) { tasks in
                for _ in 0..<22 { tasks.addTask { try await alerts.scene.jobs.create(.probe(["every": "1h"]), for: tenant) } }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            for job in jobs.prefix(8) {
                try await alerts.open(.test(.failing, job: job.id, openedAt: alerts.begin, reason: .connectFailed), in: tenant)
            }
        }
        try await alerts.database.query("UPDATE job_states SET last_finished_at = \(alerts.begin)")
        #expect(try await alerts.notifier.look(at: alerts.at(1)).isHeld)
        #expect(try await alerts.number("deliveries") == 0)
        try await alerts.database.query(
            "UPDATE job_states SET last_finished_at = \(alerts.at(-100)) WHERE job_id IN (SELECT job_id FROM incidents)")
        #expect(try await !alerts.notifier.look(at: alerts.at(30)).isHeld)
        #expect(try await alerts.number("deliveries") == 40)
    }

    @Test("tells a notice once, on all channels, and by mail to owners whom no channel mails") func notice() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel()
        try await alerts.database.query(
            """
            INSERT INTO notices (organization_id, id, kind, facts, cause, created_at) VALUES (\(alerts.organization), \(ID<Notice>()),
                'usage_80', \(["used": 8_000, "limit": 10_000] as JSON), '2026-11/usage_80', \(alerts.begin))
            """)
        try await alerts.pass(1)
        try await alerts.pass(2)
        let call = try #require(alerts.vendor.calls.first)
        #expect(alerts.vendor.calls.count == 1 && call.message.event == "notice.usage_80")
        #expect(call.message.facts.contains(.init("Executions used", "8000")))
        #expect(try await alerts.number("outbox WHERE recipient = 'alice@example.com' AND kind = 'usage'") == 1)
    }

    @Test("mails no notice twice to an owner whom a channel mails") func noticeByChannel() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel("email", ["to": "owners"])
        try await alerts.database.query(
            """
            INSERT INTO notices (organization_id, id, kind, facts, cause, created_at)
            VALUES (\(alerts.organization), \(ID<Notice>()), 'payment_failed', '{}', 'x', \(alerts.begin))
            """)
        try await alerts.pass(1)
        #expect(try await alerts.number("outbox") == 1)
    }

    @Test("tells of an execution that fails as soon as it is recorded, by signals alone") func promptly() async throws {
        let told = Signals<Void>()
        let alerts = try await AlertScene { _ in
            told.send()
            return nil
        }
        try await alerts.channel()
        try await alerts.scene.running([alerts.notifier, alerts.deliverer]) {
            let start = ContinuousClock.now
            let job = try await alerts.scene.jobs.create(.probe(["every": "1h"]), for: alerts.scene.acme)
            try await alerts.open(.test(.failing, job: job.id, openedAt: alerts.scene.engine.clock.now()))
            try await alerts.database.query(Topic.alerts.notification(alerts.database))
            _ = await told.next(1)
            print("an incident was told after \(ContinuousClock.now - start)")
        }
        #expect(try await alerts.number("deliveries WHERE status = 'sent'") == 1)
    }
}
