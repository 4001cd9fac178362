import Postgres
import Tenancy
import Time

/// Many jobs' passages, written in one statement.
struct Moves: Sendable {
    /// A stretch of more occurrences than this that did not run is one row.
    static let mostMissedRows = 100
    /// So long at most an occurrence gives way to others of its organization that fall due after it.
    static let mostPatience: Duration = .seconds(10)

    private struct Occurrence {
        let job: DueJob
        let id: ID<Execution>
        let time: Timestamp
        /// Stands behind an earlier one of the same job in this very batch.
        let isBehind: Bool
    }

    private struct Stretch {
        let job: DueJob
        let id: ID<Execution>
        let first: Timestamp
        let last: Timestamp
        let count: Int
    }

    private var moved: [(job: DueJob, next: Timestamp?)] = []
    private var queued: [Occurrence] = []
    private var missed: [Stretch] = []

    var isEmpty: Bool { moved.isEmpty }
    /// So many rows it writes.
    var rows: Int { queued.count + missed.count }
    /// Where its rows may come to lie: at once, or when what is queued is skipped, cancelled or given up before it ran.
    var days: [(keepDays: Int, scheduledFor: Timestamp)] {
        missed.map { ($0.job.keepDays, $0.first) } + queued.map { ($0.job.keepDays, $0.time) }
    }

    mutating func add(_ job: DueJob, _ passage: Passage) {
        moved.append((job, passage.next))
        for (index, time) in passage.queued.enumerated() {
            queued.append(Occurrence(job: job, id: ID(at: time), time: time, isBehind: index > 0))
        }
        guard let first = passage.missed.first, let last = passage.missed.last else { return }
        if passage.missed.count > Self.mostMissedRows {
            missed.append(Stretch(job: job, id: ID(at: first), first: first, last: last, count: passage.missed.count))
        } else {
            missed += passage.missed.map { Stretch(job: job, id: ID(at: $0), first: $0, last: $0, count: 1) }
        }
    }

    /// Moves each job on, if it and its next run are still what was seen, and only then queues and records what was
    /// decided for it. Answers how many occurrences were queued and missed, and how many a unique key had to catch, which
    /// should be none.
    ///
    /// Where one organization's rows are locked for long, each is moved by itself, and the locked ones come again.
    func write(to database: Database, now: Timestamp) async throws -> (queued: Int, missed: Int, caught: Int) {
        do { return try await writeAtOnce(to: database, now: now) } catch let error as PostgresError where error.isOfLock {
            let organizations = Set(moved.map(\.job.organizationID))
            guard organizations.count > 1 else { throw error }
            var sum = (queued: 0, missed: 0, caught: 0)
            for organization in organizations {
                do {
                    let counts = try await only(organization).writeAtOnce(to: database, now: now)
                    sum = (sum.queued + counts.queued, sum.missed + counts.missed, sum.caught + counts.caught)
                } catch let error as PostgresError where error.isOfLock {}
            }
            return sum
        }
    }

    private func only(_ organization: ID<Organization>) -> Moves {
        var part = Moves()
        part.moved = moved.filter { $0.job.organizationID == organization }
        part.queued = queued.filter { $0.job.organizationID == organization }
        part.missed = missed.filter { $0.job.organizationID == organization }
        return part
    }

    private func writeAtOnce(to database: Database, now: Timestamp) async throws -> (queued: Int, missed: Int, caught: Int) {
        let waiting = moved.filter { !$0.job.mayOverlap }.map { ($0.job.organizationID, $0.job.jobID) }
        let surplus = waiting.isEmpty ? [] : [ExecutionQueue.skippingSurplus(of: waiting, now: now)]
        let results = try await database.batch(
            ([lock] + surplus + [statement(now: now)]).map(\.plannedAnew) + [Topic.due.notification(database)])
        let rows = results[surplus.count + 1]
        let expected: Int64 = try rows.only("expected")
        let queued: Int64 = try rows.only("queued")
        let missed: Int64 = try rows.only("missed")
        return (Int(queued), Int(missed), Int(expected - queued))
    }

    /// Waits for whoever is changing one of these jobs, or starting it by hand. Alone, because a statement sees what was
    /// there when it began: the next one begins when the wait is over, and sees what was done.
    private var lock: Query {
        """
        SELECT FROM unnest(\(moved.map(\.job.organizationID)), \(moved.map(\.job.jobID))) AS m (organization_id, job_id)
            JOIN job_states s ON s.organization_id = m.organization_id AND s.job_id = m.job_id
        ORDER BY s.organization_id, s.job_id FOR UPDATE OF s
        """
    }

    private func statement(now: Timestamp) -> Query {
        """
        WITH seen AS MATERIALIZED (
            SELECT s.organization_id, s.job_id, m.next_run_at, j.overlap = 'allow' AS may_overlap, e.keep_days,
                -- The rarer a job, the longer it can wait, within bounds: a backlog of daily reports does not hold up the
                -- minute's heartbeat, and no heartbeat starves a report.
                least(coalesce(j.shortest_interval_ms, 0) / 60, \(Self.mostPatience.microseconds / 1_000)) * interval '1 ms' AS patience
            FROM unnest(
                \(moved.map(\.job.organizationID)), \(moved.map(\.job.jobID)), \(moved.map(\.job.nextRunAt)), \(moved.map(\.next)),
                \(moved.map(\.job.version))
            ) AS m (organization_id, job_id, seen, next_run_at, version)
            JOIN job_states s ON s.organization_id = m.organization_id AND s.job_id = m.job_id AND s.next_run_at = m.seen
            JOIN jobs j ON j.organization_id = m.organization_id AND j.id = m.job_id AND j.version = m.version
            JOIN entitlements e ON e.organization_id = m.organization_id
        ),
        moved AS (
            UPDATE job_states s SET next_run_at = seen.next_run_at, set_aside = NULL FROM seen
            WHERE s.organization_id = seen.organization_id AND s.job_id = seen.job_id
        ),
        coming AS MATERIALIZED (
            SELECT q.*, seen.keep_days, seen.patience, NOT seen.may_overlap AND (q.is_behind OR EXISTS (
                SELECT FROM queue o WHERE o.organization_id = q.organization_id AND o.job_id = q.job_id
                    AND (o.held OR o.leased_by IS NOT NULL OR o.attempt - o.lost_leases = 1))) AS held
            FROM unnest(
                \(queued.map(\.job.organizationID)), \(queued.map(\.job.jobID)), \(queued.map(\.id)), \(queued.map(\.time)),
                \(queued.map(\.isBehind))
            ) AS q (organization_id, job_id, id, scheduled_for, is_behind)
            JOIN seen ON seen.organization_id = q.organization_id AND seen.job_id = q.job_id
        ),
        queued AS (
            INSERT INTO queue (organization_id, id, job_id, scheduled_for, due_at, line_at, trigger, keep_days, held)
            SELECT organization_id, id, job_id, scheduled_for, scheduled_for, scheduled_for + patience, 'schedule', keep_days, held
            FROM coming
            ON CONFLICT DO NOTHING RETURNING organization_id, due_at, held
        ),
        missed AS (
            INSERT INTO executions (
                organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, count,
                last_scheduled_for)
            SELECT organization_id, seen.keep_days, x.first, x.id, job_id, 'schedule', 'missed', 'start_deadline', 1, \(now), x.count,
                CASE WHEN x.count > 1 THEN x.last END
            FROM unnest(
                \(missed.map(\.job.organizationID)), \(missed.map(\.job.jobID)), \(missed.map(\.id)), \(missed.map(\.first)),
                \(missed.map(\.last)), \(missed.map { Int32($0.count) })
            ) AS x (organization_id, job_id, id, first, last, count)
            JOIN seen USING (organization_id, job_id)
            ON CONFLICT DO NOTHING RETURNING count
        ),
        due AS MATERIALIZED (
            SELECT l.organization_id, q.due_at FROM lanes l
            JOIN (SELECT organization_id, min(due_at) AS due_at FROM queued WHERE NOT held GROUP BY 1) q
                ON q.organization_id = l.organization_id
            ORDER BY 1 FOR UPDATE OF l
        ),
        lines AS (
            UPDATE lanes l SET next_due = least(l.next_due, due.due_at) FROM due WHERE l.organization_id = due.organization_id
        )
        SELECT (SELECT count(*) FROM coming) AS expected, (SELECT count(*) FROM queued) AS queued,
            (SELECT coalesce(sum(count), 0) FROM missed) AS missed
        """
    }
}
