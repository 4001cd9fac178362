import Glibc

/// The file that the programs of Postgres print to. They get a descriptor of it, so it may lie where their user may not go.
final class ServerLog: Sendable {
    let descriptor: Int32
    private let path: String
    private let start: off_t

    /// Opens it at its end; what is longer than 8 MiB begins anew.
    init(at path: String) throws(EmbeddedPostgresError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("open", path) }
        if lseek(descriptor, 0, SEEK_END) > 8 << 20 { ftruncate(descriptor, 0) }
        start = lseek(descriptor, 0, SEEK_END)
    }

    deinit { close(descriptor) }

    /// The last lines written since it was opened.
    var tail: String {
        let end = lseek(descriptor, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = max(0, pread(descriptor, &bytes, bytes.count, max(start, end - off_t(bytes.count))))
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").suffix(6)
        return lines.isEmpty ? "(nothing; see \(path))" : lines.joined(separator: "\n")
    }
}
