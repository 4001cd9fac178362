import Foundation

/// A second implementation of cron, to compare with: slow, obvious, and with nothing shared. It is a daemon that wakes each
/// minute, looks at the wall clock (Foundation's), and keeps a clock of its own that is never turned back, as Debian's cron
/// does.
public struct SlowCron {
    private let fields: [String]
    /// What the minute and hour fields let through, looked up once: they are asked each minute.
    private var times: [[Bool]] = []
    private let ranges = [0...59, 0...23, 1...31, 1...12, 0...7]
    private let calendar: Calendar
    /// The seconds that the wall clock is ahead of UTC at a second since 1970.
    private let ahead: (Int64) -> Int
    private var answers: [Int: Bool] = [:]
    private var known = (hour: Int.min, offset: Int?.none)

    /// `expression` has five fields; nil where Foundation does not know the zone.
    public init?(_ expression: String, zone id: String) {
        guard let zone = TimeZone(identifier: id) else { return nil }
        self.init(expression) { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0))) }
    }

    /// In a zone of the caller's own.
    public init(_ expression: String, ahead: @escaping (Int64) -> Int) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        (fields, self.ahead, self.calendar) = (expression.split(separator: " ").map { $0.lowercased() }, ahead, calendar)
        times = [(0..<60).map { has(0, $0) }, (0..<24).map { has(1, $0) }]
    }

    /// The minutes, since 1970, in which the daemon starts something.
    public mutating func run(from start: Int, to end: Int) -> [Int] {
        let isWildcard = fields[0].hasPrefix("*") || fields[1].hasPrefix("*")
        var fired: [Int] = []
        let warmUp = 26 * 60
        var own = wall(start - warmUp)
        for minute in (start - warmUp)...end {
            let now = wall(minute)
            var starts = false
            if isWildcard || now - own > 180 {
                starts = matches(now)
                own = max(own, now)
            } else {
                while own < now {
                    own += 1
                    starts = matches(own) || starts
                }
            }
            if starts, minute >= start { fired.append(minute) }
        }
        return fired
    }

    private mutating func wall(_ minute: Int) -> Int {
        let hour = minute / 60
        if hour != known.hour {
            let (first, last) = (offset(hour * 60), offset(hour * 60 + 60))
            known = (hour, first == last ? first : nil)  // nil: the clock changes within this hour
        }
        return minute + (known.offset ?? offset(minute))
    }

    private func offset(_ minute: Int) -> Int { ahead(Int64(minute) * 60) / 60 }

    private mutating func matches(_ wall: Int) -> Bool {
        guard times[0][wall % 60], times[1][wall / 60 % 24] else { return false }
        let day = wall / 1440
        if let answer = answers[day] { return answer }
        let answer = matchesDay(Date(timeIntervalSince1970: Double(day * 86_400)))
        answers[day] = answer
        return answer
    }

    private func matchesDay(_ date: Date) -> Bool {
        let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
        guard let month = parts.month, let day = parts.day, let weekday = parts.weekday.map({ $0 - 1 }), has(3, month) else { return false }
        let length = calendar.range(of: .day, in: .month, for: date)?.count ?? 0
        let byDate = fields[2].split(separator: ",").contains {
            $0 == "l" ? day == length : $0 == "lw" ? day == lastWorkday(length, firstWeekday: (weekday + 36 - day) % 7) : has(2, day)
        }
        let byWeekday = fields[4].split(separator: ",").contains { item in
            if item.hasSuffix("l") { return Int(item.dropLast()) == weekday && day + 7 > length }
            let parts = item.split(separator: "#")
            return parts.count == 2
                ? Int(parts[0]) == weekday && Int(parts[1]) == (day - 1) / 7 + 1 : has(4, weekday) || weekday == 0 && has(4, 7)
        }
        return fields[2].hasPrefix("*") || fields[4].hasPrefix("*") ? byDate && byWeekday : byDate || byWeekday
    }

    private func lastWorkday(_ length: Int, firstWeekday: Int) -> Int {
        [length, length - 1, length - 2].first { 1...5 ~= (firstWeekday + $0 - 1) % 7 } ?? length
    }

    private func has(_ field: Int, _ value: Int) -> Bool {
        fields[field].split(separator: ",").contains { item in
            let parts = item.split(separator: "/")
            let ends = parts[0].split(separator: "-").compactMap { Int($0) }
            if parts[0] != "*", ends.isEmpty { return false }
            let first = ends.first ?? ranges[field].lowerBound
            let last = ends.count == 2 ? ends[1] : parts[0] == "*" || parts.count == 2 ? ranges[field].upperBound : first
            let step = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
            return value >= first && value <= last && (value - first) % step == 0
        }
    }
}
