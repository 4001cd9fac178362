/// What an expression means, in English: a time phrase, then the days, then the months.
struct CronWords {
    let fields: CronFields

    /// "Every 15 minutes from 09:00 to 17:45, Monday to Friday".
    var text: String {
        let days = CronDayWords(fields: fields)
        if let text = days.text { return "\(time), \(text)" }
        guard listsTimes else { return [time, days.months.map { "in \($0)" }].compactMap(\.self).joined(separator: ", ") }
        return "\(time), every day" + (days.months.map { " in \($0)" } ?? "")
    }

    private var seconds: [Int] { values(fields.second) }
    private var minutes: [Int] { values(fields.minute) }
    private var hours: [Int] { values(fields.hour) }

    private func values(_ field: CronField) -> [Int] {
        let values = field.values
        return (0...59).filter { values & 1 << $0 != 0 }
    }

    private var areHoursInARow: Bool { hours[hours.count - 1] - hours[0] == hours.count - 1 }

    /// All times of a day are told one by one: they are few, or one an hour without any order in the hours.
    private var listsTimes: Bool {
        guard hours.count < 24, Progression(hours, of: 24) == nil || hours.count == 2 && minutes.count == 1 else { return false }
        return hours.count * minutes.count <= 6 || minutes.count == 1 && !hasThreeInARow(hours)
    }

    private var time: String {
        if listsTimes, seconds.count == 1 { return times(second: seconds[0]) }
        if seconds == [0] { return minutesAndHours }
        let rest = lowercasedFirst(minutesAndHours)
        let isEachMinute = minutes.count == 60
        if let every = Progression(seconds, of: 60), every.fills, seconds[0] == 0 {
            let phrase = every.phrase("second")
            if isEachMinute, hours.count == 24 { return phrase }
            if isEachMinute, areHoursInARow {
                return "\(phrase) from \(clock(hours[0], 0)) to \(clock(hours[hours.count - 1], 59, seconds[seconds.count - 1]))"
            }
            return "\(phrase) of the minute, \(rest)"
        }
        let phrase = "At second\(seconds.count == 1 ? "" : "s") \(spans(of: seconds) { String($0) })"
        return isEachMinute && hours.count == 24 ? "\(phrase) of every minute" : "\(phrase) of the minute, \(rest)"
    }

    private func times(second: Int = 0) -> String { "At \(list(hours.flatMap { hour in minutes.map { clock(hour, $0, second) } }))" }

    private var minutesAndHours: String {
        if listsTimes { return times() }
        if minutes.count == 1 { return onceAnHour(minutes[0]) }
        let every = Progression(minutes, of: 60)
        if hours.count == 1, let every, every.step == 1 { return "Every minute \(fromFirstToLast)" }
        guard let every, every.fills else { return "At minutes \(spans(of: minutes) { String($0) }) of \(hoursAlone)" }
        if hours.count == 24 { return every.phrase("minute") + (minutes[0] == 0 ? "" : " from minute \(minutes[0]) of every hour") }
        if areHoursInARow { return "\(every.phrase("minute")) \(fromFirstToLast)" }
        return minutes[0] == 0
            ? "\(every.phrase("minute")) of \(hoursAlone)" : "At minutes \(spans(of: minutes) { String($0) }) of \(hoursAlone)"
    }

    private func onceAnHour(_ minute: Int) -> String {
        if hours.count == 24 { return minute == 0 ? "Every hour" : "At \(minute) minute\(minute == 1 ? "" : "s") past every hour" }
        if let every = Progression(hours, of: 24) { return "\(every.phrase("hour")) \(fromFirstToLast)" }
        let runs = runs(of: hours)
        let (long, short) = (runs.filter { $0.count > 2 }, runs.filter { $0.count <= 2 })
        let spans = list(long.map { "from \(clock($0.lowerBound, minute)) to \(clock($0.upperBound, minute))" })
        let others = short.isEmpty ? "" : " and at \(list(short.flatMap { $0.map { clock($0, minute) } }))"
        return "Every hour \(spans)\(others)"
    }

    private var fromFirstToLast: String {
        "from \(clock(hours[0], minutes[0])) to \(clock(hours[hours.count - 1], minutes[minutes.count - 1]))"
    }

    private var hoursAlone: String {
        if hours.count == 24 { return "every hour" }
        if hours.count == 1 { return "the hour \(padded(hours[0]))" }
        guard hours.count > 3, let every = Progression(hours, of: 24) else { return "the hours \(spans(of: hours, name: padded))" }
        return
            "every \(every.step == 1 ? "hour" : ordinal(every.step) + " hour") from \(padded(hours[0])) to \(padded(hours[hours.count - 1]))"
    }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private func clock(_ hour: Int, _ minute: Int, _ second: Int = 0) -> String {
        "\(padded(hour)):\(padded(minute))" + (second == 0 ? "" : ":\(padded(second))")
    }
}

/// Three or more values at one distance, or two that halve the field.
struct Progression {
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

/// "1, 5 to 9 and 20": three or more in a row become a span.
func spans(of values: [Int], name: (Int) -> String) -> String {
    list(
        runs(of: values).flatMap { run in
            run.count > 2 ? ["\(name(run.lowerBound)) to \(name(run.upperBound))"] : run.map(name)
        })
}

private func hasThreeInARow(_ values: [Int]) -> Bool { runs(of: values).contains { $0.count > 2 } }

private func runs(of values: [Int]) -> [ClosedRange<Int>] {
    values.reduce(into: []) { runs, value in
        if let last = runs.last, last.upperBound == value - 1 {
            runs[runs.count - 1] = last.lowerBound...value
        } else {
            runs.append(value...value)
        }
    }
}

/// "2nd", "23rd".
func ordinal(_ number: Int) -> String {
    let teens = 11...13 ~= number % 100
    let ending = teens ? "th" : ["th", "st", "nd", "rd"].indices.contains(number % 10) ? ["th", "st", "nd", "rd"][number % 10] : "th"
    return "\(number)\(ending)"
}
