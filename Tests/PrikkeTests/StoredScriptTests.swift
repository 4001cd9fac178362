import Foundation
import JSON
import Postgres
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// What people write stays text, on every page, in every mail and in every file. It is put into the rows past all checks: pages must
/// not rely on what a form lets through.
///
/// A page's skeleton, its tags with the names of their attributes, is the same with a hostile text as with a harmless one.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct StoredScriptTests {
    /// A third of them, is what CI has time for; `scripts/test --long` tries all.
    static let payloads =
        ProcessInfo.processInfo.environment["PRIKKE_LONG_TESTS"] != nil
        ? all : all.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)

    static let all = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>", "</title><script>alert(1)</script>",
        "</textarea><script>alert(1)</script>", "<!--", "]]><script>", "<a href=\"javascript:alert(1)\">x</a>", "javascript:alert(1)",
        "\" autofocus onfocus=alert(1) x=\"", "' onmouseover='alert(1)", "`onload=alert(1)`", "{{title}}{{{body}}}{{#rows}}",
        "{{> layout}}{{=<% %>=}}", "&lt;script&gt;&#x3C;b&#x3E;", "<iframe srcdoc='<script>alert(1)</script>'>", "<style>*{}</style>",
        "\u{202E}<b>evil\u{2066}", "=HYPERLINK(\"https://evil\";\"x\")<i>", "+1+cmd|' /C calc'!A0", "-2+3<u>", "@SUM(1)<u>", "%3Cscript%3E",
        "<meta http-equiv=refresh content=0;url=//evil>", "\\u003cscript\\u003e", "${7*7}<%= 7*7 %>",
        // `<` and `"` as parts of one character with what stands beside them.
        "\u{0D4E}<script>alert(1)</script>", "\u{0600}<script\u{0600}>alert(1)", "\"\u{0301} onfocus=alert(1) autofocus x=\"\u{0301}",
        "'\u{0301} onfocus=alert(1) x='\u{0301}", "<\u{200D}b>", "\u{0301}\",=1+1,\"\u{0301}", "\u{0301},=1+1,",
    ]
    static let harmless = "A plain text"

    @Test func whatPeopleWriteStaysText() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let pages = try await Self.pages(cast)
            try await write(Self.harmless, cast)
            var skeletons: [String: [String]] = [:]
            for (caller, path) in pages {
                let answer = await house.send(caller.call("GET", path))
                #expect(answer.status == 200, "\(path)")
                skeletons["\(caller.name) \(path)"] = Self.skeleton(answer.text)
            }
            let mails = try await Self.mailSkeletons(cast)
            #expect(mails.count == 4, "an invite and a key, each in its list and as it goes out")
            let shown = try await count(Self.harmless, on: pages, house)
            #expect(shown > 20, "the text stands on the pages at all")
            for payload in Self.payloads {
                try await write(payload, cast)
                for (caller, path) in pages {
                    let answer = await house.send(caller.call("GET", path))
                    #expect(answer.status == 200, "\(path) with \(payload)")
                    guard answer["content-type"]?.hasPrefix("text/html") == true else { continue }
                    #expect(Self.skeleton(answer.text) == skeletons["\(caller.name) \(path)"], "\(path) with \(payload)")
                    #expect(Self.targets(answer.text).allSatisfy(Self.isHarmless), "\(path) with \(payload)")
                }
                #expect(try await count(payload.htmlEscaped, on: pages, house) == shown, "nothing of \(payload) is lost or evaluated")
                #expect(try await Self.mailSkeletons(cast) == mails, "mails with \(payload)")
                try await checkFiles(cast, payload)
            }
        }
    }

    /// What comes with the request and is shown again: queries, forms with mistakes in them, the sentence that a cookie keeps.
    @Test func whatIsShownAgainStaysText() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let (alice, nobody) = (cast["Alice"], Caller(name: "nobody"))
            let execution = try await cast.execution()
            func calls(_ text: String) -> [Call] {
                let query = text.formEncoded
                return [
                    nobody.call("GET", "/users/log-in?email=\(query)&next=\(query)"),
                    alice.call("GET", "/acme/audit-log?action=\(query)&actor=\(query)&subject=\(query)"),
                    nobody.call("POST", "/users/log-in", [("email", text), ("next", text)]),
                    nobody.call("POST", "/users/register", [("email", text), ("organization", text)]),
                    nobody.call("POST", "/users/log-in/code", [("code", text)]),
                    alice.call("POST", "/account/address", [("email", text)]),
                    alice.call("POST", "/account/delete", [("confirmation", text)]),
                    alice.call("POST", "/organizations", [("name", text), ("x", text)]),
                    alice.call("GET", "/acme/executions?job=\(query)&tag=\(query)&since=\(query)&status=\(query)&cursor=\(query)"),
                    alice.call("GET", "/acme/executions/replay?job=\(query)&since=\(query)"),
                    alice.call("POST", "/acme/executions/\(execution)/reschedule", [("at", text)]),
                    alice.call("POST", "/acme/executions/\(execution)/retry", [("body", text), ("reason", text)]),
                    alice.call("POST", "/acme/members/\(cast.id(of: "Bob").text)/role", [("role", text)]),
                    alice.call("POST", "/acme/invites", [("email", text), ("role", text)]),
                    alice.call("POST", "/acme/keys", [("name", text), ("scopes", text), ("expires_in_days", text)]),
                    alice.call("POST", "/acme/settings", [("name", text + "\u{7}"), ("timezone", text)]),
                    alice.call("POST", "/acme/settings/slug", [("slug", text)]),
                    alice.call("POST", "/acme/settings/signing-secret", [("overlap_hours", text)]),
                    alice.call("POST", "/acme/settings/delete", [("confirmation", text)]),
                    nobody.call("GET", "/", headers: ["Cookie: __Host-flash=\(query)"]),
                    nobody.call("GET", "/nowhere/\(query)?\(query)"),
                    nobody.call("GET", "/users/log-in/\(query)"), nobody.call("GET", "/invites/\(query)"),
                    alice.call("GET", "/acme/jobs?search=\(query)&tag=\(query)"),
                    alice.call("POST", "/acme/jobs/bulk", [("act", "run"), ("job", text), ("return_to", text)]),
                    alice.call("GET", "/acme/members/\(query)"), alice.call("GET", "/\(query)"),
                ]
            }
            let expected = await Self.skeletons(calls(Self.harmless + "\u{7}"), house)
            for payload in Self.payloads {
                for (index, (call, answer)) in await Self.answers(calls(payload + "\u{7}"), house).enumerated() {
                    #expect((200..<500).contains(answer.status), "\(call.path)")
                    #expect(Self.skeleton(answer.text) == expected[index], "\(call.path) with \(payload)")
                    #expect(Self.targets(answer.text).allSatisfy(Self.isHarmless), "\(call.path) with \(payload)")
                }
            }
        }
    }

    /// A browser's name for itself is never kept: only which of a few that we know it is.
    @Test func aUserAgentIsNotKept() async throws {
        try await House.open { house in
            for (index, payload) in Self.payloads.enumerated() {
                try await house.forgetCounts()
                let agent = String(payload.unicodeScalars.filter(\.isASCII))
                _ = try await house.signIn(
                    "ua@example.com", in: Caller(name: "\(index)"),
                    asking: ["User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0 \(agent)"])
            }
            let devices = try await house.database.query("SELECT DISTINCT device FROM sessions").map { try $0("device", as: String.self) }
            #expect(devices == ["Firefox on Linux"], "\(devices)")
            for mail in try await house.mails() { #expect(!mail.mail.html.contains("alert(1)") && !mail.mail.text.contains("alert(1)")) }
        }
    }

    // MARK: - Where it is put, and where it is looked for

    /// Puts a text into everything that people write, and into what is said of it.
    func write(_ text: String, _ cast: Cast) async throws {
        let (house, organization) = (cast.house, cast.acme.organization.id)
        let config = JSON.object(["url": .string(text), "method": "GET", "headers": .object([text: .string(text)])])
        let note = JSON.object([text: .string(text), "name": .string(text)])
        try await house.database.batch([
            "UPDATE organizations SET name = \(String(text.prefix(200)))", "UPDATE api_keys SET name = \(text)",
            "UPDATE jobs SET name = \(text), config = \(config), tags = ARRAY[\(text)]",
            "UPDATE sessions SET device = \(text), address = \(text)",
            """
            UPDATE kept_attempts SET status = 'failed', reason = 'http_status', error_message = \(text), remote_address = \(text),
                request = \(["headers": [[.string(text), .string(text)]], "body": .string(text)] as JSON),
                response_headers = \([[.string(text), .string(text)]] as JSON), response_body = \(Array(text.utf8))
            """,
            "UPDATE queue SET override = \(["reason": .string(text), "body": .string(text)] as JSON)",
        ])
        try await house.database.query("DELETE FROM outbox")
        try await house.database.query("DELETE FROM rate_counts")
        try await house.database.query("DELETE FROM invites WHERE email = 'mailed@example.com'")
        // The mails that hold such texts, made by the doors themselves.
        let acme = Organization(
            id: organization, name: text, slug: "acme", timezone: "UTC", createdAt: cast.acme.organization.createdAt,
            entitlements: Cast.entitlements)
        let access = Access(organization: acme, actor: .user(cast.id(of: "Alice")), origin: Origin(.page))
        _ = try await house.services.people.invites.send(to: "mailed@example.com", as: .member, for: access)
        let key = try await house.services.keys.issue(.init(name: text, scopes: [.read]), for: access)
        try await house.database.query("DELETE FROM api_keys WHERE id = \(key.id)")
        try await house.database.transaction { transaction in
            try await transaction.query("SELECT set_config('prikke.erasing', 'on', true)")
            // What writing these texts has left: as many lines each time.
            try await transaction.query("DELETE FROM audit_log WHERE action IN ('invite.sent', 'api_key.created')")
            try await transaction.query(
                "UPDATE audit_log SET subject = \(text), before = \(note), after = \(note), address = \(text) WHERE organization_id = \(organization)"
            )
        }
    }

    static func pages(_ cast: Cast) async throws -> [(Caller, String)] {
        let alice = cast["Alice"]
        let job = try await cast.job()
        let invite = try await cast.invite(to: "alice@example.com", by: "Charlie", of: cast.globex.organization)
        let gone = try await cast.deletedOrganization(ownedBy: "Alice")
        #expect(!gone.isEmpty)
        let key = try await cast.key()
        let execution = try await cast.answeredExecution()
        let paths = [
            "/acme", "/acme/jobs", "/acme/jobs/\(job.id)", "/acme/jobs/\(job.id)/delete", "/acme/members",
            "/acme/members/\(cast.id(of: "Bob").text)", "/acme/keys", "/acme/keys/\(key.id.text)",
            "/acme/audit-log",
            "/acme/settings", "/acme/settings/delete", "/account", "/account/delete", "/invites", "/invites/\(invite.id)",
            "/invites/\(invite.token)", "/organizations/new", "/dev/mailbox", "/", "/status",
            "/acme/executions", "/acme/executions/\(execution)",
        ]
        return paths.map { (alice, $0) } + [(Caller(name: "nobody"), "/invites/\(invite.token)")]
    }

    func count(_ text: String, on pages: [(Caller, String)], _ house: House) async throws -> Int {
        var count = 0
        for (caller, path) in pages where path != "/dev/mailbox" {
            count += await house.send(caller.call("GET", path)).text.count(of: text)
        }
        return count
    }

    /// Of each mail, as the mailbox shows it and as it goes out.
    static func mailSkeletons(_ cast: Cast) async throws -> [String: [String]] {
        var skeletons: [String: [String]] = [:]
        for mail in try await cast.house.mails() {
            for part in ["", "/html"] {
                let html = await cast.house.send(cast["Alice"].call("GET", "/dev/mailbox/\(mail.mail.id.text)\(part)")).text
                skeletons["\(mail.mail.kind)\(part)"] = skeleton(html)
            }
        }
        return skeletons
    }

    /// The mails, and the audit log as a spreadsheet would read it.
    func checkFiles(_ cast: Cast, _ payload: String) async throws {
        for mail in try await cast.house.mails() {
            #expect(Self.targets(mail.mail.html).allSatisfy(Self.isHarmless), "\(payload)")
            #expect(
                !mail.mail.subject.contains { $0.isNewline } && !mail.mail.text.contains("\u{202E}") && !mail.mail.html.contains("\u{202E}")
            )
        }
        let csv = await cast.house.send(cast["Alice"].call("GET", "/acme/audit-log/export?format=csv"))
        #expect(csv["content-type"]?.hasPrefix("text/csv") == true && csv["content-disposition"]?.hasPrefix("attachment") == true)
        let cells = Self.cells(csv.text)
        #expect(cells.contains { $0.count(of: payload) > 0 })
        #expect(!cells.contains { $0.utf8.first.map { "=+-@\t\r".utf8.contains($0) } == true }, "\(payload)")
    }
}

extension String {
    /// As a page writes it.
    fileprivate var htmlEscaped: String {
        let written: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;"]
        return unicodeScalars.map { written[$0] ?? String($0) }.joined()
    }

    /// So often a text is in this one, scalar by scalar, as programs read it.
    fileprivate func count(of text: String) -> Int {
        var (count, rest) = (0, Array(utf8)[...])
        let sought = Array(text.utf8)
        while let found = rest.firstRange(of: sought) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
