import Postgres
import TestSupport
import Testing
import Time

@testable import Mail

@Suite(.database) struct MailboxTests {
    private static let begin = Scene.begin

    @Test func theMailboxKeepsWhatItWasGiven() async throws {
        let scene = try Scene()
        try await scene.add(.signIn)
        try await scene.courier(scene.mailbox).deliver(at: Self.begin)
        #expect(try await scene.row().hasContent)
        let entry = try #require(try await scene.mailbox.newest(10).first)
        #expect(entry.mail.subject == "Canary subject" && entry.button?.url == "https://prikke.example/canary")
        #expect(try await scene.mailbox.mail(entry.mail.id)?.mail == entry.mail)
        #expect(try await scene.mailbox.mail(ID()) == nil)
    }

    @Test func whatIsNotSentIsNotInTheMailbox() async throws {
        let scene = try Scene(answering: .refused(reason: "no"), keepsContents: true)
        try await scene.add()
        #expect(try await scene.mailbox.newest(10).isEmpty)
        try await scene.courier.deliver(at: Self.begin)
        #expect(try await scene.mailbox.newest(10).isEmpty)
        #expect(try await !scene.row().hasContent)
    }

    @Test(arguments: [(true, 7), (false, 30)])
    func whatIsLongOverIsForgotten(isMailbox: Bool, days: Int64) async throws {
        let scene = try Scene()
        let courier = scene.courier(isMailbox ? scene.mailbox : scene.transport)
        try await scene.add()
        try await courier.deliver(at: Self.begin)
        try await scene.add(at: Self.begin.adding(.seconds(days * 86_400)))
        try await courier.prune(at: Self.begin.adding(.seconds(days * 86_400 - 60)))
        #expect(try await scene.count() == 2)
        try await courier.prune(at: Self.begin.adding(.seconds(days * 86_400 + 60)))
        #expect(try await scene.count() == 1)
    }

    @Test func theMailboxKeepsTheNewestFiveHundred() async throws {
        let scene = try Scene()
        try await scene.database.query(
            """
            INSERT INTO outbox (id, kind, recipient, created_at, finished_at, status)
            SELECT gen_random_uuid(), 'sign_in', 'n' || n || '@example.com', \(Self.begin), \(Self.begin) + n * interval '1 s', 'sent'
            FROM generate_series(1, 510) n
            """)
        try await scene.courier(scene.mailbox).prune(at: Self.begin.adding(.seconds(600)))
        #expect(try await scene.count() == 500)
        let oldest: Int = try await scene.database.query("SELECT count(*) AS count FROM outbox WHERE recipient = 'n10@example.com'").only(
            "count")
        #expect(oldest == 0)
    }
}
