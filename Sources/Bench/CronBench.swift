import Foundation
import Glibc
import Time

/// Our cron beside Foundation's `Calendar.nextDate`, both walking the same occurrences; then the slowest texts that we know,
/// against the bound of 5 ms.
enum CronBench {
    private static let occurrences = 1_000
    private static let start = Timestamp(seconds: 1_767_225_600)  // 2026-01-01T00:00:00Z

    private struct Walk {
        let expression: String
        let zone: String
        /// What a `Calendar` looks for to find the same.
        let components: DateComponents
    }

    private static let walks = [
        Walk(expression: "0 * * * *", zone: "UTC", components: DateComponents(minute: 0, second: 0)),
        Walk(expression: "30 2 * * *", zone: "UTC", components: DateComponents(hour: 2, minute: 30, second: 0)),
        Walk(expression: "30 4 * * *", zone: "Europe/Oslo", components: DateComponents(hour: 4, minute: 30, second: 0)),
        Walk(expression: "0 9 * * 1", zone: "America/New_York", components: DateComponents(hour: 9, minute: 0, second: 0, weekday: 2)),
        Walk(expression: "0 9 31 * *", zone: "UTC", components: DateComponents(day: 31, hour: 9, minute: 0, second: 0)),
        Walk(
            expression: "0 12 25 12 *", zone: "Asia/Tokyo", components: DateComponents(month: 12, day: 25, hour: 12, minute: 0, second: 0)),
    ]

    static func run() throws {
        print("| expression | zone | ours, µs | Calendar, µs | ratio |")
        print("|---|---|--:|--:|--:|")
        for walk in walks { try compare(walk) }
        print("\n| slowest | parse µs | next | previous | shortest interval | words | warnings | preview of 20 |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        for (text, zone) in slowest + slowestOfRandom(200_000) { try measure(text, in: zone) }
    }

    private struct Different: Error {
        let expression: String
    }

    // MARK: The two walks

    private static func compare(_ walk: Walk) throws {
        guard let zone = ZoneRules.named(walk.zone), let timeZone = TimeZone(identifier: walk.zone) else {
            throw Different(expression: walk.zone)
        }
        let expression = try CronExpression(walk.expression)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        // The last century is over where the thousandth comes late: both then find as many.
        var ours: [Timestamp] = []
        let oursTime = microseconds {
            ours.removeAll(keepingCapacity: true)
            var after = start
            while ours.count < occurrences, let next = expression.next(after: after, in: zone) {
                ours.append(next)
                after = next
            }
        }
        var theirs: [Timestamp] = []
        let theirTime = microseconds(atMost: 3) {
            theirs.removeAll(keepingCapacity: true)
            var after = Date(timeIntervalSince1970: Double(start.seconds))
            while theirs.count < occurrences,
                let next = calendar.nextDate(after: after, matching: walk.components, matchingPolicy: .strict)
            {
                theirs.append(Timestamp(seconds: Int64(next.timeIntervalSince1970)))
                after = next
            }
        }
        guard ours == theirs else { throw Different(expression: walk.expression) }
        let (our, their) = (oursTime / Double(ours.count), theirTime / Double(ours.count))
        print("| `\(walk.expression)` | \(walk.zone) | \(rounded(our, 3)) | \(rounded(their, 1)) | \(Int(their / our)) |")
    }

    // MARK: The slowest

    /// Found by hand: lists as long as can be, dates that come once in 28 or 40 years, what a zone never shows, and what falls
    /// into every gap.
    private static let slowest = [
        ("0 0 29 2 */7", "UTC"), ("*/5 2 25-31 3 */7", "Europe/Oslo"), ("*/59 3 1-7 4 */7", "Pacific/Chatham"), ("0 0 30 2 *", "UTC"),
        ("0-59 0-2 * * *", "Europe/Oslo"), (stars + " * * * *", "UTC"), ("0 0 * * " + lastFridays, "Europe/Oslo"),
        ("*/2 0 LW 2,6 sun#5,sun#1", "Africa/Cairo"),
    ]
    private static let stars = Array(repeating: "*", count: 124).joined(separator: ",")
    private static let lastFridays = Array(repeating: "5L", count: 82).joined(separator: ",")

    /// Of so many random expressions, in zones that change their clocks, those three that take longest to find their next.
    private static func slowestOfRandom(_ count: Int) -> [(String, String)] {
        let fields = [
            ["0", "*", "*/7", "0-59", "59", "*/59"], ["2", "*", "0-3", "*/2", "3", "23"],
            ["*", "29", "25-31", "1-7", "LW", "L", "31", "*/30"],
            ["*", "2", "3", "10", "4,9", "*/11"], ["*", "*/7", "0", "5L", "0#5", "mon#1", "*/6"],
        ]
        let zones = ["Europe/Oslo", "America/Santiago", "Africa/Casablanca", "Pacific/Chatham", "Antarctica/Troll", "Africa/Cairo"]
        var found: [(time: Double, text: String, zone: String)] = []
        for _ in 0..<count {
            let text = fields.compactMap { $0.randomElement() }.joined(separator: " ")
            guard let id = zones.randomElement(), let zone = ZoneRules.named(id), let expression = try? CronExpression(text) else {
                continue
            }
            let time = microseconds(atMost: 2) { _ = expression.next(after: start, in: zone) }
            if found.contains(where: { $0.text == text && $0.zone == id }) { continue }
            found = Array((found + [(time, text, id)]).sorted { $0.time > $1.time }.prefix(3))
        }
        return found.map { ($0.text, $0.zone) }
    }

    private static func measure(_ text: String, in id: String) throws {
        guard let zone = ZoneRules.named(id) else { throw Different(expression: id) }
        var figures = [microseconds { _ = try? CronExpression(text) }]
        if let expression = try? CronExpression(text) {
            let schedule = Schedule(.cron(expression), zone: zone)
            figures.append(microseconds { _ = schedule.next(after: start) })
            figures.append(microseconds { _ = schedule.previous(before: start) })
            figures.append(microseconds { _ = schedule.shortestInterval })
            figures.append(microseconds { _ = schedule.words })
            figures.append(microseconds { _ = schedule.warnings(from: start) })
            figures.append(microseconds { _ = schedule.preview(after: start, count: 20) })
        }
        let name = text.count > 40 ? "\(text.prefix(28))… (\(text.utf8.count) bytes)" : text
        let cells = figures.map { rounded($0, 1) } + Array(repeating: "refused", count: 7 - figures.count)
        print("| `\(name)` \(id) | \(cells.joined(separator: " | ")) |")
    }

    // MARK: Time

    /// The processor time of one run, the best of several: what others do on the machine does not count.
    private static func microseconds(atMost runs: Int = 20, _ body: () -> Void) -> Double {
        var best = Double.infinity
        for _ in 0..<runs {
            let before = processorNanoseconds()
            body()
            best = min(best, Double(processorNanoseconds() - before) / 1_000)
        }
        return best
    }

    private static func processorNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func rounded(_ value: Double, _ digits: Int) -> String { value.formatted(.number.precision(.fractionLength(digits))) }
}
