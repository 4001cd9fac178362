import Glibc

/// File descriptors: every connection is one, whoever it is with.
enum Descriptors {
    /// What is kept for the database, the private Postgres, DNS and files.
    private static let kept = 100

    /// No number of connections is worth more memory than so many take.
    private static let mostConnections = 16_384

    /// Lets this process have as many as the system would give it. (The lower limit that holds at first is for programs with
    /// `select`.) How many that are.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        let wish = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
        if withUnsafePointer(to: wish, { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), $0) }) == 0 { limit = wish }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many of `all` our own clients may have, when `calls` calls may be in flight: at least a quarter, where there are
    /// not enough for everything.
    static func forClients(of all: Int, besides calls: Int) -> Int {
        min(max(all - calls - kept, all / 4), mostConnections)
    }
}
