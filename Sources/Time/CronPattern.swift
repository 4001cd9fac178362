/// What a cron expression says about wall clock times, zones left aside: a bit for each value of each field.
///
/// A search goes from the largest unit to the smallest and takes in each the next bit that is set; it never counts minutes.
/// Wall clock times are seconds since 1970-01-01T00:00:00 on that wall.
struct CronPattern: Sendable {
    let seconds: UInt64
    let minutes: UInt64
    let hours: UInt64
    let months: UInt64
    let days: CronDays
    /// The minute or the hour begins with a star: the expression goes by real minutes at clock changes, and not by the times
    /// on the wall.
    let isWildcard: Bool
    /// No field restricts the day, so that a search (most are of this kind) needs no calendar.
    private let isEveryDay: Bool

    init(_ fields: CronFields) {
        (seconds, minutes, hours, months) = (fields.second.values, fields.minute.values, fields.hour.values, fields.month.values)
        days = CronDays(dayOfMonth: fields.dayOfMonth, dayOfWeek: fields.dayOfWeek)
        isEveryDay = fields.month.isFull && days.isFull
        isWildcard = fields.minute.beginsWithStar || fields.hour.beginsWithStar
    }

    /// The first matching time that is not before `start`, if it is not after `end`.
    func first(from start: Int64, through end: Int64) -> Int64? {
        let (day, secondOfDay) = floorDivision(start, 86_400)
        if isEveryDay {
            let time = timeOfDay(from: Int(secondOfDay)) ?? 86_400 + firstTimeOfDay
            return within(end, day * 86_400 + Int64(time))
        }
        let date = CivilDate(daysSinceEpoch: day)
        let monthBegins = day - Int64(date.day - 1)
        var later = months & 1 << date.month != 0 ? mask(of: date, beginning: monthBegins) >> date.day : 0
        if later & 1 != 0, let time = timeOfDay(from: Int(secondOfDay)) { return within(end, day * 86_400 + Int64(time)) }
        later &= ~1
        var next: Int64? = later != 0 ? day + Int64(later.trailingZeroBitCount) : nil
        if next == nil { next = firstDay(afterMonthOf: date, through: end) }
        return next.flatMap { within(end, $0 * 86_400 + Int64(firstTimeOfDay)) }
    }

    /// The last matching time that is not after `end`, if it is not before `start`.
    func last(through end: Int64, from start: Int64) -> Int64? {
        let (day, secondOfDay) = floorDivision(end, 86_400)
        if isEveryDay {
            let found = day * 86_400 + Int64(timeOfDay(through: Int(secondOfDay)) ?? lastTimeOfDay - 86_400)
            return found >= start ? found : nil
        }
        let date = CivilDate(daysSinceEpoch: day)
        let monthBegins = day - Int64(date.day - 1)
        let inMonth = months & 1 << date.month != 0 ? mask(of: date, beginning: monthBegins) : 0
        if inMonth & 1 << date.day != 0, let time = timeOfDay(through: Int(secondOfDay)) {
            let found = day * 86_400 + Int64(time)
            return found >= start ? found : nil
        }
        let earlier = inMonth & (1 << date.day - 1)
        let previous = earlier != 0 ? monthBegins - 1 + Int64(highestBit(UInt64(earlier))) : lastDay(beforeMonthOf: date, from: start)
        return previous.map { $0 * 86_400 + Int64(lastTimeOfDay) }.flatMap { $0 >= start ? $0 : nil }
    }

    private func within(_ end: Int64, _ time: Int64) -> Int64? { time <= end ? time : nil }

    private func mask(of date: CivilDate, beginning firstDay: Int64) -> UInt32 {
        days.mask(firstWeekday: CivilDate.weekday(daysSinceEpoch: firstDay), length: CivilDate.daysInMonth(date.month, of: date.year))
    }

    private func firstDay(afterMonthOf date: CivilDate, through end: Int64) -> Int64? {
        var month = CivilDate(year: date.year, month: date.month, day: 1)
        while true {
            let later = month.month < 12 ? months >> (month.month + 1) : 0
            if later != 0 {
                month.month += 1 + later.trailingZeroBitCount
            } else {
                (month.year, month.month) = (month.year + 1, months.trailingZeroBitCount)
            }
            let begins = month.daysSinceEpoch
            if begins * 86_400 > end { return nil }
            let mask = mask(of: month, beginning: begins)
            if mask != 0 { return begins - 1 + Int64(mask.trailingZeroBitCount) }
        }
    }

    private func lastDay(beforeMonthOf date: CivilDate, from start: Int64) -> Int64? {
        var month = CivilDate(year: date.year, month: date.month, day: 1)
        while true {
            if month.daysSinceEpoch * 86_400 <= start { return nil }
            let earlier = months & (1 << month.month - 1)
            if earlier != 0 {
                month.month = highestBit(earlier)
            } else {
                (month.year, month.month) = (month.year - 1, highestBit(months))
            }
            let begins = month.daysSinceEpoch
            let mask = mask(of: month, beginning: begins)
            if mask != 0 { return begins - 1 + Int64(highestBit(UInt64(mask))) }
        }
    }
}

/// The position of the highest bit set; `bits` is not 0.
@inline(__always)
func highestBit(_ bits: UInt64) -> Int { 63 - bits.leadingZeroBitCount }
