import JSON
import Postgres
import Scheduling
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// The form of a job: what is written in it is what the API says, and the other way round.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct JobFormTests {
    /// The id of the job that an answer leads to.
    private func job(_ answer: Answer) throws -> String {
        #expect(answer.status == 303, "\(answer.text.matches(of: /class="(?:error|bad)"[^>]*>([^<]*)/).map(\.1))")
        return try #require(answer.location.split(separator: "/").last.map(String.init))
    }

    private func form(_ job: String, _ cast: Cast) async throws -> PageForm {
        let page = await cast.house.send(cast["Bob"].call("GET", "/acme/jobs/\(job)/edit"))
        #expect(page.status == 200)
        return try #require(PageForm(page.text))
    }

    private func api(_ job: String, _ cast: Cast) async -> JSON {
        await cast.house.send(cast["key to read"].call("GET", "/api/jobs/\(job)")).json
    }

    private func post(_ form: PageForm, to path: String? = nil, _ cast: Cast) async -> Answer {
        await cast.house.send(cast["Bob"].call("POST", path ?? form.path, form.fields.filter { $0.0 != "_token" }))
    }

    private func new(_ cast: Cast) async throws -> PageForm {
        let page = await cast.house.send(cast["Bob"].call("GET", "/acme/jobs/new"))
        #expect(page.status == 200 && page.text.utf8.count < 30_000, "\(page.text.utf8.count)")
        return try #require(PageForm(page.text))
    }

    // MARK: - Round trips

    /// Each kind of schedule as it is chosen, and what the API says of it.
    private static let schedules: [(typed: [(String, [String])], said: JSON?)] = [
        ([("kind", ["every"]), ("every", ["15"]), ("unit", ["m"])], ["every": "15m"]),
        (
            [("kind", ["every"]), ("every", ["2"]), ("unit", ["d"]), ("anchor", ["2026-01-01T00:00"]), ("timezone", ["UTC"])],
            ["every": "2d", "anchor": "2026-01-01T00:00:00.000000Z"]
        ),
        ([("kind", ["daily"]), ("time", ["23:05"]), ("timezone", ["Europe/Oslo"])], ["cron": "5 23 * * *", "timezone": "Europe/Oslo"]),
        ([("kind", ["weekly"]), ("days", ["1", "0"]), ("time", ["08:00"])], ["cron": "0 8 * * 1,0", "timezone": "UTC"]),
        ([("kind", ["weekly"]), ("days", ["5", "4", "3", "2", "1"])], ["cron": "0 8 * * 1-5", "timezone": "UTC"]),
        ([("kind", ["monthly"]), ("day", ["L"]), ("time", ["00:00"])], ["cron": "0 0 L * *", "timezone": "UTC"]),
        (
            [("kind", ["cron"]), ("cron", ["0 */10 9-17 * * mon-fri"]), ("seconds", ["true"]), ("timezone", ["America/New_York"])],
            ["cron": "0 */10 9-17 * * mon-fri", "seconds": true, "timezone": "America/New_York"]
        ),
        (
            [
                ("kind", ["cron"]), ("cron", ["@hourly"]), ("timezone", ["Europe/Oslo"]), ("starts_at", ["2030-07-01T00:00"]),
                ("ends_at", ["2031-01-01T12:30:15"]),
            ],
            [
                "cron": "@hourly", "timezone": "Europe/Oslo", "starts_at": "2030-06-30T22:00:00.000000Z",
                "ends_at": "2031-01-01T11:30:15.000000Z",
            ]
        ),
        (
            [("kind", ["at"]), ("at", ["2030-10-27T02:30"]), ("resolve", ["later"]), ("timezone", ["Europe/Oslo"])],
            ["at": "2030-10-27T01:30:00.000000Z", "timezone": "Europe/Oslo"]
        ),
        ([("kind", ["delay"]), ("delay", ["10m"])], nil), ([("kind", ["none"])], .null),
    ]

    /// All else that can be written, as it is written, and what the API says of it.
    private static let written: [(name: String, typed: [String], pointer: [String], said: JSON)] = [
        ("config_url", ["https://example.com/hook?a=b"], ["config", "url"], "https://example.com/hook?a=b"),
        ("config_method", ["PUT"], ["config", "method"], "PUT"),
        (
            "config_headers", ["X-Team: ops: all\r\nAuthorization: Bearer \"q\"\r\nX-Empty:"], ["config", "headers"],
            ["X-Team": "ops: all", "Authorization": "***", "X-Empty": ""]
        ),
        ("config_secret_headers", ["X-Own\r\nX-Other"], ["config", "secret_headers"], ["X-Own", "X-Other"]),
        ("config_body", ["\r\n{\"a\": \"<b>&amp;\"}\r\n  "], ["config", "body"], "\n{\"a\": \"<b>&amp;\"}\n  "),
        ("config_body_encoding", ["text"], ["config", "body_encoding"], "text"),
        ("config_follow_redirects", ["true"], ["config", "follow_redirects"], true),
        ("name", ["Söhne & \"Co\" <b>"], ["name"], "Söhne & \"Co\" <b>"), ("key", ["exports/nightly"], ["key"], "exports/nightly"),
        ("tags", ["a, \"b, c\", d e"], ["tags"], ["a", "b, c", "d e"]), ("timeout_ms", ["12.5"], ["timeout_ms"], 12_500),
        ("retries_limit", ["3"], ["retries", "limit"], 3), ("retries_backoff", ["list"], ["retries", "backoff"], ["30s", "5m"]),
        ("retries_waits", ["30s, 5m"], ["retries", "backoff"], ["30s", "5m"]), ("retries_initial", ["1m"], ["retries", "initial"], "1m"),
        ("retries_maximum", ["2h"], ["retries", "maximum"], "2h"), ("missed", ["all"], ["missed"], "all"),
        ("missed_limit", ["7"], ["missed_limit"], 7), ("start_deadline", ["90s"], ["start_deadline"], "90s"),
        ("overlap", ["skip"], ["overlap"], "skip"),
        ("success_status", ["2xx, 304, 400-404"], ["success", "status"], ["2xx", 304, "400-404"]),
        ("success_body_contains", ["all\r\ndone"], ["success", "body_contains"], "all\ndone"),
        (
            "success_json", ["/state = \"done\"\r\n/n = 3\r\n/x = null\r\n\"/a=b\" = {\"c\":[1,2]}\r\n/t = plain"], ["success", "json"],
            ["/state": "done", "/n": 3, "/x": nil, "/a=b": ["c": [1, 2]], "/t": "plain"]
        ),
        ("success_max_duration_ms", ["1.001"], ["success", "max_duration_ms"], 1_001), ("alerts", ["own"], ["alerts", "after"], 2),
        ("alerts_after", ["2"], ["alerts", "after"], 2),
        ("alerts_channels", ["chn_1, chn_2"], ["alerts", "channels"], ["chn_1", "chn_2"]),
        ("paused", ["true"], ["enabled"], false),
        ("paused_until", ["2031-01-01T00:00"], ["paused_until"], "2031-01-01T00:00:00.000000Z"),
    ]

    @Test func everyControlIsSavedAndShownAsItIsSaved() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            var all = try await new(cast)
            let controls = Set(all.fields.map(\.0)).union(["paused", "config_follow_redirects"])
            #expect(controls.filter { !$0.hasPrefix("schedule_") && !$0.hasPrefix("_") && $0 != "plugin" } == Set(Self.written.map(\.name)))
            for (name, typed, _, _) in Self.written { all.set(name, typed[0]) }
            let id = try job(await post(all, cast))
            let said = await api(id, cast)
            for (name, _, pointer, value) in Self.written {
                #expect(pointer.reduce(Optional(said)) { $0?[$1] } == value, "\(name)")
            }
            try await checkThatSavingChangesNothing(id, cast)
            let shown = try await form(id, cast)
            for (name, typed, _, _) in Self.written where !["config_headers", "success_json"].contains(name) {
                #expect(shown[name] == typed, "\(name)")
            }
            #expect(shown["config_headers"] == ["X-Team: ops: all\r\nAuthorization: ***\r\nX-Empty: "])
            for (typed, said) in Self.schedules { try await check(typed, said, cast) }
        }
    }

    private func check(_ typed: [(String, [String])], _ said: JSON?, _ cast: Cast) async throws {
        var form = try await new(cast)
        form.set("config_url", "https://example.com/")
        form.set("schedule_days")
        for (name, values) in typed { form.set("schedule_\(name)"); form.fields += values.map { ("schedule_\(name)", $0) } }
        let id = try job(await post(form, cast))
        let schedule = await api(id, cast)["schedule"]
        if let said { #expect(schedule == said) } else { #expect(schedule?["at"] != nil) }
        let shown = try await self.form(id, cast)
        for (name, values) in typed where !["resolve", "delay"].contains(name) && typed[0].1 != ["delay"] {
            #expect(Set(shown["schedule_\(name)"]) == Set(values), "\(name) of \(typed)")
        }
        try await checkThatSavingChangesNothing(id, cast)
    }

    private func checkThatSavingChangesNothing(_ id: String, _ cast: Cast) async throws {
        let before = await cast.house.send(cast["key to read"].call("GET", "/api/jobs/\(id)"))
        #expect(try await job(post(form(id, cast), cast)) == id)
        let after = await cast.house.send(cast["key to read"].call("GET", "/api/jobs/\(id)"))
        #expect(after["etag"] == before["etag"] && after.json == before.json, "\(before.text)")
    }

    /// What only the API can say stays as it is, also where something else is changed.
    @Test func whatTheAPISaidIsNotTouched() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let odd: [JSONObject] = [
                ["config": ["url": "https://example.com/", "body": "a\r\nb\rc", "headers": ["X-A": "\"q\"", "X-B": ""]]],
                ["config": ["url": "https://example.com/", "body": ""], "alerts": "inherit", "success": ["status": ["404", 404]]],
                ["config": ["url": "https://example.com/", "body": .null, "secret_headers": []], "alerts": ["after": 3, "channels": []]],
                ["schedule": ["cron": "00  8 * * 1,2", "seconds": false, "timezone": "Europe/Oslo"], "tags": ["a,b", "\"", " c "]],
                ["schedule": ["every": "60m", "timezone": "Asia/Tokyo", "starts_at": "2030-01-01T00:00:00.123456+01:00"]],
                ["schedule": .null, "success": ["json": ["": 1, "/a = b": nil, " /c": "x\ny"]], "retries": ["backoff": ["1s", "60s"]]],
                ["paused_until": "2031-01-01T00:00:00.5Z", "start_deadline": "120s", "timeout_ms": 1_234],
            ]
            for members in odd {
                let id = try await cast.job(members).id.text
                try await checkThatSavingChangesNothing(id, cast)
                let before = await api(id, cast)
                var form = try await form(id, cast)
                form.set("name", "Renamed")
                _ = try job(await post(form, cast))
                let after = await api(id, cast)
                for (name, value) in before.object ?? [:] where !["name", "updated_at", "next_run_at"].contains(name) {
                    #expect(after[name] == value, "\(name) of \(members)")
                }
                #expect(after["name"] == "Renamed")
            }
        }
    }

    @Test func aFormWithNothingButAnAddressIsWhatTheAPIMakesOfIt() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            var form = try await new(cast)
            form.set("config_url", "https://example.com/")
            let byForm = await api(try job(await post(form, cast)), cast).object ?? [:]
            let body = #"{"config":{"url":"https://example.com/"},"schedule":{"every":"1h"}}"#
            let byAPI = await house.send(cast["key to write"].call("POST", "/api/jobs", json: body)).json
            for (name, value) in byForm where !["id", "created_at", "updated_at", "next_run_at"].contains(name) {
                #expect(byAPI[name] == value, "\(name)")
            }
        }
    }

    // MARK: - What is wrong

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
            for (name, text, status, place) in mistakes {
                var form = try await new(cast)
                form.set("config_url", "https://example.com/")
                form.set("schedule_days")
                form.set("schedule_time", name == "schedule_kind" && text == "daily" ? "" : "08:00")
                form.set(name, text)
                let answer = await post(form, cast)
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
            var form = try await new(cast)
            form.set("config_url", "https://example.com/")
            form.set("is_admin", "true")
            let answer = await post(form, cast)
            #expect(answer.status == 422 && answer.text.contains("no field “is_admin”"))
        }
    }

    @Test func whatSomebodyElseHasSavedIsShownBesideAndEitherCanBeKept() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let id = try await cast.job(["config": ["url": "https://example.com/a"]]).id.text
            var mine = try await form(id, cast)
            mine.set("name", "Mine")
            _ = await house.send(cast["key to write"].call("PATCH", "/api/jobs/\(id)", json: #"{"name":"Theirs","tags":["x"]}"#))
            let answer = await post(mine, cast)
            #expect(answer.status == 409 && answer.text.contains("Somebody else has changed this job"))
            #expect(answer.text.contains("<td data-label=\"Saved meanwhile\">Theirs</td><td data-label=\"Yours\">Mine</td>"))
            #expect(await api(id, cast)["name"] == "Theirs", "nothing is saved yet")
            let again = try #require(PageForm(answer.text))
            #expect(again["name"] == ["Mine"])
            _ = try job(await post(again, cast))
            #expect(await api(id, cast)["name"] == "Mine")
            #expect(await api(id, cast)["tags"] == [], "as the form says")
        }
    }
}
