import Foundation
import Postgres
import Testing

@testable import Mail

@Suite struct MessageTests {
    private func render(_ message: Message) throws -> RenderedMail {
        let recipient = try #require(EmailAddress("alice@example.com"))
        return try MessageRenderer(from: .development).render(message, id: ID(), to: recipient)
    }

    @Test func bothPartsSayTheSame() throws {
        let mail = try render(
            Message(
                .signIn, subject: "Sign in to Prikke", paragraphs: ["First.", "Second."],
                facts: [Message.Fact(label: "Browser", value: "Firefox"), Message.Fact(label: "Address", value: "192.0.2.1")],
                button: try Message.Button(label: "Sign in", url: "https://prikke.example/sign-in/1?a=b&c=d"), closing: ["Third."]))
        #expect(
            mail.text == """
                First.

                Second.

                Browser: Firefox
                Address: 192.0.2.1

                Sign in:
                https://prikke.example/sign-in/1?a=b&c=d

                Third.

                """)
        for text in ["First.", "Second.", "Browser:", "Firefox", "Third.", "href=\"https://prikke.example/sign-in/1?a=b&amp;c=d\""] {
            #expect(mail.html.contains(text))
        }
        #expect(mail.subject == "Sign in to Prikke" && mail.from.address == "prikke@localhost")
        #expect(!mail.html.contains("{{") && !mail.text.contains("{{"))
    }

    @Test func anAlertSaysItInBothPartsTheNewsFirst() throws {
        let mail = try render(
            .alert(
                event: "incident.opened", title: "Nightly export of db.acme.example failed", paragraphs: ["It answered 503."],
                facts: [("Host", "api.acme.example")], output: "\n{\r\n\t\"error\": \"away\"  \n}\n\n", action: "See it",
                url: "https://prikke.example/acme/executions/1", organization: "Acme", settings: "https://prikke.example/acme/channels"))
        #expect(mail.subject == "[Acme] Nightly export of db․acme․example failed")
        #expect(
            mail.text == """
                Nightly export of db․acme․example failed

                It answered 503.

                Host: api․acme․example

                    {
                        "error": "away"
                    }

                See it:
                https://prikke.example/acme/executions/1

                You get this because Acme sends its alerts to this address.

                Notification settings: https://prikke.example/acme/channels

                """)
        for text in [
            "<h1", "db․acme․example failed</h1>", "{<br>    &quot;error&quot;: &quot;away&quot;<br>}<br>",
            "<a class=\"link\" href=\"https://prikke.example/acme/channels\"",
        ] { #expect(mail.html.contains(text), "\(text)") }
    }

    @Test func aLongTitleIsCutInItsMiddleAndOutputAtItsBeginning() throws {
        let mail = try render(
            .alert(
                event: "incident.opened", title: String(repeating: "n", count: 10_000) + " failed", paragraphs: [],
                output: (1...100).map { "line \($0)" }.joined(separator: "\n"), action: "See it", url: "https://prikke.example/",
                organization: "Acme", settings: "https://prikke.example/"))
        #expect(mail.subject.count <= 160 && mail.subject.hasSuffix("n failed") && mail.subject.contains("n…n"))
        #expect(!mail.text.contains("line 60\n") && mail.text.contains("line 61\n") && mail.text.contains("line 100\n"))
    }

    @Test func whatIsNotThereLeavesNoTrace() throws {
        let mail = try render(Message(.newAPIKey, subject: "A new key", paragraphs: ["Only this."]))
        #expect(mail.text == "Only this.\n")
        #expect(!mail.html.contains("<a ") && !mail.html.contains("<span"))
    }

    /// The same hostile text in every place that takes one.
    @Test func nothingBecomesMarkup() throws {
        let evil = "<script>alert(1)</script> & \"x\" <a href='https://evil.example'>"
        let mail = try render(
            Message(
                .invite, subject: evil, paragraphs: [evil], facts: [Message.Fact(label: evil, value: evil)],
                button: try Message.Button(label: evil, url: "https://prikke.example/'x'"), closing: [evil]))
        #expect(!mail.html.contains("<script") && !mail.html.contains("<a href='") && !mail.html.contains("'x'"))
        #expect(mail.html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;"))
        #expect(mail.text.contains(evil))
        for code in ["&lt;", "&amp;", "&quot;", "&#39;"] { #expect(!mail.text.contains(code)) }
    }

    @Test(arguments: ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{0B}", "\u{0C}"])
    func noHeaderAndNoLineIsAdded(lineBreak: String) throws {
        let text = "Acme\(lineBreak)Bcc: eve@example.com"
        let mail = try render(
            Message(.invite, subject: text, paragraphs: [Message.name(text)], facts: [Message.Fact(label: text, value: text)]))
        #expect(mail.subject == "Acme Bcc: eve@example.com")
        #expect(mail.text.split(separator: "\n").count == 2)
        #expect(Sender(name: text, address: "a@b.example")?.name == "Acme Bcc: eve@example.com")
        #expect(Sender(name: "Acme", address: "a@b.example\(lineBreak)") == nil)
    }

    /// N6: what turns the direction of writing, is not seen, or means something to a terminal.
    @Test(arguments: [
        "\u{0}", "\u{1B}", "\u{7F}", "\u{200B}", "\u{200E}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{FEFF}", "\u{AD}", "\u{E0041}",
    ])
    func whatIsNotSeenIsLeftOut(character: String) {
        #expect(Message.name("Ac\(character)me") == "Acme")
        #expect(Message(.invite, subject: "Ac\(character)me", paragraphs: []).subject == "Acme")
    }

    @Test func aNameIsCutAtSixtyBetweenCharacters() {
        #expect(Message.name(String(repeating: "a", count: 60)) == String(repeating: "a", count: 60))
        #expect(Message.name(String(repeating: "a", count: 61)) == String(repeating: "a", count: 59) + "…")
        #expect(Message.name(String(repeating: "a", count: 58) + "e\u{301}x") == String(repeating: "a", count: 58) + "…")
        #expect(Message.name("a" + String(repeating: "\u{301}", count: 10_000)) == "…")
        #expect(Message.name(" Søren  Kierkegård, \"Æ\" 日本 👩‍👩‍👧 ") == "Søren Kierkegård, \"Æ\" 日本 👩‍👩‍👧")
    }

    @Test(arguments: [
        ("evil.example", "evil․example"), ("https://evil.example/x", "https∶//evil․example/x"), ("http://localhost", "http∶//localhost"),
        ("win at www.evil.example now.", "win at www․evil․example now."), ("http://192.0.2.1", "http∶//192․0․2․1"),
        ("bücher.example", "bücher․example"), ("Acme Inc. of A: B", "Acme Inc. of A: B"), ("a..b", "a..b"),
    ])
    func noMailProgramMakesALinkOfAName(name: String, written: String) {
        #expect(Message.name(name) == written)
    }

    @Test(arguments: [
        "", "prikke.example", "//evil.example", "javascript:alert(1)", "data:text/html,x", "https://a b", "https://a\nb", "https://a\"b",
        "https://a<b", "https://é", " https://a",
    ])
    func aButtonLeadsToAnAddressOfTheWeb(url: String) {
        #expect(throws: Message.NotALink.self) { _ = try Message.Button(label: "Go", url: url) }
    }

    @Test func aMessageIsReadAsItWasWritten() throws {
        let message = Message(
            .deletionScheduled, subject: "S", heading: "H", paragraphs: ["P"], facts: [Message.Fact(label: "L", value: "V")],
            output: "O\n  o", button: try Message.Button(label: "B", url: "http://127.0.0.1:4000/x"), closing: ["C"],
            settings: try Message.Button(label: "N", url: "http://127.0.0.1:4000/n"))
        #expect(Message(message.json) == message)
        #expect(Message(["kind": "of_the_future", "subject": "S"]) == nil)
    }

    @Test func aSubjectIsCutAtTheLengthThatTransportsTake() {
        #expect(Message(.invite, subject: String(repeating: "é", count: 300), paragraphs: []).subject.unicodeScalars.count == 255)
    }

    @Test(arguments: ["", "a", "a@b", "a@localhost ", "Alice <a@b.example>", "@localhost", "a@b.example,c@d.example"])
    func aSenderHasOnePlainAddress(address: String) {
        #expect(Sender(name: "Prikke", address: address) == nil)
        #expect(Sender(name: "Prikke", address: "A@localhost")?.address == "a@localhost")
    }

    @Test func theTemplatesAreThoseOfTheFiles() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Mail/Templates").standardized
        let (html, text) = (MessageRenderer.htmlTemplate, MessageRenderer.textTemplate)
        #expect(try String(contentsOf: folder.appending(path: "message.html.mustache"), encoding: .utf8) == html)
        #expect(try String(contentsOf: folder.appending(path: "message.txt.mustache"), encoding: .utf8) == text)
    }
}
