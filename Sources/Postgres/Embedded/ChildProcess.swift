import CSpawn
import Glibc

/// A program started with exactly the arguments given: no shell reads them, so a path may hold anything.
///
/// It gets nothing of ours but `output` as its stdout and stderr: no other descriptor (an inherited pipe would keep our
/// caller waiting for its end, an inherited lock would stay locked), no environment but a path and a locale (ours holds
/// secrets), and a session of its own, so that Ctrl-C at the terminal stops us and leaves it for us to stop.
struct ChildProcess {
    let pid: pid_t

    /// Starts `arguments[0]` with `folder` as its working directory.
    init(_ arguments: [String], in folder: String = "/", output: Int32) throws(EmbeddedPostgresError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, folder)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What we ignore (SIGPIPE) or block must not be ignored or blocked by the child.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, prikke_spawn_setsid | Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var started: pid_t = 0
        let code = withCStrings(arguments) { arguments in
            withCStrings(["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"]) { environment in
                arguments[0].map { posix_spawn(&started, $0, &actions, &attributes, arguments, environment) } ?? EINVAL
            }
        }
        guard code == 0 else { throw .system("start", arguments[0], code: code) }
        pid = started
    }

    /// Waits for its end; true if that was a success.
    func wait() -> Bool {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { return false } }
        return status == 0
    }

    /// Runs a program to its end; nil if it failed, else what it wrote.
    static func output(of arguments: [String]) throws(EmbeddedPostgresError) -> String? {
        var ends: [Int32] = [0, 0]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .system("make", "a pipe") }
        defer { close(ends[0]) }
        let started = Result { () throws(EmbeddedPostgresError) in try ChildProcess(arguments, output: ends[1]) }
        close(ends[1])
        let child = try started.get()
        let bytes = readToEnd(ends[0])
        return child.wait() ? String(decoding: bytes, as: UTF8.self) : nil
    }
}

private func readToEnd(_ descriptor: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return all }
        all += chunk[..<count]
    }
}

/// `argv` as C wants it: pointers to NUL-terminated strings, and a null at the end.
private func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
}
