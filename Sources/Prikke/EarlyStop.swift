import Glibc
import Synchronization

/// Remembers being told to stop before there is anybody to stop gracefully: while Postgres starts, or the schema is brought
/// up to date. Without it the process would end at once, and leave its Postgres behind.
enum EarlyStop {
    private static let isAsked = Atomic(false)

    /// From here on SIGTERM and SIGINT only leave a note; the service group takes them over when it runs.
    static func watch() {
        // Made before a signal can come: a handler may not be the first to touch it.
        isAsked.store(false, ordering: .relaxed)
        for number in [SIGTERM, SIGINT] { signal(number) { _ in EarlyStop.isAsked.store(true, ordering: .relaxed) } }
    }

    /// Whether such a signal has come.
    static var hasCome: Bool { isAsked.load(ordering: .relaxed) }
}
