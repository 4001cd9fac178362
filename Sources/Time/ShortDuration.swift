/// A duration as people write it in a schedule: a whole number and one unit, `30s`, `5m`, `2h`, `1d` (a day is 24 hours).
public struct ShortDuration: Sendable, Hashable, Comparable {
    /// Whole seconds, at least 0 when read from a text.
    public let seconds: Int64

    private static let units: [(letter: UInt8, seconds: Int64)] = [
        (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3600), (UInt8(ascii: "m"), 60), (UInt8(ascii: "s"), 1),
    ]

    /// So many seconds.
    public init(seconds: Int64) { self.seconds = seconds }

    /// Reads 1 to 9 decimal digits and one of `s m h d`. Nil for anything else, a sign or a blank included.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (2...10).contains(bytes.count), let unit = Self.units.first(where: { $0.letter == bytes.last }) else { return nil }
        var count: Int64 = 0
        for byte in bytes.dropLast() {
            guard byte >= 48, byte <= 57 else { return nil }
            count = count * 10 + Int64(byte - 48)
        }
        seconds = count * unit.seconds
    }

    /// The shortest text with the same meaning: the largest unit that divides it. `ShortDuration("120s")?.text` is `2m`.
    public var text: String {
        let unit = Self.units.first { seconds != 0 && seconds % $0.seconds == 0 } ?? (letter: UInt8(ascii: "s"), seconds: 1)
        return "\(seconds / unit.seconds)\(Unicode.Scalar(unit.letter))"
    }

    /// The shorter is the smaller.
    public static func < (a: ShortDuration, b: ShortDuration) -> Bool { a.seconds < b.seconds }
}

extension ShortDuration: CustomStringConvertible {
    /// The same as `text`.
    public var description: String { text }
}
