import Glibc
import Synchronization

/// Remembers being told to stop before there is anybody to stop gracefully: while Postgres starts, or the schema is brought
/// up to date. Without it the process would end at once, and leave its Postgres behind.
enum EarlyStop {
    private static let isAsked = Atomic(false)

    /// From here on SIGTERM, SIGINT and SIGHUP only leave a note; `Serve` takes them over when everything is made.
    static func watch() {
        // Made before a signal can come: a handler may not be the first to touch it.
        isAsked.store(false, ordering: .relaxed)
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number) { _ in EarlyStop.isAsked.store(true, ordering: .relaxed) } }
    }

    /// Whether such a signal has come.
    static var hasCome: Bool { isAsked.load(ordering: .relaxed) }
}
