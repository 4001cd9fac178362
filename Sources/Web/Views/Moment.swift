import Time

/// An instant as people read it, by the partial `time`: how far away it is, and exactly when. A page has a list of one or none.
/// (The stored names are long because a template knows no name at two depths.)
struct Moment: Sendable {
    let timeISO: String
    let timeFull: String
    let timeWords: String

    /// `2 h ago`, `in 3 min`, seen from `now`; the exact time is UTC.
    init(_ instant: Timestamp, now: Timestamp) { self.init(instant, words: Self.words(instant, now: now)) }

    /// Called something else: `09:14:03`.
    init(_ instant: Timestamp, words: String) {
        timeISO = instant.rfc3339
        timeFull = instant.rfc3339.prefix(19).replacing("T", with: " ") + " UTC"
        timeWords = words
    }

    /// How far `instant` is away. Under three seconds either way it is now.
    static func words(_ instant: Timestamp, now: Timestamp) -> String {
        let seconds = Double(instant.microseconds - now.microseconds) / 1_000_000
        if abs(seconds) < 3 { return "now" }
        let span = Words.span(seconds: abs(seconds))
        return seconds < 0 ? "\(span) ago" : "in \(span)"
    }
}

/// Numbers as people read them, with a no-break space before the unit.
enum Words {
    /// Roughly: `12 s`, `3 min`, `2 h`, `5 d`, `4 mo`, `3 y`.
    static func span(seconds: Double) -> String {
        switch seconds {
        case ..<60: "\(Int(seconds))\u{A0}s"
        case ..<3_600: "\(Int(seconds / 60))\u{A0}min"
        case ..<172_800: "\(Int(seconds / 3_600))\u{A0}h"
        case ..<(86_400 * 60): "\(Int(seconds / 86_400))\u{A0}d"
        case ..<(86_400 * 730): "\(Int(seconds / 86_400 / 30.44))\u{A0}mo"
        default: "\(Int(seconds / 86_400 / 365.25))\u{A0}y"
        }
    }

    /// What something took: `242 ms`, `30.0 s`, `4 min 10 s`, `2 h 5 min`.
    static func duration(milliseconds: Int) -> String {
        switch milliseconds {
        case ..<1_000: return "\(milliseconds)\u{A0}ms"
        case ..<60_000: return "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100)\u{A0}s"
        case ..<3_600_000: return joined(milliseconds / 60_000, "min", milliseconds / 1_000 % 60, "s")
        default: return joined(milliseconds / 3_600_000, "h", milliseconds / 60_000 % 60, "min")
        }
    }

    private static func joined(_ large: Int, _ unit: String, _ small: Int, _ smallUnit: String) -> String {
        "\(large)\u{A0}\(unit)" + (small == 0 ? "" : " \(small)\u{A0}\(smallUnit)")
    }

    /// In full to 9,999, then `12.3 k`, `4.5 M`.
    static func count(_ number: some BinaryInteger) -> String {
        let number = Int64(number)
        switch number {
        case ..<10_000: return grouped(number)
        case ..<1_000_000: return tenths(number, of: 1_000) + "\u{A0}k"
        default: return tenths(number, of: 1_000_000) + "\u{A0}M"
        }
    }

    /// `10,000`
    static func grouped(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        let groups = stride(from: digits.count, to: 0, by: -3).map { end in
            digits.dropFirst(max(0, end - 3)).prefix(min(3, end))
        }
        return (number < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
    }

    private static func tenths(_ number: Int64, of unit: Int64) -> String {
        let tenth = number % unit / (unit / 10)
        return tenth == 0 ? "\(number / unit)" : "\(number / unit).\(tenth)"
    }

    /// `512 B`, `1.4 KiB`, `2.0 MiB`
    static func bytes(_ count: Int) -> String {
        switch count {
        case ..<1_024: "\(count)\u{A0}B"
        case ..<1_048_576: "\(count / 1_024).\(count % 1_024 * 10 / 1_024)\u{A0}KiB"
        default: "\(count / 1_048_576).\(count % 1_048_576 * 10 / 1_048_576)\u{A0}MiB"
        }
    }

    /// `99.2 %`; 100 only where it is all, 0 only where it is none.
    static func share(_ part: Int, of all: Int) -> String {
        let tenths = part == all ? 1_000 : min(999, max(part == 0 ? 0 : 1, part * 1_000 / max(1, all)))
        return "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)") + "\u{A0}%"
    }

    /// `1 job`, `2 jobs`, `12.3 k jobs`
    static func count(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? one : many ?? one + "s")"
    }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
