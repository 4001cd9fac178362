/// The days and months of an expression, in English.
struct CronDayWords {
    let fields: CronFields

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]

    /// "Monday to Friday", "on the 1st and the last day of the month"; nil for every day.
    var text: String? {
        let (date, weekday) = (fields.dayOfMonth, fields.dayOfWeek)
        if date.isFull, weekday.isFull { return nil }
        if date.beginsWithStar || weekday.beginsWithStar {
            if date.isFull { return weekdays.contains(" to ") ? weekdays : "on \(weekdays)" }
            if weekday.isFull { return dates }
            return "\(dates), but only on \(weekdays)"
        }
        if date.isFull || weekday.isFull { return nil }  // either is enough, and one names every day
        return "\(dates) or on \(weekdays)"
    }

    /// "in January and June"; nil for all of them.
    var months: String? {
        fields.month.isFull ? nil : "in \(spans(of: (1...12).filter { fields.month.values & 1 << $0 != 0 }) { Self.monthNames[$0 - 1] })"
    }

    private var dates: String {
        var names: [String] = []
        let days = (1...31).filter { fields.dayOfMonth.values & 1 << $0 != 0 }
        if !days.isEmpty { names.append("the \(spans(of: days, name: ordinal))") }
        if fields.dayOfMonth.items.contains(.lastDay) { names.append("the last day") }
        if fields.dayOfMonth.items.contains(.lastWorkday) { names.append("the last weekday (Monday to Friday)") }
        return "on \(list(names)) of the month"
    }

    private var weekdays: String {
        // A week is told from Monday on, as 7 for Sunday.
        var names: [String] = []
        let days = (1...7).filter { fields.dayOfWeek.values & 1 << ($0 % 7) != 0 }
        if !days.isEmpty { names.append(spans(of: days) { Self.weekdays[$0 % 7] }) }
        for item in fields.dayOfWeek.items {
            switch item {
            case .last(let weekday): names.append("the last \(Self.weekdays[weekday]) of the month")
            case .nth(let weekday, let number): names.append("the \(ordinal(number)) \(Self.weekdays[weekday]) of the month")
            case .range, .lastDay, .lastWorkday: continue
            }
        }
        return list(names)
    }

    /// "1, 5 to 9 and 20": three or more in a row become a span.
    private func spans(of values: [Int], name: (Int) -> String) -> String {
        var parts: [String] = []
        var index = 0
        while index < values.count {
            var end = index
            while end + 1 < values.count, values[end + 1] == values[end] + 1 { end += 1 }
            if end - index >= 2 {
                parts.append("\(name(values[index])) to \(name(values[end]))")
            } else {
                parts += values[index...end].map(name)
            }
            index = end + 1
        }
        return list(parts)
    }
}
