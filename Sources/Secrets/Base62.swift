import Glibc

/// Bytes as digits and letters alone, so that a double click selects all of a key: one big number to the base 62, most
/// significant digit first, padded with zeros to a width that depends on the number of bytes only. Leading zero bytes
/// are so kept, and a shorter or longer text is a wrong one.
public enum Base62 {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// How many characters `count` bytes take: 24 bytes take 33.
    public static func width(ofBytes count: Int) -> Int { Int((Double(count) * 8 / log2(62)).rounded(.up)) }

    /// Quadratic in the number of bytes: meant for keys and tokens, not for files.
    public static func encode(_ bytes: [UInt8]) -> String {
        var number = bytes
        var digits = [UInt8](repeating: alphabet[0], count: width(ofBytes: bytes.count))
        for place in digits.indices.reversed() {
            var remainder = 0
            for index in number.indices {
                let value = remainder << 8 | Int(number[index])
                number[index] = UInt8(value / 62)
                remainder = value % 62
            }
            digits[place] = alphabet[remainder]
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The `count` bytes that `text` was made of; nil when it is not of their width, holds another character, or stands
    /// for a number too great for them.
    public static func decode(_ text: String, count: Int) -> [UInt8]? {
        guard text.utf8.count == width(ofBytes: count) else { return nil }
        var number = [UInt8](repeating: 0, count: count)
        for character in text.utf8 {
            guard var carry = value(character) else { return nil }
            for index in number.indices.reversed() {
                let value = Int(number[index]) * 62 + carry
                number[index] = UInt8(value & 0xFF)
                carry = value >> 8
            }
            guard carry == 0 else { return nil }
        }
        return number
    }

    private static func value(_ character: UInt8) -> Int? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A")) + 10
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character - UInt8(ascii: "a")) + 36
        default: nil
        }
    }
}
