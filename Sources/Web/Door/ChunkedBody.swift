import NIOCore

/// Follows a chunked body (RFC 9112 §7.1) to its end: sizes, data and trailers.
struct ChunkedBody {
    /// Bytes of a line with a chunk's size and its extensions, which nobody uses and we ignore.
    static let longestSizeLine = 256

    /// Bytes of all extensions of a body together: a byte of data may not cost a line of them each time (CVE-2023-39326).
    static let mostExtensions = 4_096

    private enum Stage {
        case size(LineReader)
        case data(left: Int)
        case end(LineReader)
        case trailers(LineReader, FieldLines)
    }

    private var stage = Stage.size(LineReader())
    private var extensions = 0
    private(set) var isWhole = false

    /// How many of these bytes belong to this body and are good; 0: more are needed. Throws for what is no chunked body.
    /// `bytes` are those of the last call that were not taken, and what came after them.
    mutating func take(_ bytes: ByteBufferView) throws(Problem) -> Int {
        switch stage {
        case .size(var lines):
            let line = try lines.next(in: bytes, longest: Self.longestSizeLine, orThrow: .malformed("A chunk's extensions are too long."))
            stage = .size(lines)
            guard let line else { return 0 }
            let size = try size(line)
            stage = size == 0 ? .trailers(LineReader(), FieldLines()) : .data(left: size)
            return lines.start
        case .data(let left):
            let count = min(left, bytes.count)
            stage = count == left ? .end(LineReader()) : .data(left: left - count)
            return count
        case .end(var lines):
            let line = try lines.next(in: bytes, longest: 0, orThrow: .malformed("A chunk is longer than its size."))
            stage = line == nil ? .end(lines) : .size(LineReader())
            return line == nil ? 0 : lines.start
        case .trailers(var lines, var fields):
            return try takeTrailers(bytes, &lines, &fields)
        }
    }

    private mutating func size(_ line: ByteBufferView) throws(Problem) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        // Eight digits are 4 GiB. The initializer alone would take a sign as well.
        guard (1...8).contains(digits.count), !"+-".utf8.contains(digits.first ?? 0),
            let size = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed("A chunk's size is no number, or too large a one.") }
        extensions += line.count - digits.count
        guard extensions <= Self.mostExtensions else { throw .malformed("The chunks have too many extensions.") }
        return Int(size)
    }

    /// All at once, when the last of them has come: they are held to the same limits as headers.
    private mutating func takeTrailers(_ bytes: ByteBufferView, _ lines: inout LineReader, _ fields: inout FieldLines) throws(Problem)
        -> Int
    {
        while let line = try lines.next(in: bytes, longest: FieldLines.longest, orThrow: .headersTooLarge) {
            if line.isEmpty {
                isWhole = true
                return lines.start
            }
            let name = try fields.read(line).name
            guard !["host", "content-length", "transfer-encoding", "connection"].contains(name) else {
                throw .malformed("A trailer may not say where the request goes or ends, or what becomes of the connection.")
            }
        }
        stage = .trailers(lines, fields)
        return 0
    }
}
