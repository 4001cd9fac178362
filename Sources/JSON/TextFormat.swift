/// A rule that a text must keep, and how JSON Schema and people are told of it.
public struct TextFormat: Sendable {
    /// A word of JSON Schema's "format" vocabulary, `date-time` for one; nil where it has none that fits.
    public let name: String?

    /// The rule as a regular expression of ECMA-262, for JSON Schema only: nothing here runs it.
    public let pattern: String?

    /// What to do when the rule is broken: "Use lower-case letters, digits and dashes, as in nightly-export."
    public let hint: String

    /// The rule itself. Must be fast on a hostile text of the greatest length allowed.
    public let accepts: @Sendable (String) -> Bool

    /// A rule that `accepts` decides.
    public init(name: String? = nil, pattern: String? = nil, hint: String, accepts: @escaping @Sendable (String) -> Bool) {
        self.name = name
        self.pattern = pattern
        self.hint = hint
        self.accepts = accepts
    }

    /// A text in which one sees all there is: nothing that turns the direction of writing, and nothing without width, but for what joins
    /// signs (of emoji, and of scripts from the Arabic on), behind such a sign. For names, which must not look like another.
    public static let visible = TextFormat(
        pattern: "^(?:[^\\u0000-\\u001F\\u007F\\u00AD\\u061C\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\uFEFF]"
            + "|(?<=[^\\u0000-\\u05FF])[\\u200C\\u200D])*$",
        hint: "Characters that nobody sees, or that turn the direction of writing, are not allowed here; remove them."
    ) { text in
        var last: Unicode.Scalar = "a"
        for scalar in text.unicodeScalars {
            defer { last = scalar }
            switch scalar.value {
            case 0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: return false
            case 0x200C, 0x200D, 0xE0020...0xE007F: if last.value < 0x600 { return false }
            default: break
            }
        }
        return true
    }

    /// A text of ASCII characters from `rest`, whose first is from `first` (default: `rest`), both written as between the
    /// brackets of a regular expression: `a-z0-9._/-` (a dash that is meant comes last). The empty text is refused.
    public static func characters(first: String? = nil, _ rest: String, hint: String) -> TextFormat {
        let firstSet = ASCIISet(first ?? rest)
        let restSet = ASCIISet(rest)
        return TextFormat(pattern: "^[\(first ?? rest)][\(rest)]*$", hint: hint) { text in
            guard let start = text.utf8.first, firstSet.contains(start) else { return false }
            return text.utf8.dropFirst().allSatisfy(restSet.contains)
        }
    }
}

/// A set of ASCII characters, one bit each.
private struct ASCIISet: Sendable {
    private var bits: (low: UInt64, high: UInt64) = (0, 0)

    /// Reads `a-z0-9_-`: ranges, single characters, a dash at the end.
    init(_ text: String) {
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let isRange = index + 2 < bytes.count && bytes[index + 1] == UInt8(ascii: "-")
            let last = isRange ? bytes[index + 2] : bytes[index]
            precondition(bytes[index] <= last && last < 128, "not a set of ASCII characters: \(text)")
            for byte in bytes[index]...last { insert(byte) }
            index += isRange ? 3 : 1
        }
    }

    private mutating func insert(_ byte: UInt8) {
        if byte < 64 { bits.low |= 1 << UInt64(byte) } else { bits.high |= 1 << UInt64(byte - 64) }
    }

    func contains(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? bits.low >> UInt64(byte) : bits.high >> UInt64(byte - 64)) & 1 == 1
    }
}
