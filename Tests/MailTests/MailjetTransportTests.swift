import JSON
import Logging
import Postgres
import TestSupport
import Testing

@testable import Mail

/// Against a stand-in that is as strict as Mailjet says it is.
@Suite struct MailjetTransportTests {
    private let mailjet: MailjetReceiver
    private let notes = Notes()
    private let transport: MailjetTransport

    init() throws {
        mailjet = try MailjetReceiver()
        transport = try Self.transport(to: mailjet, notes)
    }

    private static func transport(to mailjet: MailjetReceiver, _ notes: Notes, timeout: Duration = .seconds(30)) throws -> MailjetTransport
    {
        let account = try MailjetAccount(key: mailjet.key, secret: mailjet.secret, url: mailjet.url + "/", allowsHTTP: true)
        return MailjetTransport(account, userAgent: "Prikke/test", timeout: timeout, logger: Logger(label: "test") { _ in notes })
    }

    private func mail(_ message: Message? = nil, id: ID<RenderedMail> = ID()) throws -> RenderedMail {
        let sender = try #require(Sender(name: "Prikke", address: "no-reply@prikke.example"))
        let recipient = try #require(EmailAddress("alice@example.com"))
        return try MessageRenderer(from: sender).render(try message ?? Scene.message(), id: id, to: recipient)
    }

    /// Of a transport that takes nothing.
    private func pause(after mail: RenderedMail) async throws -> Duration {
        let outcome = await transport.send(mail)
        guard case .unavailable(_, let after) = outcome else { throw NeverHappened("\(outcome)") }
        return after
    }

    @Test func theRequestIsThisAndNothingElse() throws {
        let mail = try mail()
        #expect(
            mail.mailjetPayload == [
                "Messages": [
                    [
                        "From": ["Email": "no-reply@prikke.example", "Name": "Prikke"], "To": [["Email": "alice@example.com"]],
                        "Subject": "Canary subject", "TextPart": .string(mail.text), "HTMLPart": .string(mail.html),
                        "CustomID": .string(mail.id.text), "TrackOpens": "disabled", "TrackClicks": "disabled",
                        "Headers": ["Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"],
                    ]
                ]
            ])
    }

    @Test func aMailThatIsTakenHasMailjetsNameForIt() async throws {
        let mail = try mail()
        #expect(await transport.send(mail) == .sent(providerID: "1152921500000000001"))
        #expect(mailjet.accepted.map(\.customID) == [mail.id.text] && mailjet.complaints == [])
        #expect(transport.trouble == nil)
    }

    private static let nasty = [
        "👩‍👩‍👧".repeated(2_000), "x".repeated(10_000), "<!channel> @everyone `rm -rf`", "\u{202E}gpj.exe", "a\r\nBcc: eve@example.com",
        "{{7*7}}",
        "مهمة النسخ الاحتياطي", "\u{0}\u{7F}", "https://evil.example", "\u{D4E}<b>", "",
    ]

    @Test(arguments: nasty.indices)
    func whateverAJobIsCalledMailjetTakesIt(index: Int) async throws {
        let name = Self.nasty[index]
        for message in [
            try Message.alert(
                event: "incident.opened", title: "\(name) failed", paragraphs: [name], facts: [("Job", name)], output: name, action: name,
                url: "https://prikke.example/acme", organization: name, settings: "https://prikke.example/acme"),
            try Message.channelConfirmation(organization: name, days: 7, url: "https://prikke.example/x"),
            try Message.channelOff(
                channel: name, shown: name, reason: name, organization: name, url: "https://prikke.example/x",
                settings: "https://prikke.example/x"),
        ] {
            #expect(await transport.send(try mail(message)).isTaken)
        }
        #expect(mailjet.complaints == [])
        for mail in mailjet.accepted { #expect(!mail.subject.contains("evil.example") && !mail.html.contains("<b>")) }
        #expect(mailjet.accepted[0].subject.hasSuffix("failed"))
    }

    /// The message's own status counts, whatever the request's is; and their sentence, which names the address, is told to nobody.
    @Test(arguments: [200, 400, 403, 500])
    func aMessageThatIsRefusedIsRefused(status: Int) async throws {
        mailjet.behave(.refused(code: "mj-0013", status: 400, property: "To[0].Email", as: status))
        #expect(await transport.send(try mail()) == .refused(reason: "Mailjet refused it: mj-0013 (To[0].Email)"))
        #expect(notes.text.contains("mj-0013") && !notes.text.contains("alice"))
    }

    @Test func aWrongKeyStopsAllMailAndIsToldOnce() async throws {
        mailjet.behave(.keyRefused)
        for seconds in [5, 10, 20] {
            let after = try await pause(after: try mail())
            #expect(after >= .seconds(seconds) && after <= .seconds(Double(seconds) * 1.1))
        }
        #expect(transport.trouble == "not sent: the mail service refuses us")
        #expect(notes.text.components(separatedBy: "no mail is taken").count == 2)
        mailjet.behave(.well)
        #expect(await transport.send(try mail()).isTaken)
        #expect(transport.trouble == nil)
        for secret in [mailjet.key, mailjet.secret] { #expect(!notes.text.contains(secret)) }
    }

    @Test func tooManyIsForAllMailAndLastsLongerEachTimeUpToFiveMinutes() async throws {
        mailjet.behave(.tooMany)
        var pauses: [Duration] = []
        for _ in 0..<8 {
            let after = try await pause(after: try mail())
            pauses.append(after)
        }
        for (pause, seconds) in zip(pauses, [5.0, 10, 20, 40, 80, 160, 300, 300]) {
            #expect(pause >= .seconds(seconds) && pause <= .seconds(seconds * 1.1))
        }
    }

    @Test func whatOneRoundIsToldCountsOnce() async throws {
        mailjet.behave(.tooMany)
        let mail = try mail()
        await withTaskGroup { tasks in
            for _ in 0..<8 { tasks.addTask { _ = await transport.send(mail) } }
        }
        let after = try await pause(after: mail)
        #expect(after < .seconds(300))
    }

    @Test(arguments: [500, 502, 503, 504])
    func afterAnErrorOfTheirsNobodyKnows(status: Int) async throws {
        mailjet.behave(.status(status))
        #expect(await transport.send(try mail()).isUnknown)
    }

    @Test func anAnswerThatIsLostIsUnknown() async throws {
        let lost: [MailjetReceiver.Behaviour] = [
            .dropped, .taken(.dropped), .taken(.cut(after: 40)), .taken(Receiver.Answer(body: "")),
            .taken(Receiver.Answer(body: "<html>ok</html>")), .taken(Receiver.Answer(body: "{\"Messages\":[]}")),
        ]
        for behaviour in lost {
            mailjet.behave(behaviour)
            #expect(await transport.send(try mail()).isUnknown, "\(behaviour)")
        }
    }

    @Test func anAnswerThatDoesNotComeIsUnknown() async throws {
        let gate = Receiver.Gate()
        defer { gate.open() }
        mailjet.behave(.held(gate))
        let transport = try Self.transport(to: mailjet, notes, timeout: .milliseconds(500))
        #expect(await transport.send(try mail()).isUnknown)
    }

    @Test func whoIsNotReachedHasTakenNothing() async throws {
        mailjet.close()
        guard case .unavailable(let reason, let after) = await transport.send(try mail()) else { throw NeverHappened("it is unavailable") }
        #expect(reason == "Mailjet was not reached: connect_failed" && after < .seconds(6))
    }

    @Test func anAddressThatIsNotMailjetsLosesNoMail() async throws {
        mailjet.behave(.status(404))
        _ = try await pause(after: try mail())
        #expect(transport.trouble == "not sent: the mail service is not where it should be")
    }

    // MARK: Looking up

    @Test func whatWasTakenIsFoundByOurOwnName() async throws {
        let mail = try mail()
        #expect(await transport.find(mail.id) == .notFound)
        _ = await transport.send(mail)
        mailjet.behave(.taken(.dropped))
        _ = await transport.send(mail)
        #expect(await transport.find(mail.id) == .sent(providerID: "1152921500000000001"))
        #expect(await transport.find(ID()) == .notFound)
    }

    @Test(arguments: [
        (200, #"{"Count":1,"Data":[{"ID":1152921500000000007,"CustomID":"mail_other"}]}"#, Finding.notFound),
        (200, #"{"Count":1,"Data":[{"ID":1152921500000000007}]}"#, .sent(providerID: "1152921500000000007")),
        (200, #"{"Count":0,"Data":[]}"#, .notFound), (404, #"{"ErrorMessage":"Object not found","StatusCode":404}"#, .notFound),
    ])
    func anAnswerToALookUpIsReadAsWhatItProves(status: Int, body: String, finding: Finding) {
        #expect(MailjetTransport.finding(ID(), in: .init(status: status, body: Array(body.utf8))) == finding)
    }

    /// One that passes over our filter answers with whatever it sent last.
    @Test(arguments: [
        (404, "<html>"), (200, "<html>"), (429, ""), (500, ""), (401, "{}"),
        (200, "{\"Data\":[\((0..<10).map { "{\"ID\":\($0)}" }.joined(separator: ","))]}"),
    ])
    func whatProvesNothingIsAskedAgain(status: Int, body: String) {
        guard case .cannotTell = MailjetTransport.finding(ID(), in: .init(status: status, body: Array(body.utf8))) else {
            Issue.record("\(status) says nothing")
            return
        }
    }

    // MARK: The sender

    @Test(arguments: [
        ("no-reply@prikke.example", "Active", MailjetTransport.SenderFinding.active), ("*@prikke.example", "Active", .active),
        ("no-reply@prikke.example", "Inactive", .inactive), ("*@other.example", "Active", .inactive),
    ])
    func aSenderIsActiveByItselfOrByItsDomain(address: String, status: String, finding: MailjetTransport.SenderFinding) async throws {
        mailjet.know(sender: address, as: status)
        let sender = try #require(Sender(name: "Prikke", address: "no-reply@prikke.example"))
        #expect(await transport.find(sender) == finding)
        _ = await SenderCheck(transport, of: sender, logger: Logger(label: "test") { [notes] _ in notes }).look()
        #expect(notes.text.contains("MAIL_FROM_ADDRESS is no active sender") == (finding == .inactive))
    }

    @Test func aSenderThatCannotBeAskedForIsAskedForAgainSoon() async throws {
        mailjet.close()
        let sender = try #require(Sender(name: "Prikke", address: "no-reply@prikke.example"))
        #expect(await transport.find(sender) == .cannotTell)
        let pause = await SenderCheck(transport, of: sender, logger: Logger(label: "test") { [notes] _ in notes }).look()
        #expect(pause == .seconds(600))
    }

    // MARK: The account

    @Test(arguments: [
        "http://mail.example", "http://10.0.0.1", "https://a@api.mailjet.com", "https://api.mailjet.com/v3.1",
        "https://api.mailjet.com/v3/",
        "https://api.mailjet.com?x=1", "api.mailjet.com", "ftp://api.mailjet.com", "",
    ])
    func anAddressThatMailMustNotGoToIsRefused(url: String) {
        #expect(throws: MailjetAccount.Mistake.self) { try MailjetAccount.check(url, allowsHTTP: true) }
    }

    @Test(arguments: ["http://127.0.0.1:8025", "http://localhost:8025/", "http://[::1]:8025/fake"])
    func thisMachineIsForDevelopment(url: String) throws {
        try MailjetAccount.check(url, allowsHTTP: true)
        #expect(throws: MailjetAccount.Mistake.self) { try MailjetAccount.check(url, allowsHTTP: false) }
    }
}

extension SendOutcome {
    fileprivate var isTaken: Bool { if case .sent = self { true } else { false } }
    fileprivate var isUnknown: Bool { if case .unknown = self { true } else { false } }
}

extension String {
    fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
