import Foundation
import Postgres
import Secrets
import ServiceLifecycle
import TestSupport
import Testing
import Time

@testable import Mail

@Suite(.database) struct CourierTests {
    static let begin = Scene.begin
    static let later = begin.adding(.seconds(3_600))

    @Test func aMailGoesOutAndItsContentIsLetGoOf() async throws {
        let scene = try Scene()
        try await scene.add(.signIn)
        try await scene.courier.deliver(at: Self.begin)
        let mail = try #require(scene.transport.sent.first)
        #expect(
            mail.subject == "Canary subject" && mail.to.text == "alice@example.com" && mail.text.contains("https://prikke.example/canary"))
        let row = try await scene.row()
        #expect(row.status == "sent" && row.nextTryAt == nil && !row.hasContent && row.tries == 1)
        try await scene.courier.deliver(at: Self.later)
        #expect(scene.transport.sent.count == 1)
    }

    @Test func aDumpHoldsNoContent() async throws {
        let scene = try Scene()
        try await scene.add(.signIn)
        let dump: String = try await scene.database.query("SELECT string_agg(o::text, '') AS rows FROM outbox o").only("rows")
        #expect(dump.contains("alice@example.com"))
        let hex = Hex.encode(Array("canary".utf8))
        #expect(!dump.lowercased().contains("canary") && !dump.contains(hex))
    }

    @Test func whatWasMovedToAnotherRecipientDoesNotGoOut() async throws {
        let scene = try Scene()
        try await scene.add(.signIn)
        try await scene.database.query("UPDATE outbox SET recipient = 'eve@example.com'")
        try await scene.courier.deliver(at: Self.begin)
        #expect(scene.transport.sent.isEmpty)
        #expect(try await scene.row().status == "failed")
    }

    @Test func manyCouriersSendEachMailOnce() async throws {
        let scene = try Scene()
        for index in 0..<40 { try await scene.add(to: "user\(index)@example.com") }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 {
                tasks.addTask { while try await scene.courier.deliver(at: Self.begin).isFull {} }
            }
            try await tasks.waitForAll()
        }
        try await scene.courier.deliver(at: Self.begin)
        #expect(Set(scene.transport.sent.map(\.to)).count == 40 && scene.transport.sent.count == 40)
        let left: Int = try await scene.database.query("SELECT count(*) AS count FROM outbox WHERE status <> 'sent'").only("count")
        #expect(left == 0)
    }

    @Test func whatAnotherCourierIsTakingIsPassedBy() async throws {
        let scene = try Scene()
        try await scene.add(to: "first@example.com")
        try await scene.add(at: Self.begin.adding(.seconds(1)), to: "second@example.com")
        await #expect(throws: NeverHappened.self) {
            try await scene.database.transaction { transaction in
                try await transaction.query(Outbox.claim(1, until: Self.later, now: Self.begin.adding(.seconds(1))))
                try await scene.courier.deliver(at: Self.begin.adding(.seconds(1)))
                #expect(scene.transport.sent.map(\.to.text) == ["second@example.com"])
                throw NeverHappened("the other courier has not taken it after all")
            }
        }
        try await scene.courier.deliver(at: Self.begin.adding(.seconds(1)))
        #expect(scene.transport.sent.map(\.to.text) == ["second@example.com", "first@example.com"])
    }

    @Test func aMailThatWasNotTakenIsTriedAgainAfterItsPause() async throws {
        let scene = try Scene(answering: .tryLater(reason: "busy", after: .seconds(600)), .sent(providerID: "m1"))
        try await scene.add()
        try await scene.courier.deliver(at: Self.begin)
        let row = try await scene.row()
        #expect(row.status == "waiting" && row.error == "busy" && row.hasContent && row.tries == 1)
        try await scene.courier.deliver(at: Self.begin.adding(.seconds(599)))
        #expect(scene.transport.sent.count == 1)
        try await scene.courier.deliver(at: Self.begin.adding(.seconds(700)))
        #expect(scene.transport.sent.count == 2)
        #expect(try await scene.row().status == "sent")
    }

    @Test func aMailThatIsRefusedIsNotTriedAgain() async throws {
        let scene = try Scene(answering: .refused(reason: "no such sender"))
        try await scene.add()
        try await scene.courier.deliver(at: Self.begin)
        let row = try await scene.row()
        #expect(row.status == "failed" && row.error == "no such sender" && !row.hasContent && row.nextTryAt == nil)
    }

    @Test func aTransportThatTakesNothingCostsNoTry() async throws {
        let scene = try Scene(answering: .unavailable(reason: "the key is wrong", after: .seconds(300)))
        try await scene.add()
        let round = try await scene.courier.deliver(at: Self.begin)
        #expect(round.unavailableFor == .seconds(300))
        let row = try await scene.row()
        #expect(row.status == "waiting" && row.tries == 0 && row.error == "the key is wrong")
        try await scene.courier.deliver(at: Self.later, most: 0)
        #expect(scene.transport.sent.count == 1)
    }

    @Test(arguments: [Message.Kind.signIn, .newAPIKey])
    func anUnknownOutcomeIsLookedUpAndOnlyAWarningGoesAgain(kind: Message.Kind) async throws {
        let scene = try Scene(answering: .unknown(reason: "the answer was lost"), .sent(providerID: "m1"), finding: .notFound)
        try await scene.add(kind)
        try await scene.courier.deliver(at: Self.begin)
        #expect(try await scene.row().status == "unknown")
        for minutes in 3...6 { try await scene.courier.deliver(at: Self.begin.adding(.seconds(60 * minutes))) }
        #expect(scene.transport.lookedUp == 1)
        #expect(scene.transport.sent.count == (kind == .signIn ? 1 : 2))
        let row = try await scene.row()
        #expect(row.status == (kind == .signIn ? "unknown" : "sent") && row.nextTryAt == nil && !row.hasContent)
    }

    @Test func whatIsFoundIsNotSentAgain() async throws {
        let scene = try Scene(answering: .unknown(reason: "the answer was lost"), finding: .sent(providerID: "found"))
        try await scene.add()
        try await scene.courier.deliver(at: Self.begin)
        try await scene.courier.deliver(at: Self.later)
        #expect(scene.transport.sent.count == 1)
        #expect(try await scene.row().status == "sent")
        #expect(try await scene.database.query("SELECT provider_id FROM outbox").only("provider_id") == "found")
    }

    /// The courier dies between handing over and writing it down.
    @Test func aDeadCouriersMailIsLookedUpWhenItsLeaseEnds() async throws {
        let scene = try Scene()
        try await scene.add(.signIn)
        try await scene.database.query(Outbox.claim(10, until: Self.begin.adding(Courier.lease), now: Self.begin))
        try await scene.courier.deliver(at: Self.begin.adding(Courier.lease - .seconds(1)))
        #expect(scene.transport.lookedUp == 0)
        try await scene.courier.deliver(at: Self.begin.adding(Courier.lease))
        #expect(scene.transport.lookedUp == 1 && scene.transport.sent.isEmpty)
        #expect(try await scene.row().status == "unknown")
    }

    @Test func whoHasLostHisLeaseWritesNothing() async throws {
        let scene = try Scene()
        try await scene.add()
        let claimed = try await scene.database.query(Outbox.claim(10, until: Self.begin.adding(.seconds(1)), now: Self.begin))
        let mail = try #require(try LeasedMail(claimed[0]))
        try await scene.database.query(Outbox.claim(10, until: Self.later, now: Self.begin.adding(.seconds(2))))
        let step = DeliveryStep.failed(reason: "too late")
        #expect(try await scene.database.query(Outbox.record(step, of: mail, isKept: false, now: Self.later)).affected == 0)
        #expect(try await scene.row().status == "unknown")
    }

    @Test func whatHasExpiredIsNotSentAndItsContentGoes() async throws {
        let scene = try Scene()
        try await scene.add(.signIn, expiresAt: Self.begin.adding(.seconds(900)))
        try await scene.courier.deliver(at: Self.begin.adding(.seconds(900)))
        #expect(scene.transport.sent.isEmpty)
        let row = try await scene.row()
        #expect(row.status == "expired" && !row.hasContent && row.nextTryAt == nil)
    }

    @Test func withoutATransportMailWaitsForADay() async throws {
        let scene = try Scene()
        try await scene.add()
        let courier = scene.courier(nil)
        try await courier.deliver(at: Self.begin.adding(.seconds(86_399)))
        #expect(try await scene.row().status == "waiting")
        try await courier.deliver(at: Self.begin.adding(.seconds(86_400)))
        #expect(try await scene.row().status == "failed")
    }

    @Test func withoutATransportTheStartSaysSoOnce() async throws {
        let scene = try Scene()
        let group = ServiceGroup(services: [scene.courier(nil)], logger: scene.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await scene.add(at: Timestamp(microseconds: 0))
            try await until("the mail is given up") { try await scene.row().status == "failed" }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(scene.notes.text.components(separatedBy: "no mail is sent").count == 2)
        #expect(scene.transport.sent.isEmpty)
    }

    @Test func whoIsErasedHasNoMailLeft() async throws {
        let scene = try Scene()
        try await scene.add()
        try await scene.add(to: "bob@example.com")
        try await scene.database.batch([
            "INSERT INTO suppressions (recipient, cause, since) VALUES ('alice@example.com', 'spam', now())",
            "INSERT INTO mail_events (digest, event, recipient, is_soft, at) VALUES ('x', 'spam', 'alice@example.com', false, now())",
            Outbox.erasure(of: ["alice@example.com"]),
        ])
        for table: Query in ["suppressions", "mail_events"] {
            #expect(try await scene.database.query("SELECT count(*) AS count FROM \(table)").only("count") == 0)
        }
        try await scene.courier.deliver(at: Self.begin)
        #expect(scene.transport.sent.map(\.to.text) == ["bob@example.com"])
        #expect(try await scene.count() == 1)
    }

    /// A node of a later version knows it, and sends it.
    @Test func aKindOfALaterVersionIsLeftAlone() async throws {
        let scene = try Scene()
        try await scene.add()
        try await scene.database.query("UPDATE outbox SET kind = 'of_the_future'")
        try await scene.courier.deliver(at: Self.later)
        #expect(try await scene.row().status == "waiting")
        #expect(scene.transport.sent.isEmpty)
    }
}
