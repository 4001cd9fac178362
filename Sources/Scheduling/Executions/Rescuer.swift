import EventLoop
import Logging
import Postgres
import ServiceLifecycle
import Time

/// Looks every second for what a dead node, or a race, left behind: leases of nodes that are no more, executions that
/// wait for one that has ended or for a host that is back, lanes that count wrong. It makes the tables of the days to come, too, every hour.
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
                do { try await look(alsoAtLanes: round % 10 == 0, alsoAhead: round % 3_600 == 3_599) } catch {
                    complaints.tell("the rescuer could not look", error)
                }
                round += 1
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    /// One round; tests call it. What one sweep fails at does not stop the others; the first error is thrown when all are done.
    func look(alsoAtLanes: Bool, alsoAhead: Bool = false) async throws {
        let queue = ExecutionQueue(database: engine.database)
        var sweeps = [rescue, { try await $0.release(after: nil, now: engine.clock.now()) }, letGoOfHosts]
        if alsoAtLanes {
            sweeps += [{ try await $0.forgetDeadNodes(now: engine.clock.now()) }, mendLanes]
            sweeps += [{ try await $0.forgetIdleBreakers(now: engine.clock.now()) }, { _ in try await engine.breakers.load(from: engine.database) }]
        }
        if alsoAhead { sweeps.append { _ in try await engine.partitions.prepare(from: engine.clock.now()) } }
        var first: (any Error)?
        for sweep in sweeps where !Task.isShuttingDownGracefully {
            do { try await sweep(queue) } catch {
                // Rows of a day that is gone would stand in the way of all others, for ever.
                if (error as? PostgresError)?.isOfMissingPartition == true { try? await engine.partitions.ensureWhatIsQueued() }
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    private func rescue(_ queue: ExecutionQueue) async throws {
        let rescued = engine.pulse.isSteady ? try await queue.lose(.deadNodes, now: engine.clock.now()) : 0
        guard rescued > 0 else { return }
        Failpoint.rescued.reached()
        Meters.rescued.increment(by: rescued)
        logger.warning("leases of dead nodes were freed", metadata: ["count": "\(rescued)"])
        engine.dueBell.ring()
    }

    private func letGoOfHosts(_ queue: ExecutionQueue) async throws {
        if try await queue.letGoOfHosts(now: engine.clock.now()) > 0 { engine.dueBell.ring() }
    }

    private func mendLanes(_ queue: ExecutionQueue) async throws {
        let mended = try await queue.mendLanes(now: engine.clock.now())
        guard mended > 0 else { return }
        Meters.mendedLanes.increment(by: mended)
        logger.warning("lanes counted wrong and were mended", metadata: ["count": "\(mended)"])
    }
}
