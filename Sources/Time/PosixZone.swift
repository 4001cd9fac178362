/// The last line of a zone file: an offset, and perhaps a rule of two changes a year (RFC 9636 §3.3.2).
struct PosixZone: Sendable, Hashable {
    var offset: Int64
    var rule: YearlyRule?

    /// Nil if the text is not of that notation.
    init?(_ text: some Collection<UInt8>) {
        var reader = Reader(rest: Array(text)[...])
        guard reader.skipName(), let behind = reader.time(hours: 0...24) else { return nil }
        offset = -behind
        if reader.rest.isEmpty { return }
        guard reader.skipName() else { return nil }
        var summerOffset = offset + 3600
        if let next = reader.rest.first, next != UInt8(ascii: ",") {
            guard let behind = reader.time(hours: 0...24) else { return nil }
            summerOffset = -behind
        }
        guard let begins = reader.change(), let ends = reader.change(), reader.rest.isEmpty else { return nil }
        rule = YearlyRule(standardOffset: offset, summerOffset: summerOffset, summerBegins: begins, summerEnds: ends)
    }
}

private struct Reader {
    var rest: ArraySlice<UInt8>

    /// `CET` or `<+0530>`: never shown by us.
    mutating func skipName() -> Bool {
        if take("<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let name = rest.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    /// `[+-]h[:m[:s]]` in seconds.
    mutating func time(hours: ClosedRange<Int>) -> Int64? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard let hour = number(in: hours) else { return nil }
        var seconds = hour * 3600
        for unit in [60, 1] where take(":") {
            guard let part = number(in: 0...59) else { return nil }
            seconds += part * unit
        }
        return Int64(isNegative ? -seconds : seconds)
    }

    /// `,M3.5.0/2`, `,J60` or `,59`.
    mutating func change() -> YearlyRule.Change? {
        guard take(",") else { return nil }
        let day: YearlyRule.Change.Day
        if take("M") {
            guard let month = number(in: 1...12), take("."), let week = number(in: 1...5), take("."), let weekday = number(in: 0...6)
            else { return nil }
            day = .weekday(month: month, week: week, weekday: weekday)
        } else if take("J") {
            guard let number = number(in: 1...365) else { return nil }
            day = .ofCommonYear(number)
        } else {
            guard let number = number(in: 0...365) else { return nil }
            day = .fromZero(number)
        }
        guard take("/") else { return YearlyRule.Change(day: day, time: 7200) }
        return time(hours: 0...167).map { YearlyRule.Change(day: day, time: $0) }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let next = rest.first, UInt32(next) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func number(in range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { $0 >= 48 && $0 <= 57 }
        guard 1...3 ~= digits.count else { return nil }
        rest = rest.dropFirst(digits.count)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        return range.contains(value) ? value : nil
    }
}
