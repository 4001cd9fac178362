import JSON
import Testing
import Time

@testable import Scheduling

@Suite struct JobScheduleTests {
    private static let schedules: [(String, String)] = [
        (#"{"cron": "61 * * * *"}"#, "/schedule/cron invalid_cron"), (#"{"cron": "0 2 31 2 *"}"#, "/schedule/cron invalid_cron"),
        (#"{"cron": "0 2 * * * *"}"#, "/schedule/cron invalid_cron"), (#"{}"#, "/schedule required"),
        (#"{"cron": "0 2 * * *", "timezone": "GMT+3"}"#, "/schedule/timezone invalid_format"),
        (#"{"cron": "0 2 * * *", "timezone": "europe/oslo"}"#, "/schedule/timezone invalid_format"),
        (#"{"cron": "0 2 * * *", "every": "5m"}"#, "/schedule/every not_allowed"), (#"{"every": "0s"}"#, "/schedule/every out_of_range"),
        (#"{"every": "367d"}"#, "/schedule/every out_of_range"), (#"{"every": "5 min"}"#, "/schedule/every invalid_format"),
        (#"{"every": "5m", "anchor": "yesterday at eight o'clock"}"#, "/schedule/anchor invalid_format"),
        (#"{"cron": "0 2 * * *", "anchor": "2026-06-01T00:00:00Z"}"#, "/schedule/anchor not_allowed"),
        (#"{"every": "5m", "seconds": true}"#, "/schedule/seconds not_allowed"),
        (#"{"every": "5m", "resolve": "later"}"#, "/schedule/resolve not_allowed"),
        (#"{"every": "5m", "starts_at": "2026-06-02T00:00:00Z", "ends_at": "2026-06-02T00:00:00Z"}"#, "/schedule/ends_at out_of_range"),
        (#"{"at": "tomorrow noon"}"#, "/schedule/at invalid_format"), (#"{"at": "2026-02-30T12:00:00"}"#, "/schedule/at invalid_format"),
        (#"{"delay": "400d"}"#, "/schedule/delay invalid_format"), (#"{"at": "2026-06-01T11:00:00Z"}"#, "/schedule/at out_of_range"),
        (#"{"every": "5m", "ends_at": "2026-06-01T12:00:00Z"}"#, "/schedule/ends_at out_of_range"),
    ]

    @Test(arguments: schedules) func aWrongScheduleIsNamed(text: String, fault: String) throws {
        #expect(faults(.call(try JSON(parsing: Array(text.utf8)))) == [fault])
    }

    @Test func aLocalTimeIsReadInTheSchedulesZoneElseInTheOrganizations() throws {
        #expect(
            try define(.call(["at": "2026-07-01T09:00:00", "timezone": "Europe/Oslo"])).schedule["at"] == "2026-07-01T07:00:00.000000Z")
        #expect(try define(.call(["at": "2026-07-01T09:00:00"]), zone: "Asia/Tokyo").schedule["at"] == "2026-07-01T00:00:00.000000Z")
        #expect(try define(.call(["at": "2026-07-01T09:00:00+05:00"]), zone: "Asia/Tokyo").schedule["at"] == "2026-07-01T04:00:00.000000Z")
    }

    @Test(arguments: [
        ("2027-03-28T02:30:00", "local_time_in_gap", "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"),
        ("2026-10-25T02:30:00", "local_time_ambiguous", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
    ])
    func aLocalTimeThatTheClockLeavesOutOrShowsTwiceNeedsAChoice(time: String, code: String, earlier: String, later: String) throws {
        let schedule: JSONObject = ["at": .string(time), "timezone": "Europe/Oslo"]
        let refusal = try #require(throws: InvalidInput.self) { try define(.call(.object(schedule))) }
        #expect(refusal.errors.map(\.pointer) == ["/schedule/at"] && refusal.errors.map(\.code) == [code])
        #expect(refusal.errors[0].detail.contains(earlier) && refusal.errors[0].detail.contains(later))
        for (choice, instant) in [("earlier", earlier), ("later", later)] {
            var chosen = schedule
            chosen["resolve"] = .string(choice)
            let stored = try define(.call(.object(chosen))).schedule
            #expect(stored["at"]?.string.flatMap { Timestamp(rfc3339: $0) } == Timestamp(rfc3339: instant))
            #expect(stored["resolve"] == nil)
        }
    }

    @Test func aDelayBecomesAnInstant() throws {
        let definition = try define(.call(["delay": "10m"]))
        #expect(definition.schedule == ["at": "2026-06-01T12:10:00.000000Z"])
        #expect(definition.standing(after: noon, isPending: false).next == noon.adding(.seconds(600)))
    }

    @Test func aCronExpressionGoesByItsZoneElseByTheOrganizations() throws {
        #expect(try define(.call(["cron": "0 9 * * *"]), zone: "Europe/Oslo").schedule["timezone"] == "Europe/Oslo")
        let definition = try define(.call(["cron": "0 9 * * *", "timezone": "Asia/Tokyo"]), zone: "Europe/Oslo")
        #expect(definition.standing(after: noon, isPending: false).next == Timestamp(rfc3339: "2026-06-02T00:00:00Z"))
    }

    @Test func everyCountsFromItsAnchorElseFromWhenItWasSet() throws {
        let free = try define(.call(["every": "7m"]))
        #expect(free.standing(after: noon.adding(.seconds(1)), isPending: false).next == noon.adding(.seconds(420)))
        let anchored = try define(.call(["every": "7m", "anchor": "2026-06-01T11:58:00Z"]))
        #expect(anchored.standing(after: noon, isPending: false).next == noon.adding(.seconds(300)))
    }

    @Test func aJobThatIsOffHasNoNextRunAndAPausedOneRunsFromItsEnd() throws {
        #expect(try define(.call(["every": "1h"], ["enabled": false])).standing(after: noon, isPending: false).next == nil)
        let paused = try define(.call(["every": "1h"], ["paused_until": "2026-06-01T15:00:00Z"]))
        #expect(paused.standing(after: noon, isPending: false).next == Timestamp(rfc3339: "2026-06-01T15:00:00Z"))
        #expect(
            paused.standing(after: noon.adding(.seconds(4 * 3_600)), isPending: false).next == Timestamp(rfc3339: "2026-06-01T17:00:00Z"))
    }

    /// Its zone may leave the data, as the old names do where `tzdata` comes without them.
    @Test func aScheduleWhoseZoneIsGoneIsNotReadAsUTC() throws {
        let zone = OwnZone()
        let cron: JSON = ["cron": "0 2 * * *", "timezone": .string(zone.name)]
        let every: JSON = ["every": "5m", "timezone": .string(zone.name)]
        #expect(JobSchedule.stored(cron, setAt: noon) != nil)
        zone.forget()
        #expect(JobSchedule.stored(cron, setAt: noon) == nil)
        #expect(JobSchedule.stored(every, setAt: noon) != nil, "its clock does not matter to an interval")
        #expect(faults(.call(["cron": "0 2 * * *"]), zone: zone.name) == ["/schedule/timezone invalid_format"])
    }
}
