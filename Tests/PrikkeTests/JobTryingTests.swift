import JSON
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// What a job's form says and does before it is saved, and what becomes of a form whose session is over.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct JobTryingTests {
    private func preview(_ fields: [(String, String)], _ cast: Cast) async -> Answer {
        let typed = fields.map { ("schedule_\($0.0)", $0.1) }
        return await cast.house.send(cast["Bob"].call("POST", "/acme/jobs/preview?fragment=jobpreview", typed))
    }

    @Test func whatIsTypedIsSaidBack() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let texts: [(fields: [(String, String)], status: Int, words: [String])] = [
                (
                    [("kind", "weekly"), ("days", "1"), ("time", "08:00"), ("timezone", "Europe/Oslo")], 200,
                    [
                        "At 08:00, on Monday (Europe/Oslo)", "Next runs", "<li>Mon ", ", 08:00", "About 4 executions a month",
                        "1\u{A0}M in your plan",
                    ]
                ),
                (
                    [("kind", "daily"), ("time", "02:30"), ("timezone", "Europe/Oslo"), ("starts_at", "2031-03-25T00:00")], 200,
                    ["Sun 30 Mar 2031, 03:00", "The clock leaves out 02:30 that day"]
                ),
                (
                    [("kind", "every"), ("every", "30"), ("unit", "s")], 200,
                    ["Every 30 seconds", "The shortest interval of the plan pro is 60 s"]
                ),
                ([("kind", "cron"), ("cron", "0 2 13 * 5")], 200, ["class=\"warn\""]), ([("kind", "none")], 200, ["Only on demand"]),
                ([("kind", "cron"), ("cron", "0 24 * * *")], 422, ["class=\"bad\"", "24"]),
                ([("kind", "cron"), ("cron", "0 2 * * *"), ("timezone", "Oslo")], 422, ["IANA time zone"]),
            ]
            for (fields, status, words) in texts {
                let answer = await preview(fields, cast)
                #expect(answer.status == status, "\(fields)")
                for word in words { #expect(answer.text.contains(word), "\(word) of \(fields): \(answer.text)") }
                #expect(!answer.text.contains("<html"), "the part alone")
            }
            // Without script, the whole page with everything in it.
            let fields = [("schedule_kind", "cron"), ("schedule_cron", "0 24 * * *"), ("name", "Half <done>")]
            let page = await house.send(cast["Bob"].call("POST", "/acme/jobs/preview", fields))
            #expect(page.status == 422 && page.text.contains("form-schedule_cron-error"))
            #expect(PageForm(page.text)?["name"] == ["Half <done>"])
        }
    }

    @Test func aTestCallsOnceAndSavesNothing() async throws {
        try await House.open(["PRIKKE_ALLOW_NETWORKS": "127.0.0.0/8"]) { house in
            let cast = try await Cast(house)
            let receiver = try Receiver()
            receiver.answer("/hook") { _ in
                Receiver.Answer(
                    headers: [("Content-Type", "application/json")],
                    body: #"{"ok":true,"<b>":[1,2],"more":""# + String(repeating: "<", count: 30_000) + "\"}")
            }
            let config: JSON = ["url": .string(receiver.url + "/hook"), "headers": ["Authorization": "Bearer kept"]]
            let id = try await cast.job(["config": config]).id.text
            let page = await house.send(cast["Bob"].call("GET", "/acme/jobs/\(id)/edit"))
            var form = try #require(PageForm(page.text))
            form.set("config_body", "typed")
            form.set("config_method", "POST")
            let answer = await house.send(cast["Bob"].call("POST", "/acme/jobs/test", form.fields.filter { $0.0 != "_token" }))
            #expect(answer.status == 200 && answer.text.contains("Success after"))
            for words in [
                "HTTP 200", "Authorization: ***", "&quot;ok&quot;: true", "&quot;&lt;b&gt;&quot;: [", "Connected",
                "JSON, the beginning of 29.3\u{A0}KiB",
            ] {
                #expect(answer.text.contains(words), "\(words)")
            }
            #expect(!answer.text.contains("Bearer kept") && answer.text.utf8.count < 30_000)
            #expect(PageForm(answer.text)?["config_body"] == ["typed"])
            let request = try await receiver.request(1, at: "/hook")
            #expect(request.header("Authorization") == "Bearer kept" && request.body == Array("typed".utf8))
            // Whoever may change a job must not have its secrets sent to himself.
            form.set("config_url", receiver.url.replacing("127.0.0.1", with: "127.0.0.2") + "/hook")
            let elsewhere = await house.send(cast["Bob"].call("POST", "/acme/jobs/test", form.fields.filter { $0.0 != "_token" }))
            #expect(elsewhere.status == 422 && elsewhere.text.contains("form-config_headers-error"))
            #expect(receiver.requests.count == 1)
            let theirs = try await cast.job(for: cast.accessOfCharlie).id.text
            form.set("_job", theirs)
            #expect(await house.send(cast["Bob"].call("POST", "/acme/jobs/test", form.fields.filter { $0.0 != "_token" })).status == 404)
        }
    }

    @Test func aBodyOf256KiBFitsIntoTheForm() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let body = String(repeating: "\r\n", count: 20_000) + String(repeating: "x", count: 242_144)
            let typed = [("config_url", "https://example.com/"), ("config_body", body)]
            #expect(await house.send(cast["Bob"].call("POST", "/acme/jobs/new", typed)).status == 303)
            let larger = [("config_body", String(repeating: "x", count: 2_097_152))]
            #expect(await house.send(cast["Bob"].call("POST", "/acme/jobs/new", larger)).status == 413)
        }
    }

    // MARK: - A session that is over

    private static let typed = [
        ("config_url", "https://example.com/"), ("name", "Typed \"<b>"), ("schedule_days", "1"), ("schedule_days", "2"),
    ]
    private static let ours = ["Origin: https://prikke.test", "Sec-Fetch-Site: same-origin"]

    @Test func whatWasTypedIsKeptUntilWhoeverTypedItIsSignedIn() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            // The session is over, and the browser does not know.
            let expired = cast["expired"]
            let answer = await house.send(expired.call("POST", "/acme/jobs/new", Self.typed, headers: Self.ours))
            #expect(answer.status == 401 && answer.text.contains("You are signed out"))
            #expect(answer.text.contains("href=\"/users/log-in\" target=\"_blank\" rel=\"noopener\""))
            var form = try #require(PageForm(answer.text, marked: "/acme/jobs/new"))
            #expect(form.fields.dropFirst().map { "\($0)" } == Self.typed.map { "\($0)" } && form.fields[0].0 == "_token")

            // Sent again by another session: the token is of the one before.
            let alice = cast["Alice"]
            let stale = await house.send(alice.call("POST", form.path, Self.typed, headers: Self.ours, token: form["_token"][0]))
            #expect(stale.status == 403 && stale.text.contains("You are alice@example.com now"))
            form = try #require(PageForm(stale.text, marked: "/acme/jobs/new"))
            let typed = form.fields.dropFirst().map { ($0.0, $0.1) }
            #expect(typed.map { "\($0)" } == Self.typed.map { "\($0)" })
            let saved = await house.send(alice.call("POST", form.path, typed, headers: Self.ours, token: form["_token"][0]))
            #expect(saved.status == 303 && saved.location.hasPrefix("/acme/jobs/job_"))

            // The session's cookie has gone.
            let visitor = await house.send(cast["nobody"].call("POST", form.path, Self.typed, headers: Self.ours, token: alice.formToken))
            #expect(visitor.status == 403 || visitor.status == 401)
            #expect(visitor.text.contains("You are signed out") && visitor.text.contains("Typed &quot;&lt;b&gt;"))
        }
    }

    @Test func nothingIsRepeatedThatNoPageOfOursSent() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let mark = "Send again"
            let elsewhere = [
                [], ["Origin: https://evil.example"], ["Origin: null"], ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"],
                ["Sec-Fetch-Site: none"], ["Origin: https://prikke.test", "Sec-Fetch-Site: cross-site"],
                ["Origin: https://prikke.test", "Origin: https://prikke.test"],
            ]
            for headers in elsewhere {
                let answer = await house.send(cast["Alice"].call("POST", "/acme/jobs/new", Self.typed, headers: headers, token: "planted"))
                #expect(answer.status == 403 && !answer.text.contains(mark) && !answer.text.contains("Typed"), "\(headers)")
            }
            // Neither what a code or a mailed link's form holds.
            let routes = [
                "/users/log-in", "/users/log-in/code", "/users/log-in/\(Token().text)", "/account/address/\(Token().text)",
                "/account/address-back/\(Token().text)", "/invites/\(Token().text)/accept", "/theme",
            ]
            for path in routes {
                for caller in [cast["Alice"], cast["nobody"]] {
                    let answer = await house.send(caller.call("POST", path, [("code", "123456")], headers: Self.ours, token: "stale"))
                    #expect(answer.status == 403 && !answer.text.contains(mark) && !answer.text.contains("123456"), "\(path)")
                }
            }
        }
    }
}
