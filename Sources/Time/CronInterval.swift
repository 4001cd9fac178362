extension CronExpression {
    /// The shortest time between two occurrences, in seconds, on days without a clock change: what a plan's shortest interval
    /// is measured against. A zone makes no difference to it.
    public var shortestInterval: Int64 {
        var shortest = Int64.max
        var previous: Int64?
        // Within a day all days are alike, so one of them shows the gaps between its times.
        var time = pattern.timeOfDay(from: 0)
        while let at = time {
            if let previous { shortest = min(shortest, Int64(at) - previous) }
            if shortest == 1 { return 1 }
            previous = Int64(at)
            time = at < 86_399 ? pattern.timeOfDay(from: at + 1) : nil
        }
        if let days = pattern.shortestGapOfDays() {
            shortest = min(shortest, days * 86_400 + Int64(pattern.firstTimeOfDay - pattern.lastTimeOfDay))
        }
        return shortest
    }
}

extension CronExpression {
    /// How many occurrences a year has on average, clock changes not counted: for forecasts.
    public var averagePerYear: Double {
        let timesPerDay = pattern.hours.nonzeroBitCount * pattern.minutes.nonzeroBitCount * pattern.seconds.nonzeroBitCount
        return Double(timesPerDay * pattern.daysIn400Years) / 400
    }
}

extension CronPattern {
    fileprivate var daysIn400Years: Int {
        var (days, monthBegins) = (0, CivilDate(year: 2000, month: 1, day: 1).daysSinceEpoch)
        for year in 2000..<2400 {
            for month in 1...12 {
                let length = CivilDate.daysInMonth(month, of: year)
                if months & 1 << month != 0 {
                    days += self.days.mask(firstWeekday: CivilDate.weekday(daysSinceEpoch: monthBegins), length: length).nonzeroBitCount
                }
                monthBegins += Int64(length)
            }
        }
        return days
    }

    /// The fewest days from one day of the pattern to the next, over 56 years (all kinds of years, twice in each sequence), so
    /// that a pattern that fires once in 28 years has one too. Nil if it fires no second time in them.
    fileprivate func shortestGapOfDays() -> Int64? {
        let end: Int64 = 2_713_910_400  // 2056-01-01
        var shortest: Int64?
        var day: Int64?
        var from: Int64 = 946_684_800  // 2000-01-01
        while let found = first(from: from, through: end) {
            let next = floorDivision(found, 86_400).quotient
            if let day { shortest = min(shortest ?? .max, next - day) }
            if shortest == 1 { break }
            day = next
            from = (next + 1) * 86_400
        }
        return shortest
    }
}
