import EventLoop
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Time

/// A running process that leases executions.
public enum Node: Identified {
    public static let prefix = "node"
}

/// Says that this node is alive, and keeps its clock: one row a node, however many executions it runs. A lease lasts as
/// long as its node's `alive_until`.
///
/// It runs on the loop of its own connection, which nothing else keeps busy: a node under load is no dead one.
public actor Heartbeat: Service {
    static let interval: Duration = .milliseconds(1_500)
    static let lease: Duration = .seconds(5)
    /// A machine whose own clock is further off than this is told so: its logs and mails show wrong times.
    private static let bearable: Duration = .seconds(2)
    /// So many beats, a minute, go by between two such notes.
    private static let beatsBetweenNotes = 40

    private let engine: Engine
    private let name: String
    private let logger: Logger
    private let complaints: Complaints
    private var beatsSinceNote = Heartbeat.beatsBetweenNotes

    nonisolated public var unownedExecutor: UnownedSerialExecutor { engine.pulse.database.loop.asUnownedSerialExecutor() }

    /// `name` is for people: the host and process.
    public init(_ engine: Engine, name: String, logger: Logger) {
        self.engine = engine
        self.name = name
        self.logger = logger
        complaints = Complaints(to: logger)
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

    /// Beats until asked to stop; then takes the node's row away.
    public func run() async {
        let bell = Bell(on: engine.pulse.database.loop)
        await withGracefulShutdownHandler {
            var pause = Self.interval
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                await bell.wait(until: .now + pause)
                guard !Task.isShuttingDownGracefully else { break }
                do {
                    if try await !engine.clock.measure(engine.pulse.database) { engine.pulse.beginAnew() }
                    noteClock()
                    try await beat()
                    pause = Self.interval
                } catch {
                    pause = Engine.pauseAfterError
                    complaints.tell("no heartbeat", error)
                }
            }
        } onGracefulShutdown: {
            bell.ring()
        }
        await Task { await end() }.value
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
        Failpoint.heartbeat.reached()
        engine.pulse.renewed(at: begun)
    }

    func noteClock() {
        let lead = engine.clock.lead
        Meters.clockLead.record(Double(lead) / 1e6)
        beatsSinceNote += 1
        guard abs(lead) > Self.bearable.microseconds, beatsSinceNote >= Self.beatsBetweenNotes else { return }
        beatsSinceNote = 0
        let way = lead > 0 ? "ahead of" : "behind"
        logger.warning("clock off by \(abs(lead) / 1_000) ms: this machine's is \(way) the database's, which decides what is due")
    }

    /// Where something of it could not be handed on, its row stays until a rescuer has been there, and says that this was a
    /// stop: nothing is to blame for it. A stop does not wait long for that.
    private func end() async {
        do {
            try await engine.pulse.database.batch(
                [
                    "DELETE FROM nodes WHERE id = \(engine.node) AND NOT EXISTS (SELECT FROM queue WHERE leased_by = \(engine.node))",
                    "UPDATE nodes SET alive_until = '-infinity' WHERE id = \(engine.node)",
                ], timeout: .milliseconds(300))
        } catch {
            logger.warning("this node's row could not be taken away; it ends by itself", metadata: ["error": "\(error)"])
        }
    }
}
