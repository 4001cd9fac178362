import JSON
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// What a job's form refuses, and how it says so.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct JobFormRefusalTests {
    @Test func whatIsWrongIsSaidBesideItAndNothingIsLost() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let mistakes: [(name: String, text: String, status: Int, place: String)] = [
                ("config_url", "ftp://x", 422, "config_url"), ("config_url", "", 422, "config_url"),
                ("config_method", "TRACE", 422, "config_method"), ("config_headers", "no colon", 422, "config_headers"),
                ("config_headers", "Host: a", 422, "config_headers"), ("config_headers", "X-A: 1\r\nX-A: 2", 422, "config_headers"),
                ("config_body", String(repeating: "x", count: 262_145), 422, "config_body"),
                ("name", String(repeating: "n", count: 201), 422, "name"),
                ("key", "Not A Key", 422, "key"), ("tags", String(repeating: "t", count: 51), 422, "tags"),
                ("timeout_ms", "soon", 422, "timeout_ms"), ("timeout_ms", "0", 422, "timeout_ms"), ("timeout_ms", "301", 402, "timeout_ms"),
                ("retries_limit", "11", 422, "retries_limit"), ("retries_initial", "x", 422, "retries_initial"),
                ("missed_limit", "1.5", 422, "missed_limit"), ("start_deadline", "never", 422, "start_deadline"),
                ("success_status", "2xx, 999", 422, "success_status"), ("success_json", "/a", 422, "success_json"),
                ("success_max_duration_ms", "-1", 422, "success_max_duration_ms"), ("paused_until", "tomorrow", 422, "paused_until"),
                ("schedule_every", "", 422, "schedule_every"), ("schedule_every", "0", 422, "schedule_every"),
                ("schedule_unit", "s", 402, "schedule_every"), ("schedule_starts_at", "x", 422, "schedule_starts_at"),
                ("schedule_ends_at", "2020-01-01T00:00", 422, "schedule_ends_at"), ("schedule_kind", "daily", 422, "schedule_time"),
                ("schedule_kind", "weekly", 422, "schedule_days"), ("schedule_kind", "cron", 422, "schedule_cron"),
                ("schedule_kind", "at", 422, "schedule_at"), ("schedule_kind", "delay", 422, "schedule_delay"),
                ("schedule_kind", "often", 422, "schedule_kind"), ("schedule_timezone", "Mars", 422, "schedule_timezone"),
            ]
            let new = try await cast.newJobForm()
            for (name, text, status, place) in mistakes {
                var form = new
                form.set("config_url", "https://example.com/")
                form.set("schedule_days")
                form.set("schedule_time", name == "schedule_kind" && text == "daily" ? "" : "08:00")
                form.set(name, text)
                let answer = await cast.send(form)
                let ids = answer.text.matches(of: /class="error" id="form-([a-z_]+)-error"/).map { String($0.1) }
                #expect(answer.status == status && ids == [place], "\(name) = \(text.prefix(20)): \(answer.status) \(ids)")
                let focus = answer.text.firstMatch(of: /<(?:input|select|textarea|fieldset)[^>]* autofocus/)
                #expect(focus.map { $0.0.contains("form-\(place)-error") } == true, "\(name)")
                let shown = try #require(PageForm(answer.text))
                for field in Set(form.fields.map(\.0))
                where field != "_token" && !(field == name && ["config_method", "schedule_kind"].contains(field)) {
                    #expect(shown[field] == form[field], "\(field) when \(name) is wrong")
                }
            }
            var form = new
            form.set("config_url", "https://example.com/")
            form.set("is_admin", "true")
            let answer = await cast.send(form)
            #expect(answer.status == 422 && answer.text.contains("no field “is_admin”"))
        }
    }

    @Test func whatSomebodyElseHasSavedIsShownBesideAndEitherCanBeKept() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let id = try await cast.job(["config": ["url": "https://example.com/a"]]).id.text
            var mine = try await cast.jobForm(id)
            mine.set("name", "Mine")
            _ = await house.send(cast["key to write"].call("PATCH", "/api/jobs/\(id)", json: #"{"name":"Theirs","tags":["x"]}"#))
            let answer = await cast.send(mine)
            #expect(answer.status == 409 && answer.text.contains("Somebody else has changed this job"))
            #expect(answer.text.contains("<td data-label=\"Saved meanwhile\">Theirs</td><td data-label=\"Yours\">Mine</td>"))
            #expect(await cast.jobByAPI(id)["name"] == "Theirs", "nothing is saved yet")
            let again = try #require(PageForm(answer.text))
            #expect(again["name"] == ["Mine"])
            _ = try cast.job(madeBy: await cast.send(again))
            #expect(await cast.jobByAPI(id)["name"] == "Mine")
            #expect(await cast.jobByAPI(id)["tags"] == [], "as the form says")
        }
    }
}
