/// Two clock changes a year, for ever: the rule at the end of a zone file (RFC 9636 §3.3, in the notation of the POSIX
/// `TZ` variable, `CET-1CEST,M3.5.0,M10.5.0/3`) that holds after the last change listed one by one.
struct YearlyRule: Sendable, Hashable {
    /// A day of the year and a time of that day at which the clock changes.
    struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            case weekday(month: Int, week: Int, weekday: Int)  // M3.5.0: week 5 is the last
            case ofCommonYear(Int)  // J60: 1 to 365, 29 February never counted
            case fromZero(Int)  // 59: 0 to 365, 29 February counted
        }
        var day: Day
        /// Seconds from midnight by the wall clock before the change, −167 h to 167 h.
        var time: Int64
    }

    var standardOffset: Int64
    var summerOffset: Int64
    var summerBegins: Change
    var summerEnds: Change

    /// The segment in which an instant lies.
    ///
    /// A year is counted here from the first of its two changes to the first of the next year's, so every instant is in
    /// exactly one, wherever the changes stand in the calendar.
    func segment(containing instant: Int64) -> ZoneSegment {
        var year = CivilDate(daysSinceEpoch: floorDivision(instant + standardOffset, 86_400).quotient).year
        while instant < first(of: year) { year -= 1 }
        while instant >= first(of: year + 1) { year += 1 }
        let (summer, winter) = (begin(of: year), end(of: year))
        if instant < max(summer, winter) {
            return segment(from: min(summer, winter), until: max(summer, winter), isSummer: summer < winter)
        }
        return segment(from: max(summer, winter), until: first(of: year + 1), isSummer: summer > winter)
    }

    private func segment(from: Int64, until: Int64, isSummer: Bool) -> ZoneSegment {
        let (offset, before) = isSummer ? (summerOffset, standardOffset) : (standardOffset, summerOffset)
        return ZoneSegment(from: from, until: until, offset: offset, seenUntil: from + before)
    }

    private func first(of year: Int) -> Int64 { min(begin(of: year), end(of: year)) }
    private func begin(of year: Int) -> Int64 { summerBegins.localSeconds(in: year) - standardOffset }
    private func end(of year: Int) -> Int64 { summerEnds.localSeconds(in: year) - summerOffset }
}

extension YearlyRule.Change {
    func localSeconds(in year: Int) -> Int64 { daysSinceEpoch(in: year) * 86_400 + time }

    private func daysSinceEpoch(in year: Int) -> Int64 {
        switch day {
        case .ofCommonYear(let number):
            let leapDay: Int64 = CivilDate.isLeap(year) && number >= 60 ? 1 : 0
            return CivilDate(year: year, month: 1, day: number).daysSinceEpoch + leapDay
        case .fromZero(let number):
            return CivilDate(year: year, month: 1, day: number + 1).daysSinceEpoch
        case .weekday(let month, let week, let weekday):
            let monthBegins = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
            let firstSuch = (weekday - CivilDate.weekday(daysSinceEpoch: monthBegins) + 7) % 7
            let day = firstSuch + (week - 1) * 7
            return monthBegins + Int64(day < CivilDate.daysInMonth(month, of: year) ? day : day - 7)
        }
    }
}
