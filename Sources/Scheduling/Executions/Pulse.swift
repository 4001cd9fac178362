import Postgres
import Synchronization

/// Whether this node may still believe in its leases.
final class Pulse: Sendable {
    /// A node that has not renewed for so long starts nothing more: in a second its leases end, and somebody else may have
    /// them. By the monotonic clock, which goes on while the process is stopped.
    private static let longest: Duration = .seconds(4)

    let database: Database
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(_ database: Database) { self.database = database }

    /// A renewal that was begun at `instant` has been written.
    func renewed(at instant: ContinuousClock.Instant) { last.withLock { $0 = instant } }

    /// True as well for a node that never began to renew: it has no heartbeat service.
    var isFresh: Bool { last.withLock { $0.map { $0.duration(to: .now) < Self.longest } ?? true } }
}
