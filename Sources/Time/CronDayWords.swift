/// The days and months of an expression, in English.
struct CronDayWords {
    let fields: CronFields

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]

    /// "Monday to Friday", "on the 1st and the last day of the month", "on the 25th of December"; nil for every day.
    var text: String? {
        let (date, weekday) = (fields.dayOfMonth, fields.dayOfWeek)
        if date.isFull, weekday.isFull { return nil }
        if date.beginsWithStar || weekday.beginsWithStar {
            if date.isFull { return onWeekdays + inMonths }
            if weekday.isFull { return "on \(dates) of \(months ?? "the month")" }
            return "on \(dates) of \(months ?? "the month"), but only \(onWeekdays)"
        }
        if date.isFull || weekday.isFull { return nil }  // either is enough, and one names every day
        return "on \(dates) of the month or \(onWeekdays)\(inMonths)"
    }

    /// "January and June"; nil for all of them.
    var months: String? {
        let values = fields.month.values
        return fields.month.isFull ? nil : spans(of: (1...12).filter { values & 1 << $0 != 0 }) { Self.monthNames[$0 - 1] }
    }

    private var inMonths: String { months.map { ", in \($0)" } ?? "" }

    private var dates: String {
        var names: [String] = []
        let values = fields.dayOfMonth.values
        let days = (1...31).filter { values & 1 << $0 != 0 }
        if days.count > 4, let every = Progression(days, of: 31), every.step > 1 {
            names.append("every \(ordinal(every.step)) day from the \(ordinal(days[0])) to the \(ordinal(days[days.count - 1]))")
        } else if !days.isEmpty {
            names.append("the \(spans(of: days, name: ordinal))")
        }
        if fields.dayOfMonth.items.contains(.lastDay) { names.append("the last day") }
        if fields.dayOfMonth.items.contains(.lastWorkday) { names.append("the last weekday (Monday to Friday)") }
        return list(names)
    }

    private var onWeekdays: String {
        // A week is told from Monday on, as 7 for Sunday.
        let values = fields.dayOfWeek.values
        let days = (1...7).filter { values & 1 << ($0 % 7) != 0 }
        var names = days.isEmpty ? [] : [spans(of: days) { Self.weekdays[$0 % 7] }]
        let plain = names.count
        for item in fields.dayOfWeek.items {
            switch item {
            case .last(let weekday): names.append("the last \(Self.weekdays[weekday])")
            case .nth(let weekday, let number): names.append("the \(ordinal(number)) \(Self.weekdays[weekday])")
            case .range, .lastDay, .lastWorkday: continue
            }
        }
        if names.count > plain { return "on \(list(names)) of the month" }
        return names[0].contains(" to ") ? names[0] : "on \(names[0])"
    }
}
