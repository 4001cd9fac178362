import Testing
import Time

@Suite struct ScheduleTests {
    private let oslo: ZoneRules
    private let noon = Timestamp(seconds: 1_795_392_000)  // 2026-11-23T00:00:00Z

    init() throws {
        oslo = try #require(ZoneRules.named("Europe/Oslo"))
    }

    @Test func cronGoesByTheWallOfItsZone() throws {
        let schedule = Schedule(.cron(try CronExpression("0 2 * * 1-5")), zone: oslo)
        #expect(schedule.next(after: noon)?.rfc3339 == "2026-11-23T01:00:00.000000Z")
        #expect(schedule.previous(before: noon)?.rfc3339Seconds == "2026-11-20T01:00:00Z")
        #expect(schedule.shortestInterval == 86_400)
        #expect(schedule.words == "At 02:00, Monday to Friday (Europe/Oslo)")
    }

    @Test func everyCountsElapsedTimeFromItsAnchor() {
        let anchor = Timestamp(microseconds: noon.microseconds + 500_000)
        let schedule = Schedule(.every(seconds: 300, anchor: anchor))
        #expect(schedule.next(after: noon) == anchor)
        #expect(schedule.next(after: anchor) == anchor.adding(.seconds(300)))
        #expect(schedule.next(after: anchor.adding(.seconds(299))) == anchor.adding(.seconds(300)))
        #expect(schedule.previous(before: anchor) == nil)
        #expect(schedule.previous(before: anchor.adding(.seconds(300))) == anchor)
        #expect(schedule.previous(before: anchor.adding(.microseconds(300_000_001))) == anchor.adding(.seconds(300)))
        #expect(schedule.occurrences(from: anchor, to: anchor.adding(.seconds(900)), limit: 10).count == 3)
        #expect(schedule.shortestInterval == 300)
        let free = Schedule(.every(seconds: 3600, anchor: nil))
        #expect(free.next(after: noon) == noon.adding(.seconds(3600)))
        #expect(Schedule(.every(seconds: .max, anchor: nil)).next(after: noon) == nil)
        #expect(Schedule(.every(seconds: 0, anchor: nil)).next(after: noon) == noon.adding(.seconds(1)))
    }

    @Test func atIsOnceAndOnDemandIsNever() {
        let once = Schedule(.at(noon))
        #expect(once.next(after: noon.adding(.microseconds(-1))) == noon)
        #expect(once.next(after: noon) == nil)
        #expect(once.occurrences(from: noon, to: noon.adding(.seconds(1)), limit: 5) == [noon])
        #expect(once.shortestInterval == nil)
        #expect(Schedule(.onDemand).next(after: noon) == nil)
        #expect(Schedule(.onDemand).previous(before: noon) == nil)
    }

    @Test func nothingIsBeforeTheStartNorFromTheEndOn() {
        let schedule = Schedule(.every(seconds: 60, anchor: nil), startsAt: noon, endsAt: noon.adding(.seconds(120)))
        #expect(schedule.next(after: Timestamp(microseconds: .min)) == noon)
        #expect(schedule.next(after: noon) == noon.adding(.seconds(60)))
        #expect(schedule.next(after: noon.adding(.seconds(60))) == nil)
        #expect(schedule.previous(before: Timestamp(microseconds: .max)) == noon.adding(.seconds(60)))
        #expect(schedule.previous(before: noon) == nil)
    }

    @Test func aLocalTimeInAGapOrARepeatedHourAsksBack() throws {
        let gap = try #require(LocalTime("2026-03-29T02:30:00"))
        let error = try #require(throws: LocalTimeError.self) { try oslo.instant(of: gap) }
        #expect(error.kind == .doesNotExist)
        #expect(error.earlier.rfc3339Seconds == "2026-03-29T00:30:00Z")
        #expect(error.later.rfc3339Seconds == "2026-03-29T01:30:00Z")
        #expect("\(error)".contains("2026-03-29T02:30:00 does not exist in Europe/Oslo"))
        #expect(try oslo.instant(of: gap, choosing: .earlier) == error.earlier)
        #expect(try oslo.instant(of: gap, choosing: .later) == error.later)
        let fold = try #require(LocalTime("2026-10-25T02:30:00"))
        let twice = try #require(throws: LocalTimeError.self) { try oslo.instant(of: fold) }
        #expect(twice.kind == .existsTwice)
        #expect([twice.earlier, twice.later].map(\.rfc3339Seconds) == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"])
        #expect(oslo.instants(of: fold) == [twice.earlier, twice.later])
        #expect(oslo.instants(of: gap).isEmpty)
        let plain = try #require(LocalTime("2026-07-01T12:00:00"))
        #expect(try oslo.instant(of: plain).rfc3339Seconds == "2026-07-01T10:00:00Z")
    }

    @Test(
        arguments: [
            ("*/15 * * * *", 900), ("0/5 * * * *", 300), ("0-59 * * * *", 60), ("0,30 9 * * *", 1800), ("0 2 * * *", 86_400),
            ("59 23 * * *", 86_400),
            ("0,59 * * * *", 60), ("0 0,23 * * *", 3600), ("55 23 * * *", 86_400), ("0 0 1 * *", 2_419_200), ("0 0 29 2 *", 126_230_400),
            ("0 0 1,31 * *", 86_400), ("0 0 * * 1", 604_800), ("7/7 * * * *", 420), ("*/7 * * * *", 240), ("0 0 13 * fri", 86_400),
            ("5,50 0,23 * * *", 900),
            ("0 0 1 1 *", 31_536_000), ("0 0 29 2 */7", 883_612_800),
        ] as [(String, Int64)])
    func theShortestIntervalIsTheTrueOne(text: String, seconds: Int64) throws {
        #expect(try CronExpression(text).shortestInterval == seconds)
    }

    @Test(arguments: [
        ("0 2 * * *", 365.2425), ("*/15 * * * *", 35_063.28), ("0 0 29 2 *", 0.2425), ("0 9 * * 1", 52.1775), ("0,30 9 1 * *", 24),
        ("0 9 L * *", 12),
        ("0 9 * * 1-5", 260.8875),
    ])
    func theForecastIsTheAverageOfTheCalendar(text: String, perYear: Double) throws {
        #expect(try Schedule(.cron(CronExpression(text))).averagePerYear == perYear)
        #expect(Schedule(.every(seconds: 86_400, anchor: nil)).averagePerYear == 365.2425)
        #expect(Schedule(.onDemand).averagePerYear == 0)
    }

    @Test(arguments: [("*/10 * * * * *", 10), ("* * * * * *", 1), ("0 0 2 * * *", 86_400), ("0,59 59,0 * * * *", 1)])
    func secondsCountInTheShortestInterval(text: String, seconds: Int64) throws {
        #expect(try CronExpression(text, seconds: true).shortestInterval == seconds)
    }

    @Test(arguments: [
        ("0 9 13 * fri", ["dom_and_dow_or"]), ("0 9 */2 * mon", ["star_step"]), ("0 9 13 * */2", ["star_step"]), ("0 9 */2 * *", []),
        ("0 9 * * */2", []),
        ("0 9 * * mon", []), ("*/60 * * * *", ["step_exceeds_field"]), ("50/20 * * * *", ["step_exceeds_field"]), ("*/59 * * * *", []),
        ("0 2 * * 1-5", []), ("5-5/3 * * * *", ["step_exceeds_field"]), ("0 9 * * */7", ["step_exceeds_field"]), ("0 9 * * 5-7/2", []),
        ("0 9 */31 * *", ["step_exceeds_field"]), ("0 9 1-31 * mon", ["dom_and_dow_or"]), ("0 9 */1 * mon", []),
    ])
    func warningsNameWhatMaySurprise(text: String, codes: [String]) throws {
        #expect(try CronExpression(text).warnings.map(\.code.rawValue) == codes)
    }
}
