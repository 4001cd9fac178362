extension Timestamp {
    /// Reads RFC 3339 (§5.6) strictly: date, `T`, time, offset, nothing left out and nothing more, such as
    /// `2026-11-23T02:00:00.5+01:00`. A fraction may have any number of digits and is cut to microseconds. Nil for anything
    /// else, and for a second of 60: no clock of ours ever shows one.
    public init?(rfc3339 text: String) {
        var digits = DigitReader(text)
        guard let local = LocalTime(reading: &digits) else { return nil }
        var fraction: Int64 = 0
        if digits.take(".") {
            guard let read = digits.fraction() else { return nil }
            fraction = read
        }
        guard let offset = Self.offset(&digits), digits.isAtEnd else { return nil }
        self.init(microseconds: (local.secondsSinceEpoch - offset) * 1_000_000 + fraction)
    }

    private static func offset(_ digits: inout DigitReader) -> Int64? {
        if digits.take("Z") || digits.take("z") { return 0 }
        let isEast = digits.take("+")
        guard isEast || digits.take("-"), let hours = digits.number(2, in: 0...23), digits.take(":"),
            let minutes = digits.number(2, in: 0...59)
        else { return nil }
        return Int64(hours * 3600 + minutes * 60) * (isEast ? 1 : -1)
    }

    /// RFC 3339 in UTC with microseconds: `2026-11-23T01:00:00.000000Z`. Always six digits, so texts sort as instants do.
    public var rfc3339: String { text(fractionDigits: 6) }

    /// RFC 3339 in UTC, cut to the second: `2026-11-23T01:00:00Z`.
    public var rfc3339Seconds: String { text(fractionDigits: 0) }

    /// For people: `2026-11-30 08:05 UTC`.
    public var words: String { rfc3339Seconds.dropLast(4).replacing("T", with: " ") + " UTC" }

    private func text(fractionDigits: Int) -> String {
        let (seconds, fraction) = floorDivision(microseconds, 1_000_000)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(28)
        LocalTime(secondsSinceEpoch: seconds).write(into: &bytes)
        if fractionDigits > 0 {
            bytes.append(UInt8(ascii: "."))
            appendDigits(Int(fraction), count: fractionDigits, to: &bytes)
        }
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Timestamp: CustomStringConvertible {
    /// The same as `rfc3339`.
    public var description: String { rfc3339 }
}

/// Reads digits and punctuation from the front of a text, byte by byte.
struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { position == bytes.count }

    /// Steps over this character if it is the next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    /// Exactly so many digits, as a number within the range.
    mutating func number(_ count: Int, in range: ClosedRange<Int>) -> Int? {
        guard bytes.count - position >= count else { return nil }
        var value = 0
        for byte in bytes[position..<position + count] {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        position += count
        return range.contains(value) ? value : nil
    }

    /// All digits that follow, at least one, as a fraction of a second in microseconds, the rest cut off.
    mutating func fraction() -> Int64? {
        let start = position
        var (value, unit): (Int64, Int64) = (0, 100_000)
        while position < bytes.count, bytes[position] >= 48, bytes[position] <= 57 {
            value += Int64(bytes[position] - 48) * unit
            unit /= 10
            position += 1
        }
        return position > start ? value : nil
    }
}

/// Appends a number in decimal, padded with zeros to at least `count` digits.
func appendDigits(_ value: Int, count: Int, to bytes: inout [UInt8]) {
    if value >= 0, value < 100, count == 2 {
        bytes.append(UInt8(48 + value / 10))
        bytes.append(UInt8(48 + value % 10))
        return
    }
    let digits = Array(String(value.magnitude).utf8)
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    for _ in 0..<max(0, count - digits.count) { bytes.append(48) }
    bytes += digits
}
