import Logging
import Mail
import Postgres
import Secrets
import TestSupport
import Testing
import Time

@testable import Web

@Suite(.database) struct MailboxPagesTests {
    /// A site with a mailbox that holds one mail.
    private func site() async throws -> (site: Site, mail: String) {
        let database = TestDatabase.current.database
        let outbox = Outbox(seal: try Seal(keys: [Seal.Key([UInt8](repeating: 7, count: 32))]))
        let mailbox = Mailbox(database, outbox: outbox, renderer: try MessageRenderer(from: .development))
        let message = Message(
            .invite, subject: "Join <b>Acme</b>", paragraphs: ["Bob & Eve invite you."],
            button: try Message.Button(label: "Join", url: "https://prikke.test/invites/1"))
        let recipient = try #require(EmailAddress("alice@example.com"))
        try await database.query(try outbox.insertion(message, to: recipient, at: Timestamp(seconds: 1_800_000_000)))
        // As a courier leaves it.
        try await database.query("UPDATE outbox SET status = 'sent', next_try_at = NULL, finished_at = clock_timestamp()")
        var site = TestSite.site
        site.mailbox = mailbox
        let id: ID<RenderedMail> = try await database.query("SELECT id FROM outbox").only("id")
        return (site, id.text)
    }

    @Test func theListNamesEachMailAndLeadsToIt() async throws {
        let (site, mail) = try await site()
        try await TestServer.run(site) { server in
            let answer = await server.request("GET", "/dev/mailbox")
            #expect(answer.status == 200)
            #expect(answer.text.contains("<a href=\"/dev/mailbox/\(mail)\">Join &lt;b&gt;Acme&lt;/b&gt;</a>"))
            #expect(answer.text.contains("alice@example.com"))
        }
    }

    @Test func aMailIsShownWithBothPartsAndItsLink() async throws {
        let (site, mail) = try await site()
        try await TestServer.run(site) { server in
            let answer = await server.request("GET", "/dev/mailbox/\(mail)")
            #expect(answer.status == 200)
            for text in [
                "Bob &amp; Eve invite you.", "<a href=\"https://prikke.test/invites/1\">Join</a>", "src=\"/dev/mailbox/\(mail)/html\"",
                "sandbox=\"allow-popups allow-popups-to-escape-sandbox\"",
            ] { #expect(answer.text.contains(text)) }
            #expect(answer.headers["content-security-policy"]?.contains("frame-src 'self'") == true)
            #expect(answer.headers["content-security-policy"]?.contains("unsafe-inline") == false)
        }
    }

    @Test func theHTMLPartStandsAloneAndRunsNothing() async throws {
        let (site, mail) = try await site()
        try await TestServer.run(site) { server in
            let answer = await server.request("GET", "/dev/mailbox/\(mail)/html")
            #expect(answer.status == 200 && answer.text.contains("Bob &amp; Eve invite you."))
            let policy = try #require(answer.headers["content-security-policy"])
            for rule in ["default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'", "sandbox"] {
                #expect(policy.contains(rule))
            }
            #expect(!policy.contains("script-src"))
        }
    }

    @Test func aMailThatIsNotThereIsNotFound() async throws {
        let (site, _) = try await site()
        try await TestServer.run(site) { server in
            for mail in ["mail_0", "1", ID<RenderedMail>().text] {
                #expect(await server.request("GET", "/dev/mailbox/\(mail)").status == 404)
                #expect(await server.request("GET", "/dev/mailbox/\(mail)/html").status == 404)
            }
        }
    }

    @Test func withoutAMailboxThereIsNoSuchPage() async throws {
        let (_, mail) = try await site()
        try await TestServer.run(TestSite.site) { server in
            for path in ["/dev/mailbox", "/dev/mailbox/\(mail)", "/dev/mailbox/\(mail)/html"] {
                #expect(await server.request("GET", path).status == 404)
            }
        }
    }
}
