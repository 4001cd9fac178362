import EventLoop
import Logging
import Postgres
import ServiceLifecycle
import Time

/// A running process that leases executions.
public enum Node: Identified {
    public static let prefix = "node"
}

/// Says that this node is alive, and keeps its clock: one row a node, however many executions it runs. A lease lasts as
/// long as its node's `alive_until`.
public struct Heartbeat: Service {
    static let interval: Duration = .milliseconds(1_500)
    static let lease: Duration = .seconds(5)

    private let engine: Engine
    private let name: String
    private let logger: Logger

    /// `name` is for people: the host and process.
    public init(_ engine: Engine, name: String, logger: Logger) {
        self.engine = engine
        self.name = name
        self.logger = logger
    }

    /// What must have happened before any other service runs: the clock is set, the node is known, today's tables exist.
    public func begin() async throws {
        try await setClock()
        try await beat()
        try await engine.partitions.prepare(from: engine.clock.now())
    }

    /// For a command, which decides what is due but leases nothing.
    public func setClock() async throws {
        for _ in 0..<3 { try await engine.clock.measure(engine.pulse.database) }
    }

    public func run() async {
        let bell = Bell(on: engine.loop)
        await withGracefulShutdownHandler {
            var round = 0
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                await bell.wait(until: .now + Self.interval)
                round += 1
                do {
                    try await engine.clock.measure(engine.pulse.database)
                    try await beat()
                    if round % 2_400 == 0 { try await engine.partitions.prepare(from: engine.clock.now()) }
                } catch {
                    logger.error("no heartbeat", metadata: ["error": "\(error)"])
                }
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    private func beat() async throws {
        let begun = ContinuousClock.now
        let now = engine.clock.now()
        try await engine.pulse.database.query(
            """
            INSERT INTO nodes (id, name, started_at, alive_until, clock_offset_us)
            VALUES (\(engine.node), \(name), \(now), \(now.adding(Self.lease)), \(engine.clock.lead))
            ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until, clock_offset_us = excluded.clock_offset_us
            """)
        engine.pulse.renewed(at: begun)
    }
}
