import JSON

/// The part of an address behind the question mark, as forms and clients write it: `status=failed&limit=50`.
enum QueryString {
    /// The parameters in order, decoded. An empty query has none. Throws `InvalidInput` for what is no text.
    static func parse(_ query: String) throws(InvalidInput) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        for part in query.split(separator: "&") {
            let name = part.prefix { $0 != "=" }
            let value = part.dropFirst(name.count + 1)
            guard let name = PercentEncoding.decode(name, plusIsSpace: true), let value = PercentEncoding.decode(value, plusIsSpace: true)
            else { throw InvalidInput(pointer: "", code: "invalid_format", detail: "The query is not percent-encoded UTF-8; encode it.") }
            parameters.append((name, value))
        }
        return parameters
    }
}

/// RFC 3986 §2.1.
enum PercentEncoding {
    /// The text that was encoded; nil for a broken escape, for bytes that are not UTF-8 and for a NUL, which no database
    /// column could hold.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var input = text.utf8.makeIterator()
        while let byte = input.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = input.next().flatMap(hexDigit), let low = input.next().flatMap(hexDigit) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// The text in characters that mean nothing anywhere in an address or a cookie (RFC 3986 §2.3).
    static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: byte < 16 ? "%0" + String(byte, radix: 16, uppercase: true) : "%" + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
