import JSON
import Postgres
import Secrets
import TestSupport
import Testing
import Time

@testable import Mail

@Suite(.database) struct MailEventTests {
    private static let now = Scene.begin
    private let scene: Scene
    private let events: MailEvents

    init() throws {
        scene = try Scene()
        let credentials = try #require(MailEvents.Credentials(user: "mailjet", password: "secret:with colon"))
        events = MailEvents(scene.database, credentials: credentials, logger: scene.logger)
    }

    /// A mail to alice that was sent, and is known to Mailjet by this number.
    private func mail(number: Int64 = 1_152_921_500_000_000_001) async throws -> ID<RenderedMail> {
        try await scene.add()
        try await scene.courier.deliver(at: Self.now)
        try await scene.database.query("UPDATE outbox SET provider_id = \("\(number)")")
        return try await scene.database.query("SELECT id FROM outbox").only("id")
    }

    private func event(_ name: String, of mail: ID<RenderedMail>? = nil, at seconds: Int64 = Scene.begin.seconds, _ more: JSONObject = [:])
        -> JSON
    {
        var members: JSONObject = [
            "event": .string(name), "time": .integer(seconds), "MessageID": 1_152_921_500_000_000_001, "Message_GUID": "124f",
            "email": "mallory@example.com", "mj_campaign_id": 0, "CustomID": .string(mail?.text ?? ""), "Payload": "",
        ]
        for key in more.keys { members[key] = more[key] }
        return .object(members)
    }

    private func take(_ json: JSON, at now: Timestamp = now) async throws { try await events.take(json.bytes(), at: now) }

    private func suppressed() async throws -> [String] {
        try await scene.database.query("SELECT recipient || ' ' || cause AS line FROM suppressions ORDER BY 1").map { try $0("line") }
    }

    @Test(
        arguments: [
            ("bounce", ["hard_bounce": true, "error_related_to": "recipient", "error": "user unknown"], "bounce"),
            ("blocked", ["error_related_to": "recipient", "error": "preblocked"], "blocked"), ("spam", ["source": "JMRPP"], "spam"),
            ("unsub", ["mj_list_id": 1], "unsub"), ("bounce", ["hard_bounce": false, "error_related_to": "recipient"], nil),
            ("blocked", ["error_related_to": "mailjet", "error": "duplicate in campaign"], nil), ("sent", [:], nil), ("open", [:], nil),
            ("of_the_future", ["hard_bounce": true], nil),
        ] as [(String, JSONObject, String?)])
    func someEventsStopMailToWhomItWasSentTo(name: String, more: JSONObject, cause: String?) async throws {
        let mail = try await mail()
        try await take(.array([event(name, of: mail, more)]))
        // The address in what came in is not believed.
        #expect(try await suppressed() == (cause.map { ["alice@example.com \($0)"] } ?? []))
    }

    /// Version 1 of the events, and a mail that is named by Mailjet's number alone.
    @Test func oneEventIsNotAList() async throws {
        _ = try await mail()
        try await take(event("spam"))
        #expect(try await suppressed() == ["alice@example.com spam"])
    }

    @Test func whatIsOfNoMailOfOursChangesNothing() async throws {
        _ = try await mail(number: 7)
        let hard: JSONObject = ["hard_bounce": true]
        try await take(.array([event("bounce", of: ID(), hard), event("spam"), 3, "x", [:], ["event": 7]]))
        #expect(try await suppressed() == [])
        #expect(try await count() == 0)
    }

    @Test func whatComesTwiceCountsOnce() async throws {
        let mail = try await mail()
        let soft = event("bounce", of: mail, ["hard_bounce": false])
        for _ in 0..<6 { try await take(.array([soft, soft])) }
        #expect(try await suppressed() == [])
        #expect(try await count() == 1)
    }

    @Test func fiveSoftBouncesWithinAWeekAreAHardOne() async throws {
        let mail = try await mail()
        let day: Int64 = 86_400
        for index: Int64 in 0..<4 {
            let at = Self.now.seconds + index * 3 * day
            try await take(event("bounce", of: mail, at: at, ["hard_bounce": false]), at: Timestamp(seconds: at))
        }
        #expect(try await suppressed() == [])
        let end = Self.now.seconds + 9 * day
        for index: Int64 in 1...2 {
            try await take(event("bounce", of: mail, at: end + index, ["error_related_to": "domain"]), at: Timestamp(seconds: end + index))
        }
        #expect(try await suppressed() == ["alice@example.com bounce"])
    }

    @Test func whatIsOurFaultIsToldToTheOperatorAndNobodyPaysForIt() async throws {
        let mail = try await mail()
        for related in ["system", "content", "mailjet"] {
            let events = (0..<6).map {
                event("bounce", of: mail, at: Self.now.seconds + $0, ["error_related_to": .string(related), "error": "spam content"])
            }
            try await take(.array(events))
            #expect(scene.notes.text.contains("\(related): spam content"))
        }
        #expect(try await suppressed() == [])
        for word in ["alice", "mallory"] { #expect(!scene.notes.text.contains(word)) }
    }

    @Test func whatIsNoEventAtAllIsRefused() async throws {
        await #expect(throws: MailEvents.NotEvents.self) { try await take("x") }
        await #expect(throws: JSONError.self) { try await events.take(Array("{".utf8), at: Self.now) }
        try await take([])
    }

    @Test func onlyThePasswordAdmits() throws {
        func basic(_ text: String, _ scheme: String = "Basic") -> String { "\(scheme) \(Base64.encode(Array(text.utf8)))" }
        #expect(events.admits(basic("mailjet:secret:with colon")) && events.admits(basic("mailjet:secret:with colon", "basic")))
        let wrong = [
            nil, "", "Basic", "Basic ", "Basic !!!", basic("mailjet:"), basic("mailjet:secret"), basic("mailjet:secret:with colonx"),
            basic("Mailjet:secret:with colon"), basic("mailjet:secret:with colon", "Bearer"), basic(""),
        ]
        for header in wrong { #expect(!events.admits(header)) }
        #expect(MailEvents.Credentials(user: "a:b", password: "c") == nil && MailEvents.Credentials(user: "a", password: "") == nil)
    }

    private func count() async throws -> Int {
        let query: Query = "SELECT count(*) AS count FROM mail_events"
        return try await scene.database.query(query).only("count")
    }
}
