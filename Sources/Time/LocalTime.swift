/// What a calendar and a clock on a wall show: a date and a time of day, to the second, without saying where. Only a zone
/// makes it an instant (`ZoneRules.instants(of:)`), or two, or none.
public struct LocalTime: Sendable, Hashable, Comparable {
    /// The year, astronomically counted (0 is 1 BC).
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 59.
    public let second: Int

    /// Nil if there is no such date or time of day. Years −290,000 to 290,000.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard abs(year) <= 290_000, 1...12 ~= month, 1...CivilDate.daysInMonth(month, of: year) ~= day,
            0...23 ~= hour, 0...59 ~= minute, 0...59 ~= second
        else { return nil }
        (self.year, self.month, self.day, self.hour, self.minute, self.second) = (year, month, day, hour, minute, second)
    }

    /// Reads `2026-03-29T02:30:00`, with four digits of year, without an offset. Nil for anything else.
    public init?(_ text: String) {
        var digits = DigitReader(text)
        guard let time = LocalTime(reading: &digits), digits.isAtEnd else { return nil }
        self = time
    }

    init?(reading digits: inout DigitReader) {
        guard let year = digits.number(4, in: 0...9999), digits.take("-"), let month = digits.number(2, in: 1...12), digits.take("-"),
            let day = digits.number(2, in: 1...31), digits.take("T") || digits.take("t"),
            let hour = digits.number(2, in: 0...23), digits.take(":"), let minute = digits.number(2, in: 0...59), digits.take(":"),
            let second = digits.number(2, in: 0...59)
        else { return nil }
        self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// The wall clock so many seconds after it showed 1970-01-01T00:00:00, no clock change counted. The range is that of
    /// `Timestamp`.
    public init(secondsSinceEpoch seconds: Int64) {
        let (days, secondOfDay) = floorDivision(seconds, 86_400)
        let date = CivilDate(daysSinceEpoch: days)
        (year, month, day) = (date.year, date.month, date.day)
        (hour, minute, second) = (Int(secondOfDay / 3600), Int(secondOfDay / 60 % 60), Int(secondOfDay % 60))
    }

    /// Seconds from 1970-01-01T00:00:00 on the same wall, no clock change counted.
    public var secondsSinceEpoch: Int64 {
        CivilDate(year: year, month: month, day: day).daysSinceEpoch * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// The day of the week: 0 is Sunday.
    public var weekday: Int { CivilDate.weekday(daysSinceEpoch: floorDivision(secondsSinceEpoch, 86_400).quotient) }

    /// The earlier on the wall is the smaller.
    public static func < (a: LocalTime, b: LocalTime) -> Bool { a.secondsSinceEpoch < b.secondsSinceEpoch }

    /// `02:30`, with seconds if there are any.
    var timeOfDay: String {
        let text = "\(self)".split(separator: "T").last ?? ""
        return String(second == 0 ? text.dropLast(3) : text)
    }

    func write(into bytes: inout [UInt8]) {
        appendDigits(year, count: 4, to: &bytes)
        for (mark, value) in [("-", month), ("-", day), ("T", hour), (":", minute), (":", second)] as [(Unicode.Scalar, Int)] {
            bytes.append(UInt8(ascii: mark))
            appendDigits(value, count: 2, to: &bytes)
        }
    }
}

extension LocalTime: CustomStringConvertible {
    /// `2026-03-29T02:30:00`.
    public var description: String {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
