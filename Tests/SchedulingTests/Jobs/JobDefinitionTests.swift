import JSON
import Postgres
import Testing
import Time

@testable import Scheduling

@Suite struct JobDefinitionTests {
    @Test func theNameIsTheTargetsHostUnlessGiven() throws {
        #expect(try define(.call()).name == "api.example.com")
        #expect(try define(.call(["every": "1h"], ["name": "Nightly"])).name == "Nightly")
    }

    @Test func theMethodIsPostWithABodyAndGetWithout() throws {
        func method(_ more: JSONObject) throws -> JSON? {
            var config: JSONObject = ["url": "https://api.example.com/"]
            for (key, value) in more { config[key] = value }
            return try define(["config": .object(config)]).config["method"]
        }
        #expect(try method([:]) == "GET")
        #expect(try method(["body": ""]) == "GET")
        #expect(try method(["body": nil]) == "GET")
        #expect(try method(["body": "x"]) == "POST")
        #expect(try method(["body": "x", "method": "PUT"]) == "PUT")
    }

    private static let retries: [(JSON, Int64)] = [
        (nil, 5), (["at": "2026-07-01T00:00:00Z"], 5), (["delay": "5m"], 5), (["every": "1h"], 0), (["cron": "0 2 * * *"], 0),
    ]

    @Test(arguments: retries) func retriesDependOnTheKindOfSchedule(schedule: JSON, limit: Int64) throws {
        let retries = try define(.call(schedule)).retries
        #expect(retries == ["limit": .integer(limit), "backoff": "exponential", "initial": "30s", "maximum": "1h"])
        #expect(try define(.call(schedule, ["retries": ["limit": 2]])).retries["limit"] == 2)
    }

    private static let drafts: [String] = [
        #"{}"#, #"{"schedule": {"every": "7m"}}"#, #"{"schedule": {"every": "7m", "anchor": "2026-06-01T11:58:00.123456Z"}}"#,
        #"{"schedule": {"cron": "0 2 * * 1-5", "timezone": "Europe/Oslo"}}"#, #"{"schedule": {"cron": "*/10 * * * * *", "seconds": true}}"#,
        #"{"schedule": {"at": "2026-07-01T09:00:00", "timezone": "Europe/Oslo"}}"#, #"{"schedule": {"delay": "90s"}}"#,
        #"{"schedule": {"every": "1d", "starts_at": "2026-06-01T00:00:00+02:00", "ends_at": "2027-01-01T00:00:00Z"}}"#,
        #"{"key": "exports/nightly", "name": "Nightly ✨", "timeout_ms": 12345, "retries": {"limit": 3, "backoff": ["10s", "1m"]}}"#,
        #"{"schedule": {"every": "1h"}, "missed": "all", "missed_limit": 7, "start_deadline": "90s", "overlap": "skip"}"#,
        #"{"success": {"status": [200, "3xx", "400-404"], "body_contains": "ok\n", "json": {"/a/0": {"b": 1.5}}, "max_duration_ms": 900}}"#,
        #"{"enabled": false, "paused_until": "2026-06-02T00:00:00.5+01:00", "tags": ["a", "b"], "alerts": {"after": 2}}"#,
        #"{"schedule": {"every": "1h"}, "start_deadline": "366d", "alerts": "off"}"#,
        #"{"config": {"url": "http://example.com:8080/a?b=c#d", "headers": {"X-Team": "ops"}, "body": "aGk=", "body_encoding": "base64"}}"#,
    ]

    /// What a job is answered with, less what only we say, is a draft that changes nothing, at any later time.
    @Test(arguments: drafts) func whatIsAnsweredCanBeSentBack(text: String) throws {
        let members = try #require(try JSON(parsing: Array(text.utf8)).object)
        let definition = try define(.call(nil, members))
        let job = Job(
            id: ID(), definition: definition, version: 1, health: "healthy", nextRunAt: nil, setAside: nil, passedOverFrom: nil,
            pausedByTarget: nil,
            lastExecution: nil, managedBy: nil, createdAt: noon, updatedAt: noon)
        var answered = try #require(job.json(now: noon).object)
        for field in JobShape.answered { answered[field.name] = nil }
        let again = try define(JSON(parsing: JSON.object(answered).bytes()), now: noon.adding(.seconds(777)), changing: definition)
        #expect(JSON.object(again.members) == JSON.object(definition.members))
        #expect(again.scheduleSetAt == definition.scheduleSetAt && again.shortestIntervalMs == definition.shortestIntervalMs)
    }

    @Test func aJobIsAnsweredWithEveryMemberOfItsShape() throws {
        let job = Job(
            id: ID(), definition: try define(.call(["cron": "0 2 1 * 1"])), version: 1, health: "failing", nextRunAt: noon,
            setAside: "Why.", passedOverFrom: nil, pausedByTarget: nil,
            lastExecution: (ID(), "failed"), managedBy: "sync", createdAt: noon, updatedAt: noon)
        let json = job.json(now: noon)
        #expect(json["health"] == "failing" && json["next_run_at"] == "2026-06-01T12:00:00.000000Z")
        #expect(json["last_execution"]?["status"] == "failed")
        #expect(json["warnings"]?.array?.compactMap { $0["code"]?.string } == ["dom_and_dow_or", "set_aside"])
        #expect(json["schedule_in_words"]?.string?.contains("02:00") == true)
        #expect(json.object?.keys.count == JobShape.answered.count + 16)
    }
}
