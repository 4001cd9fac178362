import JSON

/// A JSON text laid out for people: a member or element a line. Only blanks are changed: every name, number and escape stays as it
/// came, and in its order, which reading and writing it again would not promise.
struct PrettyJSON {
    private let bytes: [UInt8]
    private let limit: Int
    private var out: [UInt8] = []
    private var depth = 0

    /// Nil for what is no JSON. Of a longer text little more than the first `limit` bytes are laid out.
    static func text(_ bytes: [UInt8], limit: Int) -> String? {
        guard (try? JSON(parsing: bytes)) != nil else { return nil }
        var pretty = PrettyJSON(bytes: bytes, limit: limit)
        pretty.layOut()
        return String(decoding: pretty.out, as: UTF8.self)
    }

    private init(bytes: [UInt8], limit: Int) { (self.bytes, self.limit) = (bytes, limit) }

    private mutating func layOut() {
        var position = 0
        while let byte = next(&position), out.count < limit {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): open(byte, &position)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                breakLine()
                out.append(byte)
            case UInt8(ascii: ","):
                out.append(byte)
                breakLine()
            case UInt8(ascii: ":"): out += ": ".utf8
            case UInt8(ascii: "\""): copyString(&position)
            default: out.append(byte)
            }
        }
    }

    /// The next byte that is no blank, and steps over it.
    private func next(_ position: inout Int) -> UInt8? {
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func open(_ byte: UInt8, _ position: inout Int) {
        out.append(byte)
        var ahead = position
        if let following = next(&ahead), following == UInt8(ascii: "}") || following == UInt8(ascii: "]") {
            out.append(following)
            position = ahead
        } else {
            depth += 1
            breakLine()
        }
    }

    /// The opening quote has been stepped over.
    private mutating func copyString(_ position: inout Int) {
        let start = position - 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position += 1
        out += bytes[start..<min(position, bytes.count)]
    }

    private mutating func breakLine() {
        out.append(UInt8(ascii: "\n"))
        out += repeatElement(UInt8(ascii: " "), count: 2 * depth)
    }
}
