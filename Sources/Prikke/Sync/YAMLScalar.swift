import JSON

/// What a plain scalar means, by the core schema of YAML 1.2 (§10.3.2): `on`, `yes`, `12:30:00` and dates are texts.
enum YAMLScalar {
    /// Why a number is none of JSON's.
    struct NoNumber: Error { let sentence: String }

    static func json(_ text: String) throws(NoNumber) -> JSON {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "-.inf", "-.Inf", "-.INF", "+.Inf", "+.INF":
            throw NoNumber(sentence: "JSON knows no such number; write it in quotes if it is a text.")
        default: return try number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) throws(NoNumber) -> JSON? {
        let tooLarge = NoNumber(sentence: "This number does not fit 64 bits; write it in quotes if it is a text.")
        if text.hasPrefix("0o") || text.hasPrefix("0x") {
            let digits = text.dropFirst(2)
            let radix = text.hasPrefix("0o") ? 8 : 16
            guard !digits.isEmpty, digits.utf8.allSatisfy({ digit($0, radix) }) else { return nil }
            guard let value = Int64(digits, radix: radix) else { throw tooLarge }
            return .integer(value)
        }
        let unsigned = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        if !unsigned.isEmpty, unsigned.utf8.allSatisfy({ digit($0, 10) }) {
            guard let value = Int64(text) else { throw tooLarge }
            return .integer(value)
        }
        guard isFraction(unsigned) else { return nil }
        guard text.utf8.count <= 1_000, let value = Double(padded(text)), value.isFinite else { throw tooLarge }
        return .number(value)
    }

    /// `(\. [0-9]+ | [0-9]+ (\. [0-9]*)?) ([eE] [-+]? [0-9]+)?`
    private static func isFraction(_ text: Substring) -> Bool {
        var rest = text.utf8[...]
        let whole = rest.prefix { digit($0, 10) }
        rest = rest[whole.endIndex...]
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = rest.prefix { digit($0, 10) }
            guard !whole.isEmpty || !fraction.isEmpty else { return false }
            rest = rest[fraction.endIndex...]
        } else if whole.isEmpty {
            return false
        }
        guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return rest.isEmpty }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy { digit($0, 10) }
    }

    /// `.5` and `5.` as Swift reads them.
    private static func padded(_ text: String) -> String {
        let whole = text.replacing("-.", with: "-0.").replacing("+.", with: "+0.")
        return (whole.hasPrefix(".") ? "0" : "") + whole.replacing(".e", with: ".0e").replacing(".E", with: ".0E")
            + (whole.hasSuffix(".") ? "0" : "")
    }

    private static func digit(_ byte: UInt8, _ radix: Int) -> Bool {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { $0 < radix } ?? false
    }
}
