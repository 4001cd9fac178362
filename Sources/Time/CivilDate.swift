/// A date of the proleptic Gregorian calendar, and its arithmetic on integers.
///
/// The year is counted here from March: then the leap day is the last of its year, the lengths of the months follow one
/// straight line (153 days to five months), and neither direction needs a table or a loop.
struct CivilDate: Sendable, Hashable {
    var year: Int
    var month: Int
    var day: Int

    private static let daysInEra: Int64 = 146_097  // 400 years, after which the calendar repeats, weekdays included
    private static let daysFromEraToEpoch: Int64 = 719_468  // 0000-03-01 to 1970-01-01

    init(year: Int, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The date so many days after 1970-01-01.
    init(daysSinceEpoch days: Int64) {
        let (era, dayOfEra) = floorDivision(days + Self.daysFromEraToEpoch, Self.daysInEra)
        let leapDaysBefore = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDaysBefore) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01. A day beyond the month's end counts on into the next month.
    var daysSinceEpoch: Int64 {
        let yearFromMarch = Int64(month <= 2 ? year - 1 : year)
        let (era, yearOfEra) = floorDivision(yearFromMarch, 400)
        let dayOfYear = (153 * Int64(month > 2 ? month - 3 : month + 9) + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysInEra + dayOfEra - Self.daysFromEraToEpoch
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// 28 to 31; `month` is 1 to 12.
    static func daysInMonth(_ month: Int, of year: Int) -> Int {
        if month == 2 { return isLeap(year) ? 29 : 28 }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
    }

    /// 0 is Sunday. (1970-01-01 was a Thursday.)
    static func weekday(daysSinceEpoch days: Int64) -> Int { Int(floorDivision(days + 4, 7).remainder) }
}
