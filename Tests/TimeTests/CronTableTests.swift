import Foundation
import Testing
import Time

/// `cases.tsv`: 743 cases in 30 zones, around clock changes, month ends and leap days. The answers were worked out by a
/// program in another language that steps through the minutes (for six fields, the seconds) with the zone data of the system.
/// No case stands on a rule that a release of that data has changed since: it must hold with an old one and with a new one.
@Suite struct CronTableTests {
    @Test func theTableIsAnsweredWordForWord() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cases.tsv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 743)
        for line in lines {
            let parts = line.split(separator: "\t").map(String.init)
            let expression = try CronExpression(parts[0], seconds: parts[1] == "seconds")
            let zone = try #require(ZoneRules.named(parts[2]))
            let start = try #require(Timestamp(rfc3339: parts[3]))
            let expected = parts[4].split(separator: " ").map(String.init)
            var (found, after): ([String], Timestamp) = ([], start)
            for _ in expected {
                guard let next = expression.next(after: after, in: zone) else { break }
                found.append(next.rfc3339Seconds)
                after = next
            }
            #expect(found == expected, "\(line)")
        }
    }

    /// The nights by hand: the dialect's promise, readable.
    @Test(arguments: [
        // Oslo, 2026-03-29: 02:00 becomes 03:00 at 01:00Z.
        ("30 2 * * *", "Europe/Oslo", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:30:00Z"),
        ("0,30 2 * * *", "Europe/Oslo", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:00:00Z"),
        ("30 2,3 * * *", "Europe/Oslo", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-29T01:30:00Z 2026-03-30T00:30:00Z"),
        ("*/30 2 * * *", "Europe/Oslo", "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z"),
        ("*/30 * * * *", "Europe/Oslo", "2026-03-29T00:15:00Z", "2026-03-29T00:30:00Z 2026-03-29T01:00:00Z"),
        // Oslo, 2026-10-25: 03:00 becomes 02:00 at 01:00Z.
        ("30 2 * * *", "Europe/Oslo", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z"),
        ("30 2 * * *", "Europe/Oslo", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z"),
        (
            "*/30 2 * * *", "Europe/Oslo", "2026-10-24T23:00:00Z",
            "2026-10-25T00:00:00Z 2026-10-25T00:30:00Z 2026-10-25T01:00:00Z 2026-10-25T01:30:00Z"
        ),
        ("0 * * * *", "Europe/Oslo", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z 2026-10-25T02:00:00Z"),
        // The same by the yearly rule, beyond what zone files list.
        ("30 2 * * *", "Europe/Oslo", "2040-03-24T12:00:00Z", "2040-03-25T01:00:00Z 2040-03-26T00:30:00Z"),
        ("30 2 * * *", "Europe/Oslo", "2040-10-27T12:00:00Z", "2040-10-28T00:30:00Z 2040-10-29T01:30:00Z"),
        // New York, 2026-03-08 at 07:00Z and 2026-11-01 at 06:00Z.
        ("15 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", "2026-03-08T07:00:00Z 2026-03-09T06:15:00Z"),
        ("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", "2026-11-01T05:30:00Z 2026-11-02T06:30:00Z"),
        ("* 1 * * *", "America/New_York", "2026-11-01T05:58:00Z", "2026-11-01T05:59:00Z 2026-11-01T06:00:00Z"),
        // Lord Howe: half an hour, 2026-10-04 from 02:00 to 02:30 at 15:30Z, 2026-04-05 from 02:00 to 01:30 at 15:00Z.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z 2026-10-04T15:15:00Z"),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-04T14:45:00Z 2026-04-05T15:15:00Z"),
        // Apia left out 30 December 2011: nothing of it is made up.
        ("0 12 * * *", "Pacific/Apia", "2011-12-28T23:00:00Z", "2011-12-29T22:00:00Z 2011-12-30T22:00:00Z"),
        ("0 0 30 12 *", "Pacific/Apia", "2011-01-01T00:00:00Z", "2012-12-29T10:00:00Z"),
        // Santiago's midnight does not exist on 2025-09-07: still that date's run.
        ("0 0 * * *", "America/Santiago", "2025-09-06T05:00:00Z", "2025-09-07T04:00:00Z 2025-09-08T03:00:00Z"),
        // A leap century is left out.
        ("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        ("0 0 29 2 */7", "UTC", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z"),
    ])
    func clockChangesByHand(text: String, id: String, start: String, expected: String) throws {
        let expression = try CronExpression(text)
        let zone = try #require(ZoneRules.named(id))
        var after = try #require(Timestamp(rfc3339: start))
        for instant in expected.split(separator: " ") {
            after = try #require(expression.next(after: after, in: zone))
            #expect(after.rfc3339Seconds == instant)
        }
    }

    /// A search that has jumped a year must not jump over the second passing, nor, backwards, over the first.
    @Test func aRareExpressionIsFoundOnBothSidesOfARepeatedHour() throws {
        let expression = try CronExpression("*/50 3 1-7 4 */7")
        let chatham = try #require(ZoneRules.named("Pacific/Chatham"))  // on 2026-04-05 at 03:45 it is 02:45 again
        let passings = try ["2026-04-04T13:15:00Z", "2026-04-04T14:15:00Z"].map { try #require(Timestamp(rfc3339: $0)) }
        #expect(expression.next(after: passings[0], in: chatham) == passings[1])
        #expect(expression.previous(before: passings[1], in: chatham) == passings[0])
    }

    @Test func aSearchThatFindsNothingEnds() throws {
        // The last Sunday of March at 02:xx has no wildcard minute in Oslo from 1996 on.
        let expression = try CronExpression("*/5 2 25-31 3 */7")
        let oslo = try #require(ZoneRules.named("Europe/Oslo"))
        #expect(expression.next(after: Timestamp(seconds: 1_767_225_600), in: oslo) == nil)
        #expect(expression.previous(before: Timestamp(seconds: 1_767_225_600), in: oslo) != nil)
        let daily = try CronExpression("@daily")
        #expect(daily.next(after: Timestamp(microseconds: .max), in: oslo) == nil)
        #expect(daily.previous(before: Timestamp(microseconds: .min), in: oslo) == nil)
        #expect(daily.next(after: Timestamp(microseconds: .min), in: oslo) != nil)
        #expect(daily.previous(before: Timestamp(microseconds: .max), in: oslo)?.rfc3339Seconds.hasPrefix("9999-12-3") == true)
        #expect(daily.occurrences(from: Timestamp(microseconds: .min), to: Timestamp(microseconds: .max), limit: 3, in: oslo).count == 3)
    }

    @Test func occurrencesIncludeTheStartAndExcludeTheEnd() throws {
        let hourly = try CronExpression("@hourly")
        let found = hourly.occurrences(from: Timestamp(seconds: 3600), to: Timestamp(seconds: 10_800), limit: 9, in: .utc)
        #expect(found == [Timestamp(seconds: 3600), Timestamp(seconds: 7200)])
        #expect(
            hourly.occurrences(from: Timestamp(microseconds: 1), to: Timestamp(seconds: 7201), limit: 1, in: .utc) == [
                Timestamp(seconds: 3600)
            ])
    }
}
