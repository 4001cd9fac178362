import Logging
import Postgres
import TestSupport
import Testing
import Time

@testable import Mail

/// Outbox, courier and Mailjet together, by a clock that the tests move.
@Suite(.database) struct MailjetDeliveryTests {
    private static let begin = Scene.begin

    private struct House {
        let scene: Scene
        let mailjet: MailjetReceiver
        let courier: Courier

        init() throws {
            (scene, mailjet) = (try Scene(), try MailjetReceiver())
            let account = try MailjetAccount(key: mailjet.key, secret: mailjet.secret, url: mailjet.url, allowsHTTP: true)
            let transport = MailjetTransport(account, userAgent: "Prikke/test", logger: scene.logger)
            guard let sender = Sender(name: "Prikke", address: "no-reply@prikke.example") else { throw NeverHappened("a sender") }
            courier = Courier(
                scene.database, outbox: scene.outbox, transport: transport, renderer: try MessageRenderer(from: sender),
                logger: scene.logger)
        }

        func deliver(after seconds: Int64) async throws { try await courier.deliver(at: Scene.begin.adding(.seconds(seconds))) }

        /// As a courier does it.
        func work(
            from first: Int64, to last: Int64, by step: Int64 = 10, _ patience: inout Courier.Patience,
            _ each: (Int64) async throws -> Void = { _ in }
        ) async throws {
            for second in stride(from: first, through: last, by: Int(step)) {
                try await each(second)
                let now = Scene.begin.adding(.seconds(second))
                var isFull = true
                while isFull {
                    let round = try await courier.deliver(at: now, most: patience.most(at: now))
                    patience.note(round, at: now)
                    isFull = round.isFull
                }
            }
        }

        func statuses() async throws -> [String: Int] {
            var counts: [String: Int] = [:]
            for row in try await scene.database.query("SELECT kind, status, count(*) AS count FROM outbox GROUP BY 1, 2") {
                counts["\(try row("kind", as: String.self)) \(try row("status", as: String.self))"] = Int(try row("count", as: Int64.self))
            }
            return counts
        }
    }

    @Test(arguments: [Message.Kind.signIn, .alert])
    func whatWasTakenAndNotAnsweredIsFoundAndNotSentTwice(kind: Message.Kind) async throws {
        let house = try House()
        house.mailjet.behave(.taken(.dropped), .well)
        try await house.scene.add(kind)
        try await house.deliver(after: 0)
        #expect(try await house.scene.row().status == "unknown")
        try await house.deliver(after: 121)
        #expect(try await house.statuses() == ["\(kind.rawValue) sent": 1])
        #expect(house.mailjet.accepted.count == 1 && house.mailjet.sends == 1 && house.mailjet.lookups == 1)
        #expect(try await house.scene.database.query("SELECT provider_id FROM outbox").only("provider_id") == "1152921500000000001")
    }

    @Test(arguments: [Message.Kind.signIn, .invite, .channelConfirmation, .alert, .recovery, .digest])
    func whatWasNotTakenGoesAgainOnlyWhereNobodyWaitsForIt(kind: Message.Kind) async throws {
        let house = try House()
        house.mailjet.behave(.dropped, .well)
        try await house.scene.add(kind)
        for seconds: Int64 in [0, 121, 122] { try await house.deliver(after: seconds) }
        #expect(house.mailjet.accepted.count == (kind.mayBeRepeated ? 1 : 0))
        #expect(try await house.statuses() == ["\(kind.rawValue) \(kind.mayBeRepeated ? "sent" : "unknown")": 1])
    }

    @Test func whatMailjetRefusesIsFailedAndSaysWhyWithoutTheAddress() async throws {
        let house = try House()
        house.mailjet.behave(.refused(code: "send-0008", status: 403, property: "From", as: 200))
        try await house.scene.add(.alert)
        try await house.deliver(after: 0)
        let row = try await house.scene.row()
        #expect(row.status == "failed" && row.error == "Mailjet refused it: send-0008 (From)" && row.nextTryAt == nil)
    }

    /// R35: for an hour Mailjet errs, refuses, says nothing, or takes mail without saying so.
    @Test(arguments: ["500", "429", "takes and errs", "takes now and then"])
    func anHourOfOutageLosesNoMailAndSendsNoneTwice(how: String) async throws {
        let house = try House()
        switch how {
        case "500": house.mailjet.behave(.status(500))
        case "429": house.mailjet.behave(.tooMany)
        case "takes and errs": house.mailjet.behave(.taken(.status(502)))
        default:
            house.mailjet.behave(.status(503), .taken(.dropped), .tooMany, .taken(.status(500)), .dropped, .keyRefused, .well, .status(503))
        }
        var patience = Courier.Patience()
        try await house.work(from: 0, to: 3_600, by: 30, &patience) { second in
            guard second % 600 == 0 else { return }
            let now = Self.begin.adding(.seconds(second))
            try await house.scene.add(.alert, at: now)
            try await house.scene.add(.signIn, at: now, expiresAt: now.adding(.seconds(900)))
        }
        house.mailjet.behave(.well)
        // Within five and a half minutes after: a pause of five, and one look. What nobody knew is looked up within two more.
        try await house.work(from: 3_610, to: 3_610 + 460, by: 20, &patience)
        let ids = house.mailjet.accepted.map(\.customID)
        #expect(ids.count == Set(ids).count, "none is sent twice")
        let statuses = try await house.statuses()
        #expect(statuses["alert sent"] == 7, "\(statuses)")
        let ends = Set(statuses.keys.filter { $0.hasPrefix("sign_in") })
        #expect(ends.isSubset(of: ["sign_in sent", "sign_in expired", "sign_in unknown"]), "\(statuses)")
        #expect(house.mailjet.complaints == [])
    }

    /// While nothing is taken, one mail is tried at a time: no more than that come to an unknown end.
    @Test func anOutageIsTriedWithOneMailAtATime() async throws {
        let house = try House()
        for index in 0..<30 { try await house.scene.add(.alert, to: "user\(index)@example.com") }
        house.mailjet.behave(.status(500))
        var patience = Courier.Patience()
        try await house.work(from: 0, to: 60, &patience)
        #expect(house.mailjet.sends <= 10 + 4)
        house.mailjet.behave(.well)
        try await house.work(from: 70, to: 110, &patience)
        #expect(house.mailjet.accepted.count >= 16)
    }

    @Test func aMailToWhomMailCameBackFromEndsVisiblyAndALinkGoesAllTheSame() async throws {
        let house = try House()
        try await house.scene.database.query(
            "INSERT INTO suppressions (recipient, cause, since) VALUES ('alice@example.com', 'bounce', now())")
        for kind in Message.Kind.allCases { try await house.scene.add(kind) }
        try await house.scene.add(.alert, to: "bob@example.com")
        try await house.deliver(after: 0)
        try await house.deliver(after: 1)
        let gone = Set(try await house.statuses().filter { $0.key.hasSuffix("suppressed") }.keys)
        let awaited: Set<Message.Kind> = [.signIn, .confirmAddress, .invite, .channelConfirmation, .addressChanged]
        #expect(gone == Set(Message.Kind.allCases.filter { !awaited.contains($0) }.map { "\($0.rawValue) suppressed" }))
        #expect(house.mailjet.accepted.count == awaited.count + 1)
        let reason: String = try await house.scene.database.query("SELECT DISTINCT error FROM outbox WHERE status = 'suppressed'").only(
            "error")
        #expect(reason == "mail to this address is stopped: bounce")
    }
}
