import NIOCore

/// The header fields of a request, or its trailer fields: each checked as RFC 9110 §5 and RFC 9112 §5 have them, and all of
/// them counted.
struct FieldLines {
    /// Bytes of a field without its line end, bytes of all fields with theirs, and their number: so much is allowed.
    static let longest = 16_384
    static let largestBlock = 32_768
    static let most = 100

    private var count = 0
    private var size = 0

    struct Field {
        /// In lower case.
        let name: String
        /// Without the blanks around it.
        let value: String
    }

    /// The field of a line. Throws for a line that is none, and for one too many.
    mutating func read(_ line: ByteBufferView) throws(Problem) -> Field {
        count += 1
        size += line.count + 2
        guard count <= Self.most, size <= Self.largestBlock else { throw .headersTooLarge }
        // A line that begins with a blank, which once went on with the field before, is refused here as well.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex, line[..<colon].allSatisfy(Self.isToken) else {
            throw .malformed("A header is its name, a colon with no blank before it, and its value.")
        }
        return Field(
            name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            value: String(decoding: line[(colon + 1)...], as: UTF8.self).trimmingSpaces)
    }

    /// RFC 9110 §5.6.2.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
