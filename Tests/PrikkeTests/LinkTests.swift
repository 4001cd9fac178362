import Foundation
import JSON
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// Where we send people: by redirects to paths of ours alone, by mail to the configured address alone.
@Suite(.database, .serialized, .timeLimit(.minutes(2))) struct LinkTests {
    /// Through the whole of signing in: the page's query, the form, the mail, the click.
    @Test func signingInLeadsNowhereElse() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for path in hostilePaths {
                try await house.forgetCounts()
                let page = await house.send(cast["nobody"].call("GET", "/users/log-in?next=\(path.formEncoded)"))
                if page.status == 200 { #expect(page.text.contains(#"name="next" value="""#), "\(path)") }
                let alice = Caller(name: "Alice")
                let asked = await house.send(alice.call("POST", "/users/log-in", [("email", "alice@example.com"), ("next", path)]))
                // What no field takes gets no mail.
                if [400, 422].contains(asked.status), path.utf8.contains(where: { $0 < 0x20 }) { continue }
                let answer = await house.send(alice.call("POST", try await house.path(of: .signIn, to: "alice@example.com")))
                #expect(answer.status == 303 && answer.location == "/dashboard", "\(path.debugDescription) leads to \(answer.location)")
                #expect(answer.fields.filter { $0.name == "location" }.count == 1)
            }
            try await house.forgetCounts()
            let good = try await house.signIn("alice@example.com", in: Caller(name: "Alice"), next: "/acme/keys?a=b")
            #expect(good.answer.location == "/acme/keys?a=b")
        }
    }

    @Test func theThemeSwitchLeadsNowhereElse() async throws {
        try await House.open { house in
            for path in hostilePaths {
                let answer = await house.send(Caller(name: "nobody").call("POST", "/theme", [("theme", "dark"), ("return_to", path)]))
                #expect(answer.location == "/" || [400, 422].contains(answer.status), "\(path.debugDescription)")
            }
        }
    }

    /// A request says under which names it was sent; mails lead to the configured one.
    @Test func noRequestSaysWhereMailsLead() async throws {
        let lies = [
            "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "Forwarded: host=evil.example;proto=http",
            "X-Original-Host: evil.example", "X-Forwarded-Server: evil.example", "X-Forwarded-Prefix: //evil.example",
            "X-Forwarded-For: 198.51.100.7",
        ]
        // The proxy is trusted: what it says of addresses counts, of names it does not.
        try await House.open(["PRIKKE_TRUSTED_PROXIES": "127.0.0.0/8"]) { house in
            let cast = try await Cast(house)
            for host in ["evil.example", "prikke.test:8443", "prikke.test.evil.example", "PRIKKE.TEST"] {
                for target in ["", "http://evil.example", "https://prikke.test@evil.example"] {
                    try await cast.restore()
                    try await house.database.query("DELETE FROM invites")
                    await send(from: cast, to: target, host: host, lies)
                }
            }
            let mails = try await house.mails()
            let kinds = Set(mails.map(\.mail.kind.rawValue))
            #expect(kinds.isSuperset(of: ["sign_in", "invite", "confirm_address", "new_api_key"]), "\(kinds)")
            for mail in mails {
                #expect(mail.button?.url.hasPrefix(House.siteURL + "/") == true, "\(mail.mail.kind)")
                for part in [mail.mail.html, mail.mail.text, mail.mail.subject] {
                    #expect(!part.contains("evil") && !part.contains("8443"), "\(mail.mail.kind)")
                    for match in part.matches(of: /https?:\/\/[^\/\s"]*/) {
                        #expect(["https://prikke.test", "http://www.w3.org"].contains(String(match.0)), "\(match.0)")
                    }
                }
            }
        }
    }

    private func send(from cast: Cast, to target: String, host: String, _ lies: [String]) async {
        var calls = [
            cast["nobody"].call("POST", "/users/log-in", [("email", "bob@example.com")]),
            cast["nobody"].call("POST", "/users/register", [("email", "eve@example.com"), ("organization", "Eve")]),
            cast["Alice"].call("POST", "/acme/invites", [("email", "guest@example.com")]),
            cast["Alice"].call("POST", "/acme/keys", [("name", "x"), ("scopes", "read")]),
            cast["Bob"].call("POST", "/account/address", [("email", "robert@example.com")]),
            cast["whole key"].call("POST", "/api/invites", json: #"{"email": "guest2@example.com"}"#),
        ]
        for index in calls.indices {
            calls[index].path = target + calls[index].path
            calls[index].host = host
            calls[index].headers += lies
            let answer = await cast.house.send(calls[index])
            #expect(!answer.location.contains("evil"), "\(calls[index].path)")
            #expect(!answer.text.contains("evil.example"), "\(calls[index].path)")
        }
    }
}
