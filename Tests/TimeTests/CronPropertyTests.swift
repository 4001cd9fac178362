import TestSupport
import Testing
import Time

/// How much is tried: a tenth unless `PRIKKE_LONG_TESTS` is set.
private let effort = isLongRun ? 10 : 1

@Suite struct CronPropertyTests {
    private static let zones = [
        "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu",
        "America/Sao_Paulo",
        "Pacific/Chatham", "Antarctica/Troll", "Antarctica/Casey", "Africa/Cairo", "America/Santiago", "Asia/Tehran", "America/St_Johns",
        "UTC",
    ]

    /// Random expressions, in random zones, around a clock change if the zone has one: each instant found, forwards and
    /// backwards, is one at which the slow daemon starts something, and the other way round.
    @Test(arguments: 0..<15) func theSlowDaemonStartsAtTheSameMinutes(part: Int) async throws {
        var random = Seeded(state: UInt64(part))
        for _ in 0..<(10 * effort) {
            await Task.yield()  // the pool has as many threads as cores, and others wait for one
            let (id, text) = (Self.zones[part], Self.expression(&random))
            guard let expression = try? CronExpression(text) else { continue }  // a few never fire
            let zone = try #require(ZoneRules.named(id))
            var slow = try #require(SlowCron(text, zone: id))
            let middle = Self.moment(in: zone, &random) / 60
            let (start, end) = (middle - 1440, middle + 1440)
            let expected = slow.run(from: start, to: end).map { Timestamp(seconds: Int64($0 * 60)) }
            let first = Timestamp(seconds: Int64(start * 60))
            let last = Timestamp(seconds: Int64(end * 60 + 1))
            #expect(expression.occurrences(from: first, to: last, limit: .max, in: zone) == expected, "\(text) in \(id) from \(first)")
            var backwards: [Timestamp] = []
            var before = last
            while let previous = expression.previous(before: before, in: zone), previous >= first {
                backwards.append(previous)
                before = previous
            }
            #expect(backwards.reversed() == expected, "backwards: \(text) in \(id) before \(last)")
        }
    }

    /// From any instant, inside gaps and repeated hours too, the next is later and nothing lies between.
    @Test func nextIsAlwaysLaterAndLeavesNothingOut() async throws {
        var random = Seeded(state: 99)
        for round in 0..<(2000 * effort) {
            if round % 100 == 0 { await Task.yield() }
            guard let expression = try? CronExpression(Self.expression(&random)) else { continue }
            let zone = try #require(Self.zones.randomElement(using: &random).flatMap(ZoneRules.named))
            let instant = Timestamp(
                microseconds: Int64(Self.moment(in: zone, &random)) * 1_000_000 + Int64.random(in: -1...1, using: &random))
            guard let next = expression.next(after: instant, in: zone) else { continue }
            #expect(next > instant)
            #expect(
                expression.previous(before: Timestamp(microseconds: next.microseconds + 1), in: zone) == next,
                "\(expression) in \(zone.id) at \(next)")
            let previous = try #require(expression.previous(before: next, in: zone))
            #expect(previous <= instant, "\(expression) in \(zone.id): \(previous) lies between \(instant) and \(next)")
            #expect(expression.next(after: previous, in: zone) == next)
        }
    }

    /// A daily time fires once for each date on which it was due by the wall, also where a gap moves the instant past midnight;
    /// only dates are left out that a jump of three hours or more skips.
    @Test(arguments: [(0, 0), (0, 30), (1, 59), (2, 30), (23, 45)])
    func aDailyTimeFiresOncePerDateInEveryZone(hour: Int, minute: Int) async throws {
        let names = ZoneData.names()
        #expect(names.count > 400)
        let expression = try CronExpression("\(minute) \(hour) * * *")
        // Apia skipped a day in the first ten years, Casey three hours in the second.
        for start in [Int64(1_104_537_600), 1_577_836_800] {
            for (index, id) in names.enumerated() where isLongRun || index % 50 == (hour + minute) % 50 {
                await Task.yield()
                let zone = try #require(ZoneRules.named(id), "\(id)")
                let days = Array(start / 86_400..<start / 86_400 + 3_652)
                let times = days.compactMap { LocalTime(secondsSinceEpoch: $0 * 86_400 + Int64(hour * 3600 + minute * 60)) }
                let due = times.filter { !Self.isSkipped($0, in: zone) }
                let found = expression.occurrences(
                    from: Timestamp(seconds: start - 2 * 86_400), to: Timestamp(seconds: start + 3_654 * 86_400), limit: .max, in: zone)
                let nominal = found.compactMap { Self.nominal($0, hour, minute, in: zone) }
                #expect(nominal.count == found.count, "\(id): a run that no time of the wall stands for")
                let range = (times.first ?? nominal[0])...(times.last ?? nominal[0])
                #expect(nominal.filter { range.contains($0) } == due, "\(id)")
            }
        }
    }

    private static func isSkipped(_ time: LocalTime, in zone: ZoneRules) -> Bool {
        guard case .never(let earlier, let later) = zone.resolve(time) else { return false }
        return earlier.duration(to: later) >= .seconds(3 * 3600)
    }

    /// The time of the wall that an instant stands for: the one that it shows, or one that it has just jumped over.
    private static func nominal(_ instant: Timestamp, _ hour: Int, _ minute: Int, in zone: ZoneRules) -> LocalTime? {
        let after = instant.seconds + Int64(zone.offset(at: instant.seconds))
        let before = instant.seconds + Int64(zone.offset(at: instant.seconds - 1))
        let wanted = Int64(hour * 3600 + minute * 60)
        return [after, before].map { $0 - ($0 % 86_400 + 86_400) % 86_400 + wanted }.first { min(before, after)...after ~= $0 }
            .map { LocalTime(secondsSinceEpoch: $0) }
    }

    private static func moment(in zone: ZoneRules, _ random: inout Seeded) -> Int {
        // Between 1980 and 2024 Foundation's data and the system's agree.
        let some = Int.random(in: 315_532_800..<1_704_067_200, using: &random)
        var low = some
        for step in stride(from: some, to: some + 366 * 86_400, by: 86_400)
        where zone.offset(at: Int64(step)) != zone.offset(at: Int64(step + 86_400)) {
            low = step + Int.random(in: 0..<86_400, using: &random)
            break
        }
        return low
    }

    private static func expression(_ random: inout Seeded) -> String {
        func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "*" }
        let minute = pick(["0", "30", "*", "*/15", "*/7", "5,35", "0-59", "0-59/20", "7/13", "59", "0,15,30,45"])
        let hour = pick(["*", "*", "2", "1-3", "0", "*/2", "0,1,2,3", "1/2", "23", "0-23", "3", "2,3", "*/5"])
        let date = pick(["*", "*", "*", "*/2", "1-7", "L", "LW", "13", "1,15,31", "25-31", "29"])
        let month = pick(["*", "*", "*", "3", "10", "3,10,4,9", "*/2", "2"])
        let weekday = pick(["*", "*", "*", "0", "7", "1-5", "0L", "6#1", "0#2", "*/2", "5-7", "1/2"])
        return "\(minute) \(hour) \(date) \(month) \(weekday)"
    }
}
