import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite("The deliverer", .database, .timeLimit(.minutes(1))) struct DelivererTests {
    private static let passing = DeliveryFailure(.passing(after: nil), "503", answer: DeliveryAnswer(statusCode: 503, text: "busy"))

    @Test("tries again under the same id until it is taken, and keeps what was answered") func again() async throws {
        let tries = Signals<Void>()
        let alerts = try await AlertScene { call in call.message.event == "incident.opened" ? Self.passing : nil }
        _ = tries
        try await alerts.channel()
        try await alerts.failing()
        for second in [1, 2, 10, 100] as [Int64] { try await alerts.pass(second) }
        #expect(alerts.vendor.calls.count == 3 && Set(alerts.vendor.calls.map(\.id)).count == 1)
        #expect(try await alerts.number("delivery_attempts WHERE status_code = 503 AND answer = 'busy' AND error = '503'") == 3)
        #expect(try await alerts.deliveries() == ["incident.opened waiting: 503"])
        try await alerts.pass(90_000)
        #expect(try await alerts.deliveries().first == "incident.opened failed: 503")
    }

    @Test("gives what was being sent when its node died to another, and says that nobody knows") func died() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel()
        try await alerts.failing()
        try await alerts.notifier.look(at: alerts.at(1))
        #expect(try await alerts.deliverer.claim(32, at: alerts.at(1)).count == 1)
        #expect(try await alerts.deliverer.round(at: alerts.at(30)) == 0, "its lease holds")
        try await alerts.deliverer.round(at: alerts.at(62))
        #expect(alerts.vendor.calls.count == 1)
        #expect(try await alerts.number("delivery_attempts WHERE number = 1 AND error LIKE 'Nobody knows%'") == 1)
        #expect(try await alerts.number("deliveries WHERE status = 'sent' AND tries = 2") == 1)
    }

    @Test("takes one message at a time to a channel, and lets no channel wait for another") func hanging() async throws {
        let (gate, told) = (Signals<Void>(), Signals<String>())
        let alerts = try await AlertScene { call in
            told.send(call.url)
            if call.url.hasSuffix("hangs") { _ = await gate.next(1) }
            return nil
        }
        try await alerts.channel("vendor", ["url": "https://example.com/hangs"])
        try await alerts.failing()
        try await alerts.notifier.look(at: alerts.at(1))
        let well = try await alerts.channel("vendor", ["url": "https://example.com/well"])
        try await alerts.scene.running([alerts.deliverer]) {
            #expect(await told.next(1) == ["https://example.com/hangs"])
            for index in 0..<3 {
                try await alerts.database.batch(
                    [Deliveries.insertion(ID(), to: well, .sample("Message \(index)"), at: alerts.begin, of: alerts.organization)]
                        + Deliveries.wake(alerts.organization, alerts.database))
            }
            #expect(await told.next(3).allSatisfy { $0.hasSuffix("well") })
            gate.send()
            try await until("both are sent") { try await alerts.number("deliveries WHERE status = 'sent'") == 4 }
        }
    }

    @Test("switches a channel off that refuses twice, minutes apart, and mails the owners") func gone() async throws {
        let alerts = try await AlertScene { _ in DeliveryFailure(.gone, "410: the webhook was deleted.") }
        let channel = try await alerts.channel()
        try await alerts.failing()
        try await alerts.pass(1)
        try await alerts.pass(100)
        #expect(alerts.vendor.calls.count == 1)
        #expect(try await alerts.number("channels WHERE switched_off_at IS NOT NULL") == 0)
        try await alerts.pass(400)
        #expect(try await alerts.number("channels WHERE id = \(channel) AND switched_off_reason = '410: the webhook was deleted.'") == 1)
        #expect(try await alerts.number("audit_log WHERE action = 'channel.switched_off' AND actor = 'system'") == 1)
        #expect(try await alerts.number("outbox WHERE kind = 'channel_off' AND recipient = 'alice@example.com'") == 1)
        #expect(try await alerts.number("deliveries WHERE next_try_at IS NOT NULL") == 0)
    }

    @Test("lets a channel rest that asks for patience") func resting() async throws {
        let alerts = try await AlertScene { _ in DeliveryFailure(.passing(after: .seconds(1_000)), "429") }
        try await alerts.channel()
        try await alerts.failing()
        try await alerts.pass(1)
        try await alerts.failing(2, name: "Another")
        try await alerts.pass(500)
        #expect(alerts.vendor.calls.count == 1)
        try await alerts.pass(1_500)
        #expect(alerts.vendor.calls.count == 2)
    }

    @Test("makes one message of what has waited for a channel that took nothing") func backlog() async throws {
        let alerts = try await AlertScene()
        let channel = try await alerts.channel()
        try await alerts.database.query("UPDATE channels SET resting_until = \(alerts.at(100))")
        for index in 0..<7 {
            try await alerts.database.query(
                Deliveries.insertion(ID(), to: channel, .sample("Message \(index)"), at: alerts.at(Int64(index)), of: alerts.organization))
        }
        try await alerts.deliverer.round(at: alerts.at(50))
        #expect(try await alerts.number("deliveries WHERE status = 'joined'") == 0)
        try await alerts.deliverer.round(at: alerts.at(200))
        #expect(alerts.vendor.calls.map(\.message.title) == ["7 messages that could not be delivered before"])
        #expect(try await alerts.number("deliveries WHERE status = 'joined'") == 7)
        #expect(try await alerts.number("deliveries WHERE status = 'sent'") == 1)
    }

    @Test("sends nothing to a channel that is off") func off() async throws {
        let alerts = try await AlertScene()
        let channel = try await alerts.channel()
        try await alerts.database.batch([
            Deliveries.insertion(ID(), to: channel, .sample("Message"), at: alerts.begin, of: alerts.organization),
            "UPDATE channels SET enabled = false",
        ])
        try await alerts.deliverer.round(at: alerts.at(1))
        #expect(alerts.vendor.calls.isEmpty)
        #expect(try await alerts.deliveries() == ["test failed: The channel is off."])
    }

    @Test("puts mail into the outbox once, a row for each recipient that may be mailed, and is as well as they are") func mail()
        async throws
    {
        let alerts = try await AlertScene()
        try await alerts.channel("email", ["to": "owners"])
        try await alerts.database.batch([
            "INSERT INTO users (id, email, created_at) VALUES (\(ID<User>()), 'bob@example.com', now())",
            """
            INSERT INTO memberships (organization_id, user_id, role, created_at)
            SELECT \(alerts.organization), id, 'owner', now() FROM users WHERE email = 'bob@example.com'
            """,
            "INSERT INTO suppressions (recipient, cause, since) VALUES ('bob@example.com', 'bounce', now())",
        ])
        try await alerts.failing()
        try await alerts.pass(1)
        try await alerts.pass(3)
        #expect(try await alerts.number("outbox WHERE recipient = 'alice@example.com' AND kind = 'alert'") == 1)
        #expect(try await alerts.number("outbox") == 1)
        #expect(try await alerts.deliveries() == ["incident.opened sending: Left out, as mail to it is stopped: bob@example.com."])
        try await alerts.database.query("UPDATE outbox SET status = 'sent', next_try_at = NULL, finished_at = now(), sealed = NULL")
        try await alerts.pass(10)
        #expect(try await alerts.deliveries() == ["incident.opened sent: Left out, as mail to it is stopped: bob@example.com."])
    }

    @Test("ends mail that nobody can be sent") func nobody() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel("email", ["to": "members", "members": [.string(ID<User>().text)]])
        try await alerts.failing()
        try await alerts.pass(1)
        #expect(try await alerts.deliveries().first?.hasPrefix("incident.opened failed: There is nobody to mail") == true)
    }

    @Test("forgets what was over a month ago") func pruning() async throws {
        let alerts = try await AlertScene()
        try await alerts.channel()
        try await alerts.failing()
        try await alerts.pass(1)
        try await alerts.deliverer.prune(at: alerts.at(30 * 86_400))
        #expect(try await alerts.number("deliveries") == 1)
        try await alerts.deliverer.prune(at: alerts.at(31 * 86_400))
        #expect(try await alerts.number("deliveries") == 0)
        #expect(try await alerts.number("delivery_attempts") == 0)
    }
}

extension AlertMessage {
    static func sample(_ title: String) -> AlertMessage {
        AlertMessage(
            event: title == "Message" ? "test" : "incident.opened", tone: .bad, title: title, action: "See", url: "https://prikke.test/",
            happenedAt: noon, data: [:])
    }
}
