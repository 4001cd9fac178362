extension JSONReader {
    /// A string; the position is on its opening quote. That the bytes are UTF-8 is known by now.
    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: bytes[start..<position - 1], as: UTF8.self)
            case UInt8(ascii: "\\"):
                return try stringWithEscapes(from: start)
            case 0..<0x20:
                throw controlCharacter(byte)
            default:
                position += 1
            }
        }
        throw unexpected("a closing quote")
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try escape(into: &text)
            case 0..<0x20:
                throw controlCharacter(byte)
            default:
                text.append(byte)
                position += 1
            }
        }
        throw unexpected("a closing quote")
    }

    private func controlCharacter(_ byte: UInt8) -> JSONError {
        byte == 0
            ? JSONError(.nulCharacter, "There is a NUL byte in a string; remove it.", at: position)
            : JSONError(.invalidJSON, "A control character stands bare in a string; escape it, as in \\n.", at: position)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        let start = position
        position += 1
        guard let letter = peek else { throw unexpected("the rest of an escape") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): UTF8.encode(try unicodeEscape(from: start))?.forEach { text.append($0) }
        default: throw JSONError(.invalidJSON, "JSON has no such escape; write \\\\ for a backslash.", at: start)
        }
    }

    /// The character of `\uXXXX`, or of the two that make a surrogate pair.
    private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if first == 0 { throw JSONError(.nulCharacter, "\\u0000 cannot be stored; remove it.", at: start) }
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw halfAPair(at: start) }
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw halfAPair(at: start) }
        return scalar
    }

    private func halfAPair(at offset: Int) -> JSONError {
        JSONError(.invalidUTF8, "Half of a surrogate pair is no character; send both halves or the character itself.", at: offset)
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek.flatMap({ Character(Unicode.Scalar($0)).isASCII ? Character(Unicode.Scalar($0)).hexDigitValue : nil })
            else { throw unexpected("four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}

extension JSONReader {
    /// More characters than any `Double` needs (RFC 8259 §6 lets a reader set its limits).
    private static let longestNumber = 1_000

    /// A number; the position is on its sign or first digit.
    mutating func number() throws(JSONError) -> JSON {
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        let firstDigit = position
        try digits()
        if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 {
            throw JSONError(.invalidJSON, "A number has a leading zero; remove it.", at: start)
        }
        let endOfDigits = position
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        guard position == endOfDigits else { return try fraction(start..<position) }
        do throws(JSONError) {
            return try integer(firstDigit..<endOfDigits, isNegative: isNegative, from: start)
        } catch {
            guard wideIntegers else { throw error }
            return try fraction(start..<position)
        }
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
        guard position > start else { throw unexpected("a digit") }
    }

    /// Counts downwards, since `Int64.min` has no positive counterpart.
    private func integer(_ range: Range<Int>, isNegative: Bool, from start: Int) throws(JSONError) -> JSON {
        var value: Int64 = 0
        for byte in bytes[range] {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, underflow) = tens.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !underflow else { throw outOfRange(at: start) }
            value = next
        }
        guard isNegative || value != .min else { throw outOfRange(at: start) }
        return .integer(isNegative ? value : -value)
    }

    private func fraction(_ range: Range<Int>) throws(JSONError) -> JSON {
        guard range.count <= Self.longestNumber,
            let value = Double(String(decoding: bytes[range], as: UTF8.self)), value.isFinite
        else { throw outOfRange(at: range.lowerBound) }
        let mantissa = bytes[range].prefix { $0 | 0x20 != UInt8(ascii: "e") }
        let isZero = mantissa.allSatisfy { !(UInt8(ascii: "1")...UInt8(ascii: "9") ~= $0) }
        guard value != 0 || isZero else { throw outOfRange(at: range.lowerBound) }
        return .number(value)
    }

    private func outOfRange(at offset: Int) -> JSONError {
        JSONError(.numberOutOfRange, "This number does not fit 64 bits; send a smaller one, or a string.", at: offset)
    }
}
