import EventLoop
import Logging
import Postgres
import ServiceLifecycle
import Time

/// Looks every second for what a dead node, or a race, left behind: leases of nodes that are no more, executions that
/// wait for one that has ended, lanes that count wrong. It makes the tables of the days to come, too, every hour.
public struct Rescuer: Service {
    private let engine: Engine
    private let logger: Logger
    private let complaints: Complaints

    /// A rescuer of this node; `run` does the work.
    public init(_ engine: Engine, logger: Logger) {
        self.engine = engine
        self.logger = logger
        complaints = Complaints(to: logger)
    }

    /// Looks until asked to stop; what goes wrong is logged and tried again.
    public func run() async {
        let bell = Bell(on: engine.loop)
        await withGracefulShutdownHandler {
            var round = 0
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                await bell.wait(until: .now + .seconds(1))
                guard !Task.isShuttingDownGracefully else { break }
                do {
                    try await look(alsoAtLanes: round % 10 == 0)
                    if round % 3_600 == 3_599 { try await engine.partitions.prepare(from: engine.clock.now()) }
                } catch {
                    // Rows of a day that is gone would stand in the way of all others, for ever.
                    if (error as? PostgresError)?.isOfMissingPartition == true { try? await engine.partitions.ensureWhatIsQueued() }
                    complaints.tell("the rescuer could not look", error)
                }
                round += 1
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    /// One round; tests call it.
    func look(alsoAtLanes: Bool) async throws {
        let queue = ExecutionQueue(database: engine.database)
        let rescued = engine.pulse.isSteady ? try await queue.lose(.deadNodes, now: engine.clock.now()) : 0
        if rescued > 0 {
            Failpoint.rescued.reached()
            Meters.rescued.increment(by: rescued)
            logger.warning("leases of dead nodes were freed", metadata: ["count": "\(rescued)"])
            engine.dueBell.ring()
        }
        try await queue.release(after: nil, now: engine.clock.now())
        guard alsoAtLanes else { return }
        try await queue.forgetDeadNodes(now: engine.clock.now())
        let mended = try await queue.mendLanes(now: engine.clock.now())
        if mended > 0 {
            Meters.mendedLanes.increment(by: mended)
            logger.warning("lanes counted wrong and were mended", metadata: ["count": "\(mended)"])
        }
    }
}
