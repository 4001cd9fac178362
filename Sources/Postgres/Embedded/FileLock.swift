import Glibc

/// Holds a file locked (`flock`) until it is let go of, or the process ends, however it ends. The file says who holds it.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or says at once that somebody else has it.
    init(at path: String, dataFolder: String) throws(EmbeddedPostgresError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 16)
            let count = max(0, pread(descriptor, &text, text.count, 0))
            close(descriptor)
            throw .inUse(dataFolder: dataFolder, owner: Int32(String(decoding: text[..<count], as: UTF8.self)))
        }
        let text = Array(String(getpid()).utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, text, text.count, 0)
    }

    deinit { close(descriptor) }
}
