extension CronExpression {
    /// The shortest time between two occurrences, in seconds, on days without a clock change: what a plan's shortest interval
    /// is measured against. A zone makes no difference to it.
    public var shortestInterval: Int64 {
        // Two neighbours are in one minute, or in one hour, or on one day, or on two: in each case the last of the smaller
        // units is followed by the first of them.
        let (first, last) = (pattern.firstTimeOfDay, pattern.lastTimeOfDay)
        let gaps = [
            smallestGap(pattern.seconds),
            smallestGap(pattern.minutes).map { $0 * 60 + first % 60 - last % 60 },
            smallestGap(pattern.hours).map { $0 * 3600 + first % 3600 - last % 3600 },
            pattern.smallestGapOfDays().map { $0 * 86_400 + first - last },
        ]
        return Int64(gaps.compactMap(\.self).min() ?? 400 * 366 * 86_400)
    }

    /// How many occurrences a year has on average, clock changes not counted: for forecasts.
    public var averagePerYear: Double {
        let timesPerDay = pattern.hours.nonzeroBitCount * pattern.minutes.nonzeroBitCount * pattern.seconds.nonzeroBitCount
        return Double(timesPerDay * pattern.daysIn400Years) / 400
    }
}

extension CronPattern {
    /// The fewest days from one day of the pattern to the next, over 56 years (all kinds of years, twice in each sequence), so
    /// that a pattern that fires once in 28 years has one too. Nil if it fires no second time in them.
    fileprivate func smallestGapOfDays() -> Int? {
        var (shortest, previous) = (Int.max, Int?.none)
        for month in GregorianMonth.allOf400Years.prefix(56 * 12) where months & 1 << month.month != 0 {
            let mask = UInt64(days.mask(firstWeekday: month.firstWeekday, length: month.length))
            if mask == 0 { continue }
            if let previous { shortest = min(shortest, month.begins + mask.trailingZeroBitCount - previous) }
            if let gap = smallestGap(mask) { shortest = min(shortest, gap) }
            if shortest == 1 { break }
            previous = month.begins + highestBit(mask)
        }
        return shortest < .max ? shortest : nil
    }

    fileprivate var daysIn400Years: Int {
        GregorianMonth.countsByKind.reduce(0) { sum, kind in
            guard months & 1 << kind.key.month != 0 else { return sum }
            return sum + kind.value * days.mask(firstWeekday: kind.key.firstWeekday, length: kind.key.length).nonzeroBitCount
        }
    }
}

/// The shortest distance between two bits that are set; nil if there are no two.
private func smallestGap(_ bits: UInt64) -> Int? {
    var gap = 1
    while bits >> gap != 0 {
        if bits & bits >> gap != 0 { return gap }
        gap += 1
    }
    return nil
}

private struct GregorianMonth {
    let month: Int
    let length: Int
    let firstWeekday: Int
    /// Days from 2000-01-01 to the day before its first.
    let begins: Int

    struct Kind: Hashable {
        let month: Int
        let length: Int
        let firstWeekday: Int
    }

    /// From January 2000 on; then the calendar repeats.
    static let allOf400Years: [GregorianMonth] = {
        let start = CivilDate(year: 2000, month: 1, day: 1).daysSinceEpoch
        return (0..<4800).map { index in
            let date = CivilDate(year: 2000 + index / 12, month: index % 12 + 1, day: 1)
            return GregorianMonth(
                month: date.month, length: CivilDate.daysInMonth(date.month, of: date.year),
                firstWeekday: CivilDate.weekday(daysSinceEpoch: date.daysSinceEpoch), begins: Int(date.daysSinceEpoch - start) - 1)
        }
    }()

    /// How many months of each kind there are in 400 years.
    static let countsByKind: [(key: Kind, value: Int)] = {
        let kinds = allOf400Years.map { Kind(month: $0.month, length: $0.length, firstWeekday: $0.firstWeekday) }
        return Dictionary(kinds.map { ($0, 1) }, uniquingKeysWith: +).map { ($0, $1) }
    }()
}
