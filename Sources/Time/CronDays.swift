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
        for firstWeekday in 0..<7 {
            for length in 28...31 {
                let dates = Self.days(dayOfMonth, firstWeekday: firstWeekday, length: length)
                let weekdays = Self.days(dayOfWeek, firstWeekday: firstWeekday, length: length)
                masks[Self.kind(firstWeekday, length)] = both ? dates & weekdays : dates | weekdays
            }
        }
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

    private static func days(_ field: CronField, firstWeekday: Int, length: Int) -> UInt32 {
        var mask: UInt32 = 0
        let values = field.values
        for day in 1...length {
            let weekday = (firstWeekday + day - 1) % 7
            let isNamed = values & 1 << (field.kind == .dayOfWeek ? weekday : day) != 0
            let isSpecial = field.items.contains { item in
                switch item {
                case .range: false
                case .lastDay: day == length
                case .lastWorkday: 1...5 ~= weekday && (day == length || weekday == 5 && day > length - 3)
                case .last(let wanted): weekday == wanted && day > length - 7
                case .nth(let wanted, let number): weekday == wanted && (day + 6) / 7 == number
                }
            }
            if isNamed || isSpecial { mask |= 1 << day }
        }
        return mask
    }
}
