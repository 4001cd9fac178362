import JSON
import Postgres
import Scheduling
import TestSupport
import Testing
import Time

@testable import Prikke
@testable import Tenancy

/// The pages of executions over HTTP.
@Suite(.database, .serialized, .timeLimit(.minutes(2))) struct ExecutionPagesTests {
    private func get(_ path: String, _ cast: Cast, as name: String = "Bob") async -> Answer {
        await cast.house.send(cast[name].call("GET", path))
    }

    private func post(_ path: String, _ fields: [(String, String)] = [], _ cast: Cast, as name: String = "Bob") async -> Answer {
        await cast.house.send(cast[name].call("POST", path, fields))
    }

    private func flash(_ answer: Answer) -> String { answer.cookie("flash")?.removingPercentEncoding ?? "" }

    @Test func theListTakesTheFiltersOfItsFormAndSaysWhatIsWrongWithThem() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            #expect(await get("/acme/executions", cast).text.contains("No executions yet"))
            let job = try await cast.job([
                "key": "reports/weekly", "name": "Weekly <report>", "tags": ["nightly"], "schedule": .null, "overlap": "allow",
            ])
            for _ in 0..<3 { _ = try await house.services.executions.trigger(job, override: [:], by: .api, for: cast.access) }
            _ = try await cast.execution()
            for (query, count) in [
                ("", 4), ("status=pending", 4), ("status=pending,running", 4), ("tag=nightly", 3), ("job=reports%2Fweekly", 3),
                ("job=key%3Areports%2Fweekly", 3), ("job=\(job.id)&trigger=api", 3), ("status=failed,timeout", 0), ("reason=deadline", 0),
                ("since=2099-01-01T00:00", 0), ("until=2099-01-01T00:00", 4), ("range=hour", 4),
                ("status=&reason=&trigger=&job=&tag=&range=&since=&until=", 4),
            ] {
                let answer = await get("/acme/executions?\(query)", cast)
                #expect(answer.status == 200 && answer.text.matches(of: #/data-row /#).count == count, "\(query)")
            }
            #expect(await get("/acme/executions?status=failed,timeout", cast).text.contains("No failed executions"))
            #expect(await get("/acme/executions", cast).text.contains("Weekly &lt;report&gt;"))
            for query in [
                "status=done", "status=failed,", "reason=x", "trigger=x", "job=none", "job=key:none", "since=yesterday", "until=0",
                "range=year",
                "cursor=x", "cursor=1-exe_1", "limit=9", "tag=\(String(repeating: "a", count: 101))", "since=%ff", "status=%00",
            ] {
                let answer = await get("/acme/executions?\(query)", cast)
                #expect(answer.status == 422 && answer.text.contains("class=\"complaints\""), "\(query)")
            }
            let typed = await get("/acme/executions?since=yesterday&tag=nightly", cast)
            #expect(typed.text.contains("value=\"yesterday\"") && typed.text.contains("value=\"nightly\""), "what was typed is kept")
        }
    }

    @Test func aPageLeadsToTheOlderOnesWithItsFilterAndAPartComesAlone() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let job = try await cast.job(["schedule": .null, "overlap": "allow", "tags": ["t"]])
            for _ in 0..<27 { _ = try await house.services.executions.trigger(job, override: [:], by: .api, for: cast.access) }
            let first = await get("/acme/executions?tag=t", cast)
            let next = String(try #require(first.text.firstMatch(of: /href="([^"]*)" rel="next"/)).1).replacing("&amp;", with: "&")
            #expect(first.text.matches(of: #/data-row /#).count == 25 && next.contains("tag=t"))
            let second = await get(next, cast)
            #expect(
                second.text.matches(of: #/data-row /#).count == 2 && second.text.contains(">Newest</a>")
                    && !second.text.contains("rel=\"next\""))
            let part = await get("/acme/executions?fragment=executionslive", cast)
            #expect(!part.text.contains("<html") && part.text.contains("<table"))
            #expect(await get("/acme/executions", cast, as: "Victor").text.contains("Replay these") == false)
        }
    }

    @Test func whatAViewerMayNotDoHasNoButton() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let id = try await cast.execution()
            let (viewer, member) = (await get("/acme/executions/\(id)", cast, as: "Victor"), await get("/acme/executions/\(id)", cast))
            #expect(
                !viewer.text.contains("/\(id)/cancel") && member.text.contains("/\(id)/cancel") && member.text.contains("/\(id)/reschedule")
            )
            #expect(member.text.contains("API, by alice@example.com"))
            #expect(await get("/acme/executions/\(id)?attempt=x", cast).status == 422)
            #expect(await get("/acme/executions/\(id)?attempt=9", cast).status == 200)
        }
    }

    @Test func whatWasAnsweredIsShownAsTextAndHandedOutAsAFile() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let id = try await cast.answeredExecution(Array("<script>alert(1)</script>".utf8), type: "text/html")
            let page = await get("/acme/executions/\(id)", cast)
            #expect(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.text.contains("<script>alert"))
            let file = await get("/acme/executions/\(id)/attempts/1/response", cast, as: "Victor")
            #expect(file.text == "<script>alert(1)</script>" && file["content-type"] == "application/octet-stream")
            #expect(file["content-disposition"]?.hasPrefix("attachment") == true && file["x-content-type-options"] == "nosniff")
            #expect(file["content-security-policy"]?.contains("sandbox") == true)
            for attempt in ["2", "0", "01", "x", "-1", "99999999999"] {
                #expect(await get("/acme/executions/\(id)/attempts/\(attempt)/response", cast).status == 404, "\(attempt)")
            }
        }
    }

    @Test func anExecutionIsMovedCancelledAndRunAgain() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let id = try await cast.execution()
            for at in ["", "soon", "2020-01-01T00:00", "2026-13-01T00:00", "9999-12-31T23:59"] {
                let answer = await post("/acme/executions/\(id)/reschedule", [("at", at)], cast)
                #expect(answer.status == 422 && answer.text.contains("aria-invalid"), "\(at)")
            }
            let soon = Timestamp.now().adding(.seconds(7_200)).rfc3339.prefix(16)
            let moved = await post("/acme/executions/\(id)/reschedule", [("at", String(soon))], cast)
            #expect(moved.status == 303 && flash(moved).contains(soon.replacing("T", with: " ")))
            #expect(await get("/acme/executions/\(id)", cast).text.contains("It is due in 1\u{A0}h"))
            #expect(flash(await post("/acme/executions/\(id)/retry", [], cast)).hasPrefix("It has not ended yet"))
            #expect(flash(await post("/acme/executions/\(id)/cancel", [], cast)) == "It is cancelled.")
            let page = await get("/acme/executions/\(id)", cast)
            #expect(page.text.contains("It was cancelled. Run it again if it is still wanted.") && page.text.contains("bob@example.com"))
            #expect(flash(await post("/acme/executions/\(id)/cancel", [], cast)).hasPrefix("It had ended already"))
            #expect(flash(await post("/acme/executions/\(id)/reschedule", [("at", String(soon))], cast)).hasPrefix("It had ended already"))
            let again = await post("/acme/executions/\(id)/retry", [("body", "{\"a\":1}\r\n"), ("reason", "Wrong <month>")], cast)
            let new = await get(again.location, cast)
            #expect(
                new.text.contains("Run again, by bob@example.com: “Wrong &lt;month&gt;”") && new.text.contains("/acme/executions/\(id)\""))
            let override: JSON = try await house.database.query("SELECT override FROM queue").only("override")
            #expect(override == ["body": "{\"a\":1}\n", "reason": "Wrong <month>"])
            let long = await post("/acme/executions/\(id)/retry", [("reason", String(repeating: "a", count: 501))], cast)
            #expect(long.status == 422 && long.text.contains("aria-invalid"))
        }
    }

    @Test func aReplayIsCountedBeforeItIsStarted() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let job = try await cast.job(["schedule": .null, "overlap": "allow", "tags": ["t"]])
            for _ in 0..<2 {
                let execution = try await house.services.executions.trigger(job, override: [:], by: .api, for: cast.access)
                _ = try await house.services.executions.cancel(execution, for: cast.access)
            }
            let none = await get("/acme/executions/replay", cast)
            #expect(none.status == 200 && none.text.contains("No execution would run again.") && !none.text.contains("class=\"primary\""))
            let query = "status=cancelled,pending&tag=t&rate=60"
            let counted = await get("/acme/executions/replay?\(query)", cast)
            #expect(counted.text.contains("2 executions would run again") && counted.text.contains("begins in about 1\u{A0}s"))
            let fields = [("status", "cancelled"), ("tag", "t"), ("rate", "60"), ("superseded", "skip")]
            let started = await post("/acme/executions/replay", fields, cast)
            #expect(started.location == "/acme/executions?trigger=replay" && flash(started).hasPrefix("2 executions run again, the last"))
            #expect(await get(started.location, cast).text.matches(of: #/data-row /#).count == 2)
            #expect(flash(await post("/acme/executions/replay", fields, cast)) == "Nothing is run again: 2 run again already.")
            for wrong in ["rate=0", "rate=x", "rate=60001", "superseded=x", "status=x", "job=none", "x=1", "since=x"] {
                #expect(await get("/acme/executions/replay?\(wrong)", cast).status == 422, "\(wrong)")
            }
            #expect(await post("/acme/executions/replay", [("rate", "0")], cast).status == 422)
        }
    }
}
