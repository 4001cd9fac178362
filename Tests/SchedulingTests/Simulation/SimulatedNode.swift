import Postgres
import TestSupport
import Time

@testable import Scheduling

/// One node: the real engine on a virtual clock, and what its worker holds.
final class SimulatedNode {
    enum Stage: Equatable {
        /// Leased, waiting for its time.
        case armed
        case running
        /// Answered, to be recorded.
        case ended
    }

    struct Holding {
        let claim: Claim
        /// Tells it from what a node leased at another time.
        let claimedAt: Int64
        var stage = Stage.armed
        var finished: Finished?
        /// The node was cut off while it had this, or gave it up: its lease may be another's by now.
        var isDisturbed = false
    }

    let name: String
    let engine: Engine
    let queue: ExecutionQueue
    let zoneWatch: ZoneWatch
    var held: [Claim.Lease: Holding] = [:]
    var isAlive = true
    var isStopping = false
    /// Until this moment its process stands still.
    var pausedUntil: Int64?
    /// Since when it has not renewed its lease; nil: it renews.
    var cutAt: Int64?
    /// Since when it has renewed without a break.
    var connectedAt: Int64
    /// Leases that the database says are its own, seen once without its knowing of them.
    var strays: Set<Claim.Lease> = []

    init(_ name: String, on database: Database, time: VirtualTime, catchUpRate: Int? = nil) {
        self.name = name
        engine = Engine(database, catchUpRate: catchUpRate, on: TestCluster.loop, clock: DatabaseClock(monotonic: time.monotonic))
        queue = ExecutionQueue(database: database)
        zoneWatch = ZoneWatch(engine, logger: silence)
        connectedAt = time.moment
    }

    var id: ID<Node> { engine.node }
    var now: Timestamp { engine.clock.now() }
    var isConnected: Bool { isAlive && pausedUntil == nil && cutAt == nil }

    /// As `Pulse.isFresh`: whether it may still start what it has leased.
    func isFresh(at moment: Int64) -> Bool { isAlive && pausedUntil == nil && cutAt.map { moment - $0 < 4_000_000 } ?? true }

    /// As `Pulse.isSteady`: whether what it sees of the others says anything.
    func isSteady(at moment: Int64) -> Bool { isConnected && moment - connectedAt >= Heartbeat.lease.microseconds }
}
