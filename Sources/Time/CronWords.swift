/// What an expression means, in English: a time phrase, then the days, then the months.
struct CronWords {
    let fields: CronFields

    /// "Every 15 minutes from 09:00 to 17:45, Monday to Friday".
    var text: String {
        let days = CronDayWords(fields: fields)
        var phrases = [time]
        if let text = days.text { phrases.append(text) } else if hasFewTimes { phrases.append("every day") }
        if let months = days.months { phrases.append(months) }
        return phrases.joined(separator: ", ")
    }

    private var seconds: [Int] { values(fields.second) }
    private var minutes: [Int] { values(fields.minute) }
    private var hours: [Int] { values(fields.hour) }

    private func values(_ field: CronField) -> [Int] { (0...59).filter { field.values & 1 << $0 != 0 } }

    /// Few enough times to list them all.
    private var hasFewTimes: Bool { hours.count < 24 && hours.count * minutes.count <= 6 && Progression(hours, of: 24) == nil }

    private var time: String {
        if hasFewTimes, seconds.count == 1 { return few(second: seconds[0]) }
        if seconds == [0] { return minutesAndHours }
        let rest = minutes.count == 60 && hours.count == 24 ? "" : ", \(lowercasedFirst(minutesAndHours))"
        if let every = Progression(seconds, of: 60), every.fills, seconds[0] == 0 {
            return every.step == 1 ? "Every second\(rest)" : "Every \(every.step) seconds\(rest)"
        }
        return "At second\(seconds.count == 1 ? "" : "s") \(list(seconds.map { String($0) }))\(rest.isEmpty ? " of every minute" : rest)"
    }

    private func few(second: Int = 0) -> String { "At \(list(hours.flatMap { hour in minutes.map { clock(hour, $0, second) } }))" }

    private var minutesAndHours: String {
        if hasFewTimes { return few() }
        if minutes.count == 1 { return onceAnHour(minutes[0]) }
        guard let every = Progression(minutes, of: 60), every.fills else {
            return "At minutes \(list(minutes.map { String($0) })) of \(hoursAlone)"
        }
        if hours.count == 24 { return every.phrase("minute") + (minutes[0] == 0 ? "" : " from minute \(minutes[0]) of every hour") }
        if hours.count == 1 || Progression(hours, of: 24)?.step == 1 { return "\(every.phrase("minute")) \(fromFirstToLast)" }
        return minutes[0] == 0
            ? "\(every.phrase("minute")) of \(hoursAlone)" : "At minutes \(list(minutes.map { String($0) })) of \(hoursAlone)"
    }

    private func onceAnHour(_ minute: Int) -> String {
        let past = "At \(minute) minute\(minute == 1 ? "" : "s") past"
        guard let every = Progression(hours, of: 24) else { return "\(past) the hours \(list(hours.map(padded)))" }
        if hours.count == 24 { return minute == 0 ? "Every hour" : "\(past) every hour" }
        return "\(every.phrase("hour")) \(fromFirstToLast)"
    }

    private var fromFirstToLast: String {
        "from \(clock(hours[0], minutes[0])) to \(clock(hours[hours.count - 1], minutes[minutes.count - 1]))"
    }

    private var hoursAlone: String {
        if hours.count == 24 { return "every hour" }
        if hours.count == 1 { return "the hour \(padded(hours[0]))" }
        guard let every = Progression(hours, of: 24) else { return "the hours \(list(hours.map(padded)))" }
        return
            "every \(every.step == 1 ? "hour" : ordinal(every.step) + " hour") from \(padded(hours[0])) to \(padded(hours[hours.count - 1]))"
    }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private func clock(_ hour: Int, _ minute: Int, _ second: Int = 0) -> String {
        "\(padded(hour)):\(padded(minute))" + (second == 0 ? "" : ":\(padded(second))")
    }
}

/// Three or more values at one distance, or two that halve the field.
private struct Progression {
    let step: Int
    /// The same distance goes on from the last value of one hour (or day) to the first of the next.
    let fills: Bool

    init?(_ values: [Int], of size: Int) {
        let step = values.count > 1 ? values[1] - values[0] : 0
        let isHalf = values.count == 2 && step * 2 == size
        guard values.count > 2 || isHalf, zip(values, values.dropFirst()).allSatisfy({ $1 - $0 == step }) else { return nil }
        self.step = step
        fills = size % step == 0 && values.count == size / step
    }

    func phrase(_ unit: String) -> String { step == 1 ? "Every \(unit)" : "Every \(step) \(unit)s" }
}

func lowercasedFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }

/// "a", "a and b", "a, b and c".
func list(_ items: [String], _ conjunction: String = "and") -> String {
    guard let last = items.last else { return "" }
    return items.count == 1 ? last : "\(items.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
}

/// "2nd", "23rd".
func ordinal(_ number: Int) -> String {
    let teens = 11...13 ~= number % 100
    let ending = teens ? "th" : ["th", "st", "nd", "rd"].indices.contains(number % 10) ? ["th", "st", "nd", "rd"][number % 10] : "th"
    return "\(number)\(ending)"
}
