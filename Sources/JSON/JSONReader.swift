extension JSON {
    /// No value is nested deeper than this, whatever the caller allows: reading, writing and even releasing a value go
    /// down its nesting on the thread's stack.
    private static let deepestEver = 256

    /// Reads one JSON text (RFC 8259), strictly: what two readers could understand differently is refused.
    ///
    /// Refused are, beside what is no JSON: nesting over `maximumDepth` (at most 256), a name twice in an object, a NUL
    /// (also as `\u0000`; Postgres cannot store it), half a surrogate pair, bytes that are not UTF-8, a byte order mark,
    /// integers outside `Int64`, numbers that a `Double` would make infinite or zero, and anything after the value.
    ///
    /// With `wideIntegers` an integer outside `Int64` is read as a number: Postgres writes out all digits of the 1e19 that it
    /// was given.
    public init(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 64, wideIntegers: Bool = false) throws(JSONError) {
        var reader = JSONReader(bytes: Array(bytes), maximumDepth: min(maximumDepth, Self.deepestEver), wideIntegers: wideIntegers)
        self = try reader.document()
    }
}

/// Walks once over the bytes. Values are read by recursion, which `maximumDepth` bounds before each step down.
struct JSONReader {
    let bytes: [UInt8]
    let maximumDepth: Int
    let wideIntegers: Bool
    var position = 0

    init(bytes: [UInt8], maximumDepth: Int, wideIntegers: Bool = false) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.wideIntegers = wideIntegers
    }

    mutating func document() throws(JSONError) -> JSON {
        try checkEncoding()
        skipSpace()
        guard position < bytes.count else { throw JSONError(.invalidJSON, "There is no JSON here; send at least {}.", at: position) }
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else {
            throw JSONError(.trailingBytes, "The JSON ends here and more follows; send one value.", at: position)
        }
        return value
    }

    private func checkEncoding() throws(JSONError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw JSONError(.invalidJSON, "The text starts with a byte order mark; send UTF-8 without one.", at: 0)
        }
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw JSONError(.invalidUTF8, "These bytes are not UTF-8; encode the text as UTF-8.", at: error.byteOffsets.lowerBound)
        }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard let byte = peek else { throw unexpected("a value") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        try goDeeper(to: depth)
        var members = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            let start = position
            guard peek == UInt8(ascii: "\"") else { throw unexpected("a name in double quotes") }
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected("a colon") }
            skipSpace()
            guard members.insert(key, try value(depth: depth)) else {
                throw JSONError(.duplicateKey, "This name comes twice in one object; send it once.", at: start)
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or }") }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        try goDeeper(to: depth)
        var elements: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value(depth: depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or ]") }
        }
    }

    private mutating func goDeeper(to depth: Int) throws(JSONError) {
        guard depth <= maximumDepth else {
            throw JSONError(.tooDeep, "The JSON is nested deeper than \(maximumDepth) levels; flatten it.", at: position)
        }
        position += 1
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let isThere = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard isThere else { throw unexpected("a value") }
        position += word.utf8CodeUnitCount
        return value
    }

    /// The byte at the position; nil at the end.
    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    func unexpected(_ expected: String) -> JSONError {
        switch peek {
        case nil: JSONError(.invalidJSON, "The JSON ends too early; \(expected) was expected.", at: position)
        case 0: JSONError(.nulCharacter, "There is a NUL byte; remove it.", at: position)
        default: JSONError(.invalidJSON, "This is not JSON: \(expected) was expected.", at: position)
        }
    }
}
