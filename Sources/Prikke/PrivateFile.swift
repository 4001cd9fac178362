import Glibc

/// Small files that only this user may read.
enum PrivateFile {
    /// The text of a file; nil where there is none that can be read.
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = fread(&buffer, 1, buffer.count, file)
        return ferror(file) == 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// Writes a file whole or not at all. False, with `errno`, where it cannot be written, or is there already and
    /// `replacing` is false.
    static func write(_ text: String, to path: String, replacing: Bool) -> Bool {
        let draft = "\(path).\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { unlink(draft) }
        let bytes = Array(text.utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, isWritten else { return false }
        return replacing ? rename(draft, path) == 0 : link(draft, path) == 0
    }
}
