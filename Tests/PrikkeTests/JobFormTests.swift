import JSON
import Postgres
import Scheduling
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// The form of a job: what is written in it is what the API says, and the other way round.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct JobFormTests {
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
        ("paused", ["true"], ["enabled"], false),
        ("paused_until", ["2031-01-01T00:00"], ["paused_until"], "2031-01-01T00:00:00.000000Z"),
    ]

    @Test func everyControlIsSavedAndShownAsItIsSaved() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let new = try await cast.newJobForm()
            var all = new
            let controls = Set(all.fields.map(\.0)).union(["paused", "config_follow_redirects"])
                .subtracting(["alerts_channels"])
            #expect(controls.filter { !$0.hasPrefix("schedule_") && !$0.hasPrefix("_") && $0 != "plugin" } == Set(Self.written.map(\.name)))
            for (name, typed, _, _) in Self.written { all.set(name, typed[0]) }
            let owners = try #require(try await house.services.channels.all(for: cast.access).first).id.text
            all.set("alerts_channels", owners)
            let id = try cast.job(madeBy: await cast.send(all))
            let said = await cast.jobByAPI(id)
            for (name, _, pointer, value) in Self.written {
                #expect(pointer.reduce(Optional(said)) { $0?[$1] } == value, "\(name)")
            }
            #expect(said["alerts"] == ["after": 2, "channels": [.string(owners)]])
            let shown = try await cast.jobForm(id)
            #expect(shown["alerts_channels"] == [owners])
            try await checkThatSavingChangesNothing(id, shown, cast)
            for (name, typed, _, _) in Self.written where !["config_headers", "success_json"].contains(name) {
                #expect(shown[name] == typed, "\(name)")
            }
            let headers = shown["config_headers"].joined().split(separator: "\r\n")
            #expect(Set(headers) == ["X-Team: ops: all", "Authorization: ***", "X-Empty: "])
            for (typed, said) in Self.schedules { try await check(typed, said, in: new, cast) }
        }
    }

    private func check(_ typed: [(String, [String])], _ said: JSON?, in new: PageForm, _ cast: Cast) async throws {
        var form = new
        form.set("config_url", "https://example.com/")
        form.set("schedule_days")
        for (name, values) in typed { form.set("schedule_\(name)"); form.fields += values.map { ("schedule_\(name)", $0) } }
        let id = try cast.job(madeBy: await cast.send(form))
        let schedule = await cast.jobByAPI(id)["schedule"]
        if let said { #expect(schedule == said) } else { #expect(schedule?["at"] != nil) }
        let shown = try await cast.jobForm(id)
        for (name, values) in typed where !["resolve", "delay"].contains(name) && typed[0].1 != ["delay"] {
            #expect(Set(shown["schedule_\(name)"]) == Set(values), "\(name) of \(typed)")
        }
        try await checkThatSavingChangesNothing(id, shown, cast)
    }

    private func checkThatSavingChangesNothing(_ id: String, _ form: PageForm, _ cast: Cast) async throws {
        let before = await cast.house.send(cast["key to read"].call("GET", "/api/jobs/\(id)"))
        #expect(try cast.job(madeBy: await cast.send(form)) == id)
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
                var form = try await cast.jobForm(id)
                try await checkThatSavingChangesNothing(id, form, cast)
                let before = await cast.jobByAPI(id)
                form.set("name", "Renamed")
                _ = try cast.job(madeBy: await cast.send(form))
                let after = await cast.jobByAPI(id)
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
            var form = try await cast.newJobForm()
            form.set("config_url", "https://example.com/")
            let byForm = await cast.jobByAPI(try cast.job(madeBy: await cast.send(form))).object ?? [:]
            let body = #"{"config":{"url":"https://example.com/"},"schedule":{"every":"1h"}}"#
            let byAPI = await house.send(cast["key to write"].call("POST", "/api/jobs", json: body)).json
            for (name, value) in byForm where !["id", "created_at", "updated_at", "next_run_at"].contains(name) {
                #expect(byAPI[name] == value, "\(name)")
            }
        }
    }
}
