import EventLoop
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Tenancy
import Time

/// Lets go of history whose days are over: a day leaves by dropping its tables, which costs the same for ten rows as for ten
/// million, after what is among the last 50 executions of its job has been copied aside (`kept_executions`). And erases jobs that were
/// deleted long enough ago.
///
/// One node of all does it, by an advisory lock; two would do no harm, for each step can be repeated, and a step that was
/// broken off is taken up again in the next round.
public struct Pruner: Service {
    /// So many executions of each job are always kept.
    static let alwaysKept = 50
    private static let pause: Duration = .seconds(3_600)
    /// Jobs whose last executions are copied in one transaction; half of them where that takes longer than `patience`, which is
    /// short enough for any vacuum.
    private static let batch = 200
    var patience: Duration = .seconds(60)

    let engine: Engine
    private let database: Database
    let logger: Logger

    /// A pruner of this node; `run` does the work.
    public init(_ engine: Engine, logger: Logger) {
        self.engine = engine
        database = engine.database
        self.logger = logger
    }

    /// Prunes at once and then every hour, until asked to stop. Throws `PostgresError` of kind `.configuration` alone.
    public func run() async throws {
        let lock = try database.advisoryLock(name: "pruner")
        let bell = Bell(on: engine.loop)
        await withGracefulShutdownHandler {
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                do {
                    // What is being copied at a stop is copied again.
                    if try await lock.tryAcquire() { try await cancelWhenGracefulShutdown { try await prune() } }
                } catch {
                    if !Task.isShuttingDownGracefully { logger.error("history could not be pruned", metadata: ["error": "\(error)"]) }
                }
                await lock.release()
                await bell.wait(until: .now + Self.pause)
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    /// One round; tests call it. A day that cannot be dropped keeps no other from it.
    func prune() async throws {
        do { try await eraseJobs() } catch  where !Task.isCancelled {
            logger.error("deleted jobs could not be erased", metadata: ["error": "\(error)"])
        }
        for day in try await engine.partitions.over(at: engine.clock.now()) where !Task.isCancelled {
            let facts: Logger.Metadata = ["keep_days": "\(day.keepDays)", "day": "\(day.text)"]
            do {
                if day.isAttached { try await keepTheLast(of: day) }
                if Task.isCancelled { return }
                try await engine.partitions.drop(day)
                Meters.pruned.increment()
                logger.info("a day of history was dropped", metadata: facts)
            } catch {
                if Task.isCancelled { return }
                logger.error("a day of history could not be dropped", metadata: facts.merging(["error": "\(error)"]) { $1 })
            }
        }
    }

    private typealias Place = (organization: ID<Organization>, job: ID<Job>)

    private func keepTheLast(of day: Partitions.Day) async throws {
        var (place, batch) = (nil as Place?, Self.batch)
        while true {
            do {
                guard let last = try await keepTheLast(of: day, behind: place, batch) else { return }
                place = last
            } catch let error as PostgresError where error.isOfTime && batch > 1 {
                batch /= 2
            }
        }
    }

    /// Copies for the next jobs, by organization and id; answers the last of them, or nil when there were no more.
    private func keepTheLast(of day: Partitions.Day, behind last: Place?, _ batch: Int) async throws -> Place? {
        let rest: Query = last.map { "AND (x.organization_id, x.job_id) > (\($0.organization), \($0.job))" } ?? ""
        let patience = patience + .seconds(1)
        return try await database.transaction { transaction in
            try await transaction.query("SELECT set_config('statement_timeout', \(String(self.patience.microseconds / 1_000)), true)")
            let jobs = try await transaction.query(
                // Of a job that has been erased nothing is kept beyond its days.
                """
                SELECT DISTINCT x.organization_id, x.job_id FROM \(unsafe: day.executions) x
                    JOIN jobs j ON j.organization_id = x.organization_id AND j.id = x.job_id
                WHERE true \(rest) ORDER BY 1, 2 LIMIT \(batch)
                """,
                timeout: patience
            ).map { (organization: try $0("organization_id") as ID<Organization>, job: try $0("job_id") as ID<Job>) }
            if jobs.isEmpty { return nil }
            for query in Self.copies(of: jobs, from: day) { try await transaction.query(query, timeout: patience) }
            return jobs.last
        }
    }

    /// What of the day is among its job's last; its attempts; and what that makes one too many of those kept before. A job is
    /// asked for its later executions only till there are enough, so a busy one costs no more than a rare one.
    private static func copies(of jobs: [(organization: ID<Organization>, job: ID<Job>)], from day: Partitions.Day) -> [Query] {
        let places: Query = """
            asked AS (SELECT * FROM unnest(\(jobs.map(\.organization)), \(jobs.map(\.job))) AS a (organization_id, job_id)),
            places AS MATERIALIZED (
                SELECT a.organization_id, a.job_id, \(alwaysKept) - (SELECT count(*) FROM (
                    SELECT FROM executions e WHERE e.organization_id = a.organization_id AND e.job_id = a.job_id
                        AND e.scheduled_for >= \(day.end) LIMIT \(alwaysKept)) later) AS free
                FROM asked a
            )
            """
        return [
            """
            WITH \(places)
            INSERT INTO kept_executions SELECT last.* FROM places p CROSS JOIN LATERAL (
                SELECT * FROM \(unsafe: day.executions) e WHERE e.organization_id = p.organization_id AND e.job_id = p.job_id
                ORDER BY e.scheduled_for DESC, e.id DESC LIMIT p.free) last
            ON CONFLICT DO NOTHING
            """,
            """
            WITH \(places)
            DELETE FROM kept_executions k USING (
                SELECT x.organization_id, x.job_id, x.scheduled_for, x.id, p.free,
                    row_number() OVER (PARTITION BY x.organization_id, x.job_id ORDER BY x.scheduled_for DESC, x.id DESC) AS place
                FROM places p JOIN kept_executions x ON x.organization_id = p.organization_id AND x.job_id = p.job_id
            ) r WHERE r.place > r.free AND k.organization_id = r.organization_id AND k.job_id = r.job_id
                AND k.scheduled_for = r.scheduled_for AND k.id = r.id
            """,
            """
            DELETE FROM kept_attempts a USING unnest(\(jobs.map(\.organization)), \(jobs.map(\.job))) AS j (organization_id, job_id)
            WHERE a.organization_id = j.organization_id AND a.job_id = j.job_id AND NOT EXISTS (
                SELECT FROM kept_executions k WHERE k.organization_id = a.organization_id AND k.id = a.execution_id)
            """,
            """
            INSERT INTO kept_attempts SELECT a.*, k.job_id FROM kept_executions k
            JOIN \(unsafe: day.attempts) a ON a.organization_id = k.organization_id AND a.execution_id = k.id
            WHERE (k.organization_id, k.job_id) IN (SELECT * FROM unnest(\(jobs.map(\.organization)), \(jobs.map(\.job))))
            ON CONFLICT DO NOTHING
            """,
        ]
    }
}
