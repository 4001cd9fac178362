import Testing
import Time

@Suite struct PreviewTests {
    private func schedule(_ text: String, _ id: String = "Europe/Oslo") throws -> Schedule {
        Schedule(.cron(try CronExpression(text)), zone: try #require(ZoneRules.named(id)))
    }

    private func local(_ text: String) throws -> LocalTime { try #require(LocalTime(text)) }

    @Test func aTimeInAGapIsMarkedOnTheRunAtItsEnd() throws {
        let shown = try schedule("30 2 * * *").preview(after: try #require(Timestamp(rfc3339: "2026-03-28T12:00:00Z")), count: 1)
        #expect(shown[0].mark == .gap(instead: try local("2026-03-29T02:30:00")))
        #expect(shown[0].sentence == "The clock leaves out 02:30 that day; the run is at the end of the gap.")
        #expect(shown[0].rfc3339Local == "2026-03-29T03:00:00+02:00")
    }

    @Test func theTimeAtTheGapsEndIsOneOfThoseOnOneInstant() throws {
        let shown = try schedule("30 2,3 * * *").preview(after: try #require(Timestamp(rfc3339: "2026-03-28T12:00:00Z")), count: 2)
        #expect(shown.map(\.mark) == [.gap(instead: try local("2026-03-29T02:30:00")), nil])
        let both = try schedule("0 2,3 * * *").preview(after: try #require(Timestamp(rfc3339: "2026-03-28T12:00:00Z")), count: 1)
        #expect(both[0].mark == .coalesced(times: [try local("2026-03-29T02:00:00"), try local("2026-03-29T03:00:00")], count: 2))
        #expect(both[0].sentence == "02:00 and 03:00 fall on this instant, because the clock leaves some out; it is one run.")
    }

    @Test func ofManyTimesOnOneInstantTheNumberIsTold() throws {
        let shown = try schedule("0-59 2 * * *").preview(after: try #require(Timestamp(rfc3339: "2026-03-28T12:00:00Z")), count: 1)
        guard case .coalesced(let times, 60)? = shown[0].mark else { throw Unexpected(mark: shown[0].mark) }
        #expect(times.count == 10)
        #expect(shown[0].sentence?.hasPrefix("60 times, from 02:00 on,") == true)
    }

    private struct Unexpected: Error {
        let mark: Occurrence.Mark?
    }

    @Test(arguments: [
        ("0 0 * * *", true), ("@hourly", false), ("@weekly", true), ("0 2 * * 1-5", false), ("5 0 * * *", false), ("*/15 * * * *", false),
    ])
    func theCrowdAtMidnightIsWarnedOf(text: String, isCrowded: Bool) throws {
        #expect(try CronExpression(text).warnings.contains { $0.code == .crowdedMinute } == isCrowded)
    }

    @Test func aGapIsMarkedWithTheTimesItSwallowed() throws {
        let shown = try schedule("0,30 2 * * *").preview(after: try #require(Timestamp(rfc3339: "2026-03-28T12:00:00Z")), count: 2)
        #expect(shown[0].mark == .coalesced(times: [try local("2026-03-29T02:00:00"), try local("2026-03-29T02:30:00")], count: 2))
        #expect(shown[0].local == (try local("2026-03-29T03:00:00")))
        #expect(shown[0].offset == 7200)
        #expect(shown[1].mark == nil)
        #expect(shown[1].local == (try local("2026-03-30T02:00:00")))
    }

    @Test func aRepeatedHourIsMarkedOnBothPassings() throws {
        let start = try #require(Timestamp(rfc3339: "2026-10-24T23:00:00Z"))
        let wildcard = try schedule("*/30 2 * * *").preview(after: start, count: 5)
        #expect(wildcard.map(\.mark) == [.firstPassing, .firstPassing, .secondPassing, .secondPassing, nil])
        #expect(wildcard.map(\.offset) == [7200, 7200, 3600, 3600, 3600])
        #expect(try schedule("30 2 * * *").preview(after: start, count: 2).map(\.mark) == [.firstPassing, nil])
        #expect(try schedule("30 2 * * *").preview(after: start, count: 0).isEmpty)
        #expect(Schedule(.onDemand).preview(after: start, count: 3).isEmpty)
    }

    @Test(arguments: [
        ("30 2 * * *", "Europe/Oslo", ["dst_gap", "dst_fold"]), ("30 4 * * *", "Europe/Oslo", []), ("0 3 * * *", "Europe/Oslo", []),
        ("*/15 * * * *", "Europe/Oslo", []), ("*/15 2 * * *", "Europe/Oslo", ["dst_gap", "dst_fold"]), ("30 2 * * 1-5", "Europe/Oslo", []),
        ("30 2 * * *", "Asia/Tokyo", []), ("0 9 13 * fri", "UTC", ["dom_and_dow_or"]), ("15 2 * * *", "Australia/Lord_Howe", ["dst_gap"]),
        ("45 1 * * *", "Australia/Lord_Howe", ["dst_fold"]), ("30 2 29 3 *", "Europe/Oslo", ["dst_gap"]),
    ])
    func clockChangesOfTheNextYearWarn(text: String, id: String, codes: [String]) throws {
        let start = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        #expect(try schedule(text, id).warnings(from: start).map(\.code.rawValue).sorted() == codes.sorted())
    }

    @Test func aWarningSaysWhatWillHappen() throws {
        let start = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        #expect(
            try schedule("30 2 * * *").warnings(from: start).map(\.sentence) == [
                "The clock in Europe/Oslo goes from 2026-03-29T02:00:00 to 2026-03-29T03:00:00: what is due in between runs once, at the end of the gap.",
                "The clock in Europe/Oslo goes from 2026-10-25T03:00:00 to 2026-10-25T02:00:00: what is due in between runs once, the first time.",
            ])
        #expect(
            try schedule("*/5 2 * * *").warnings(from: start).map(\.sentence).first?.hasSuffix("what is due in between does not run.")
                == true)
    }
}
