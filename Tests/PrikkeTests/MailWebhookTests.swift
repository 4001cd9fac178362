import Foundation
import Mail
import Postgres
import Tenancy
import TestSupport
import Testing
import Time

@testable import Prikke

/// What Mailjet tells us, over real HTTP.
@Suite(.database, .timeLimit(.minutes(1))) struct MailWebhookTests {
    private static let password = "Authorization: Basic " + Data("mailjet:what only Mailjet knows".utf8).base64EncodedString()

    private func post(_ body: String, headers: [String] = [password], to house: House) async -> Answer {
        await house.send(Call(method: "POST", path: "/webhooks/mailjet", headers: headers, body: body, type: "application/json"))
    }

    @Test func aBounceOfAMailOfOursStopsAlertsToItsRecipient() async throws {
        try await House.open { house in
            let recipient = try #require(EmailAddress("alice@example.com"))
            let message = Message(.alert, subject: "S", paragraphs: ["P"])
            try await house.database.query(try house.services.outbox.insertion(message, to: recipient, at: .now()))
            let id: ID<RenderedMail> = try await house.database.query("SELECT id FROM outbox").only("id")
            let event = #"{"event":"bounce","time":1790000000,"MessageID":1152921500000000001,"CustomID":"\#(id)","hard_bounce":true}"#
            #expect(await post("[\(event),{\"event\":\"of the future\"}]", to: house).status == 200)
            #expect(try await house.database.query("SELECT recipient FROM suppressions").only("recipient") == "alice@example.com")
        }
    }

    @Test func nobodyElseIsHeard() async throws {
        try await House.open { house in
            let wrong = "Authorization: Basic " + Data("mailjet:wrong".utf8).base64EncodedString()
            for headers in [[], [wrong], ["Authorization: Bearer x"]] {
                let answer = await post("[]", headers: headers, to: house)
                #expect(answer.status == 401 && answer.text.contains("\"code\":\"unauthenticated\""))
                #expect(answer.fields.contains { $0.name == "www-authenticate" && $0.value.hasPrefix("Basic") })
            }
            #expect(await post("[]", to: house).status == 200)
        }
    }

    @Test func whatIsNoEventIsRefusedClearly() async throws {
        try await House.open { house in
            for (body, status) in [("", 400), ("{", 400), ("7", 400), ("\"x\"", 400), ("{}", 200), ("[1,null,[]]", 200)] {
                #expect(await post(body, to: house).status == status, "\(body)")
            }
            #expect(await post(String(repeating: " ", count: (1 << 20) + 1), to: house).status == 413)
            #expect(await house.send(Call(path: "/webhooks/mailjet")).status == 405)
        }
    }

    @Test func itHasABudgetOfItsOwn() async throws {
        try await House.open { house in
            _ = await post("[]", to: house)
            try await house.database.query("UPDATE rate_counts SET used = 1200")
            let answer = await post("[]", to: house)
            #expect(answer.status == 429 && answer.fields.contains { $0.name == "retry-after" })
        }
    }

    @Test func withoutAPasswordThereIsNoSuchAddress() async throws {
        try await House.open(["MAILJET_WEBHOOK_USER": "", "MAILJET_WEBHOOK_PASSWORD": ""]) { house in
            #expect(await post("[]", to: house).status == 404)
        }
    }

    @Test func theSamplesOfMailsAreForDevelopmentAlone() async throws {
        try await House.open { house in
            let list = await house.send(Call(path: "/dev/mails")).text
            for kind in Message.Kind.allCases {
                #expect(list.contains("/dev/mails/\(kind.rawValue.replacing("_", with: "-"))\""), "\(kind) has a sample")
            }
            #expect(await house.send(Call(path: "/dev/mails/of-the-future")).status == 404)
        }
        try await House.open(["PRIKKE_ENV": "production"]) { house in
            for path in ["/dev/mails", "/dev/mails/alert", "/dev/mails/alert/html"] {
                #expect(await house.send(Call(path: path)).status == 404)
            }
        }
    }

    @Test func withKeysMailGoesOutInDevelopmentToo() async throws {
        let keys = [
            "MAILJET_API_KEY": "k", "MAILJET_SECRET_KEY": "s", "MAILJET_API_URL": "http://127.0.0.1:9/",
            "MAIL_FROM_ADDRESS": "prikke@prikke.example",
        ]
        try await House.open(keys) { house in
            #expect(house.services.mailjet != nil && house.services.mailbox == nil)
            #expect(await house.send(Call(path: "/dev/mailbox")).status == 404)
        }
    }
}
