/// The days of a month on which an expression fires.
///
/// Which days these are depends on two things only: the weekday of the first, and the length of the month. That makes 28
/// kinds of months, so every rule about days, however odd, is worked out once, when the expression is read.
struct CronDays: Sendable {
    /// Bit 1 to 31 for the day; one mask for each kind of month.
    private var masks = [UInt32](repeating: 0, count: 28)

    init(dayOfMonth: CronField, dayOfWeek: CronField) {
        // As Debian's cron: a day field that begins with a star restricts nothing by its presence, so both must hold; two
        // that are restricted hold alternatively.
        let both = dayOfMonth.beginsWithStar || dayOfWeek.beginsWithStar
        let (dateValues, weekdayValues) = (dayOfMonth.values, dayOfWeek.values)
        let (specialDates, specialWeekdays) = (Self.specials(dayOfMonth), Self.specials(dayOfWeek))
        for firstWeekday in 0..<7 {
            // Bit 0 is the weekday of the first; then week after week the same.
            let week = (weekdayValues >> firstWeekday | weekdayValues << (7 - firstWeekday)) & 0x7F
            let weeks = (week | week << 7 | week << 14 | week << 21 | week << 28) << 1
            for length in 28...31 {
                let month = MonthKind(firstWeekday: firstWeekday, length: length)
                let all: UInt64 = (1 << UInt64(length + 1)) - 2
                let dates = specialDates.reduce(dateValues & all) { $0 | month.bit(of: $1) }
                let weekdays = specialWeekdays.reduce(weeks & all) { $0 | month.bit(of: $1) }
                masks[Self.kind(firstWeekday, length)] = UInt32(truncatingIfNeeded: both ? dates & weekdays : dates | weekdays)
            }
        }
    }

    private static func specials(_ field: CronField) -> Set<CronField.Item> {
        Set(field.items.filter { if case .range = $0 { false } else { true } })
    }

    func mask(firstWeekday: Int, length: Int) -> UInt32 { masks[Self.kind(firstWeekday, length)] }

    /// Whether there is a day in any month of those. Each month can begin with each weekday: the calendar repeats after 400
    /// years, and within them every date, also 29 February, falls on each.
    func contains(dayIn months: UInt64) -> Bool {
        (1...12).contains { month in
            months & 1 << month != 0
                && (0..<7).contains { firstWeekday in mask(firstWeekday: firstWeekday, length: CivilDate.daysInMonth(month, of: 2000)) != 0
                }
        }
    }

    /// Every day of every month.
    var isFull: Bool {
        (28...31).allSatisfy { length in (0..<7).allSatisfy { mask(firstWeekday: $0, length: length).nonzeroBitCount == length } }
    }

    private static func kind(_ firstWeekday: Int, _ length: Int) -> Int { firstWeekday * 4 + length - 28 }
}

private struct MonthKind {
    let firstWeekday: Int
    let length: Int

    /// The one day of the month, as a bit, on which an item falls that is not a range; 0 if on none.
    func bit(of item: CronField.Item) -> UInt64 {
        let lastWeekday = (firstWeekday + length - 1) % 7
        let day: Int
        switch item {
        case .range: return 0
        case .lastDay: day = length
        case .lastWorkday: day = length - (lastWeekday == 6 ? 1 : lastWeekday == 0 ? 2 : 0)
        case .last(let weekday): day = length - (lastWeekday - weekday + 7) % 7
        case .nth(let weekday, let number): day = 1 + (weekday - firstWeekday + 7) % 7 + (number - 1) * 7
        }
        return day <= length ? 1 << UInt64(day) : 0
    }
}
