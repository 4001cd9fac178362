import EventLoop
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Tenancy
import Time

/// Folds the past of jobs away (see `Tally`): every day once it is over, and again what was written of it later. It takes its time: of a
/// second it leaves most to the engine.
///
/// One node of all does it at a time, for thrift. It may die at any moment: each statement folds some jobs and says so, or does nothing.
public struct Tallier: Service {
    private static let pause: Duration = .seconds(20)
    /// So many jobs are folded by one statement; half of them where that takes longer than `patience`.
    private static let batch = 20
    private static let patience: Duration = .seconds(60)
    /// Jobs that are found at one look at all of them.
    private static let mostFound = 2_000

    private let engine: Engine
    private let bell: Bell
    private let complaints: Complaints

    /// A tallier of this node; `run` does the work.
    public init(_ engine: Engine, logger: Logger) {
        self.engine = engine
        bell = Bell(on: engine.loop)
        complaints = Complaints(to: logger)
    }

    public func run() async {
        await withGracefulShutdownHandler {
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                do {
                    // What is being folded at a stop is folded again.
                    try await cancelWhenGracefulShutdown { try await fold(before: Tally.end(at: engine.clock.now()), resting: 4) }
                } catch {
                    if !Task.isShuttingDownGracefully { complaints.tell("the days of jobs could not be counted", error) }
                }
                await bell.wait(until: .now + Self.pause)
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    /// One round; tests call it. `resting`: so many times as long as a statement took. A job that cannot be folded keeps no other from
    /// it. Throws the error of the last one that could not be.
    func fold(before end: Timestamp, resting: Int = 0) async throws {
        var failure: (any Error)?
        var failed: Set<ID<Job>> = []
        while !Task.isCancelled {
            let found = try await behind(end).filter { !failed.contains($0.job) }
            var rest = found[...]
            var (batch, folded) = (Self.batch, 0)
            while !rest.isEmpty, !Task.isCancelled {
                let some = Array(rest.prefix(batch))
                let start = ContinuousClock.now
                do {
                    guard let count = try await fold(some, before: end) else { return }
                    folded += count
                    rest = rest.dropFirst(some.count)
                } catch let error as PostgresError where error.isOfTime && batch > 1 {
                    batch /= 2
                } catch let error as PostgresError where error.isOfTime {
                    (failure, rest) = (error, rest.dropFirst())
                    failed.insert(some[0].job)
                }
                if resting > 0 { try await Task.sleep(for: (.now - start) * resting) }
            }
            // What is left is being written to: in the next round.
            if folded == 0 || found.count < Self.mostFound { break }
        }
        if let failure { throw failure }
    }

    /// Jobs that are not folded up to there: first those of which least is missing.
    private func behind(_ end: Timestamp) async throws -> [Tally] {
        try await engine.database.transaction { transaction in
            try await transaction.query(
                """
                SELECT \(Tally.columns) FROM job_states s JOIN jobs j ON j.organization_id = s.organization_id AND j.id = s.job_id
                WHERE s.tallied_until < \(end) AND j.deleted_at IS NULL
                ORDER BY s.tallied_until DESC, s.organization_id, s.job_id LIMIT \(Int64(Self.mostFound))
                """
            ).map { try Tally($0) }
        }
    }

    /// How many of these were folded; nil: another node is at it. In a transaction, for a connection of its own: nobody waits behind it.
    private func fold(_ tallies: [Tally], before end: Timestamp) async throws -> Int? {
        let now = engine.clock.now()
        return try await engine.database.transaction { transaction in
            let isFree: Bool = try await transaction.query(
                "SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || '.tallier')) AS is_free"
            ).only("is_free")
            guard isFree else { return nil }
            try await transaction.query("SELECT set_config('statement_timeout', \(String(Self.patience.microseconds / 1_000)), true)")
            try await transaction.query(Executions.plannedOnce)
            return try await transaction.query(
                Tally.folding(tallies, before: end, now: now), timeout: Self.patience + .seconds(1)
            ).count
        }
    }
}
