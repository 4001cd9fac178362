import Postgres
import Synchronization

/// Whether this node may still believe in its leases, and in what it sees of the others'.
final class Pulse: Sendable {
    /// A node that has not renewed for so long starts nothing more: in a second its leases end, and somebody else may have
    /// them. By the monotonic clock, which goes on while the process is stopped.
    private static let longest: Duration = .seconds(4)

    /// Renewals further apart than this were cut off from each other.
    private static let widest: Duration = Heartbeat.interval * 2

    let database: Database
    private let beats = Mutex<(first: ContinuousClock.Instant, last: ContinuousClock.Instant)?>(nil)

    init(_ database: Database) { self.database = database }

    /// A renewal that was begun at `instant` has been written.
    func renewed(at instant: ContinuousClock.Instant) {
        beats.withLock { beats in
            let isUnbroken = beats.map { $0.last.duration(to: instant) <= Self.widest } ?? false
            beats = (isUnbroken ? beats?.first ?? instant : instant, instant)
        }
    }

    /// The database's clock has been set: what the nodes have written by the old one says nothing about who lives.
    func beginAnew() { beats.withLock { $0?.first = .now } }

    /// True as well for a node that never began to renew: it has no heartbeat service.
    var isFresh: Bool { beats.withLock { $0.map { $0.last.duration(to: .now) < Self.longest } ?? true } }

    /// Whether this node has renewed without a break for as long as a lease lasts. One that was cut off, or has only begun,
    /// knows nothing about the others: after an outage of the database all look dead, and all get the time to renew.
    var isSteady: Bool {
        isFresh && beats.withLock { $0.map { $0.first.duration(to: .now) >= Heartbeat.lease } ?? true }
    }
}
