/// One e-mail address in canonical form: lower case ASCII, `local@domain`, and nothing else. Two addresses are the same
/// exactly when their texts are the same bytes.
///
/// Stricter than RFC 5321 on purpose: no quoted local parts, no lists, no display names, no characters beyond ASCII. What
/// such forms buy is two spellings of one mailbox, and with them mail that reaches somebody else.
public struct EmailAddress: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// Nil unless `text` is one plain address of at most 254 bytes whose domain has at least two labels.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 254, let at = bytes.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        let local = bytes[..<at]
        let labels = bytes[(at + 1)...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...64).contains(local.count), local.allSatisfy(Self.isLocal), Self.dotsAreInside(local) else { return nil }
        guard labels.count >= 2, labels.allSatisfy(Self.isLabel), !(labels.last ?? []).allSatisfy(Self.isDigit) else { return nil }
        self.text = String(decoding: bytes.map(Self.lowercased), as: UTF8.self)
    }

    public var description: String { text }

    private static func isLocal(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
    }

    private static func dotsAreInside(_ local: ArraySlice<UInt8>) -> Bool {
        !local.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).contains { $0.isEmpty }
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        (1...63).contains(label.count) && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased(byte))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
