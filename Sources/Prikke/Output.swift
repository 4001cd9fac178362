import Glibc
import JSON

/// Standard output carries only the answer; everything said beside it goes to standard error.
enum Output {
    /// One line of the answer. Nobody may believe that he has an answer which was lost (a full disk, a key shown only
    /// once): then the program ends as failed.
    static func answer(_ text: String) { answer(ArraySlice(Array((text + "\n").utf8))) }

    /// A part of the answer, byte for byte.
    static func answer(_ bytes: ArraySlice<UInt8>) {
        guard !write(bytes, to: STDOUT_FILENO) else { return }
        note("prikke: the answer could not be written to standard output: \(String(cString: strerror(errno)))")
        exit(1)
    }

    /// The whole answer as one JSON value.
    static func answer(_ json: JSON) { answer(String(decoding: json.bytes(), as: UTF8.self)) }

    /// Something for people: progress, a warning, an error.
    static func note(_ text: String) { _ = write(ArraySlice(Array((text + "\n").utf8)), to: STDERR_FILENO) }

    /// Whether all of it was written; if not, `errno` says why.
    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var bytes = bytes
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return false }
            bytes = bytes.dropFirst(max(0, count))
        }
        return true
    }
}
