import NIOCore

/// Takes lines out of bytes as they come, however few at a time: no byte is looked at twice.
///
/// A line ends with CR LF; LF alone, CR alone and NUL, which servers and proxies read differently, are refused (RFC 9112
/// §2.2 and §11.2), and with them every other control byte except the tab.
struct LineReader {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    /// Both count from the first of the bytes: where the line begins that is not whole yet, and how far it was looked at.
    private(set) var start = 0
    private var seen = 0

    /// The next line without its end; nil: it is not whole yet. Throws `tooLong` for one of more than `longest` bytes.
    /// `bytes` are those of the last call, and what came after them.
    mutating func next(in bytes: ByteBufferView, longest: Int, orThrow tooLong: Problem) throws(Problem) -> ByteBufferView? {
        let fresh = bytes.dropFirst(seen)
        let end = fresh.firstIndex(of: Self.lineFeed)
        guard fresh[..<(end ?? bytes.endIndex)].allSatisfy(Self.mayStandInLine) else { throw .malformed("There is a control character.") }
        let line = bytes[(bytes.startIndex + start)..<(end ?? bytes.endIndex)]
        guard line.count <= longest + 1 else { throw tooLong }
        guard let end else {
            seen = bytes.count
            return nil
        }
        guard line.last == Self.carriageReturn, !line.dropLast().contains(Self.carriageReturn) else {
            throw .malformed("Lines end with CR LF, and neither stands alone.")
        }
        start = end + 1 - bytes.startIndex
        seen = start
        return line.dropLast()
    }

    private static func mayStandInLine(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") || byte == carriageReturn
    }
}
