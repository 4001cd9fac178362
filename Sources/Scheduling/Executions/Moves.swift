import Postgres
import Tenancy
import Time

/// What was decided about many jobs, written in one statement.
struct Moves: Sendable {
    /// So long at most an occurrence gives way to others of its organization that fall due after it.
    static let mostPatience: Duration = .seconds(10)

    private struct Start {
        let job: DueJob
        let id: ID<Execution>
        let start: Decision.Start
        /// Stands behind an earlier one of the same job in this very batch.
        let isBehind: Bool
    }

    private struct Row {
        let job: DueJob
        let id: ID<Execution>
        let reason: Reason
        let first: Timestamp
        let last: Timestamp
        let count: Int

        /// What came too late is missed; what was not to run is skipped.
        var status: ExecutionStatus { reason == .startDeadline ? .missed : .skipped }
    }

    private struct Growth {
        let job: DueJob
        let reason: Reason
        let first: Timestamp
        let last: Timestamp
        let count: Int
        let instead: Bool
    }

    private(set) var moved: [(job: DueJob, to: Decision)] = []
    private var starts: [Start] = []
    private var notRun: [Row] = []
    private var growths: [Growth] = []

    var isEmpty: Bool { moved.isEmpty }
    /// So many rows it writes.
    var rows: Int { starts.count + notRun.count + growths.count }
    /// Where its rows may come to lie: at once, or when what is queued is skipped, cancelled or given up before it ran.
    var days: [(keepDays: Int, scheduledFor: Timestamp)] {
        notRun.map { ($0.job.keepDays, $0.first) } + starts.map { ($0.job.keepDays, $0.start.time) }
    }

    mutating func add(_ job: DueJob, _ decision: Decision) {
        moved.append((job, decision))
        // What is in time goes before what is late and has to wait for its turn.
        for (index, start) in decision.starts.sorted(by: { ($0.dueAt, $0.time) < ($1.dueAt, $1.time) }).enumerated() {
            starts.append(Start(job: job, id: ID(at: start.time), start: start, isBehind: index > 0))
        }
        for (reason, entry) in decision.notRun {
            switch entry {
            case .row(let first, let last, let count):
                notRun.append(Row(job: job, id: ID(at: first), reason: reason, first: first, last: last, count: count))
            case .growth(let first, let last, let count, let instead):
                growths.append(Growth(job: job, reason: reason, first: first, last: last, count: count, instead: instead))
            }
        }
    }

    /// Moves each job on, if it and its next run are still what was seen, and only then queues and records what was
    /// decided for it. Answers how many occurrences were queued and missed, and how many a unique key had to catch, which
    /// should be none.
    ///
    /// Where one organization's rows are locked for long, each is moved by itself, and the locked ones come again.
    func write(to database: Database, now: Timestamp) async throws -> (queued: Int, missed: Int, caught: Int) {
        do { return try await write(over: database, of: database, now: now) } catch let error as PostgresError where error.isOfLock {
            let organizations = Set(moved.map(\.job.organizationID))
            guard organizations.count > 1 else { throw error }
            var sum = (queued: 0, missed: 0, caught: 0)
            for organization in organizations {
                do {
                    let counts = try await only(organization).write(over: database, of: database, now: now)
                    sum = (sum.queued + counts.queued, sum.missed + counts.missed, sum.caught + counts.caught)
                } catch let error as PostgresError where error.isOfLock {}
            }
            return sum
        }
    }

    private func only(_ organization: ID<Organization>) -> Moves {
        var part = Moves()
        part.moved = moved.filter { $0.job.organizationID == organization }
        part.starts = starts.filter { $0.job.organizationID == organization }
        part.notRun = notRun.filter { $0.job.organizationID == organization }
        part.growths = growths.filter { $0.job.organizationID == organization }
        return part
    }

    /// The same over a connection, or in a transaction that has something else to do.
    func write(over runner: some QueryRunner, of database: Database, now: Timestamp) async throws -> (queued: Int, missed: Int, caught: Int)
    {
        let waiting = moved.filter { !$0.job.mayOverlap }.map { ($0.job.organizationID, $0.job.jobID) }
        let surplus = waiting.isEmpty ? [] : [ExecutionQueue.skippingSurplus(of: waiting, now: now, in: database)]
        let ended = notRun.map { Happening.execution($0.id, of: $0.job.organizationID) }
        let results = try await runner.batch(
            ([lock] + surplus + [statement(now: now, database)]).map(\.plannedAnew) + [Topic.due.notification(database)]
                + (ended.isEmpty ? [] : [Happening.notice(ended, database)]))
        let rows = results[surplus.count + 1]
        let expected: Int64 = try rows.only("expected")
        let queued: Int64 = try rows.only("queued")
        let missed: Int64 = try rows.only("missed")
        Meters.scheduled.increment(by: Int(queued))
        Meters.missed.increment(by: Int(missed))
        Meters.caught.increment(by: Int(expected - queued))
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

    /// SQL: whether a row `o` is made up and has not come to its turn among what is late.
    private static func isWaitingItsTurn(at now: Timestamp) -> Query {
        "(o.made_up AND o.leased_by IS NULL AND o.attempt = 1 AND (o.held OR o.due_at > \(now)))"
    }

    private func statement(now: Timestamp, _ database: Database) -> Query {
        """
        WITH seen AS MATERIALIZED (
            SELECT s.organization_id, s.job_id, m.next_run_at, m.passing_from, m.pass_at, m.stretch_from, m.stretch_reason, m.row_from,
                m.row_count, m.missed_last, j.overlap = 'allow' AS may_overlap, e.keep_days,
                -- The rarer a job, the longer it can wait, within bounds: a backlog of daily reports does not hold up the
                -- minute's heartbeat, and no heartbeat starves a report.
                least(coalesce(j.shortest_interval_ms, 0) / 60, \(Self.mostPatience.microseconds / 1_000)) * interval '1 ms' AS patience
            FROM unnest(
                \(moved.map(\.job.organizationID)), \(moved.map(\.job.jobID)), \(moved.map(\.job.nextRunAt)),
                \(moved.map(\.job.passingFrom)), \(moved.map(\.job.stretch?.from)), \(moved.map { $0.job.stretch.map { Int32($0.rowCount) } }),
                \(moved.map(\.job.version)), \(moved.map(\.to.next)), \(moved.map(\.to.passingFrom)),
                \(moved.map(\.to.passAt)), \(moved.map(\.to.stretch?.from)), \(moved.map(\.to.stretch?.reason.rawValue)),
                \(moved.map(\.to.stretch?.rowFrom)), \(moved.map { $0.to.stretch.map { Int32($0.rowCount) } }),
                \(moved.map(\.to.missedLast))
            ) AS m (organization_id, job_id, seen, seen_passing, seen_stretch, seen_count, version, next_run_at, passing_from, pass_at, stretch_from, stretch_reason,
                row_from, row_count, missed_last)
            JOIN job_states s ON s.organization_id = m.organization_id AND s.job_id = m.job_id
                AND s.next_run_at IS NOT DISTINCT FROM m.seen AND s.passing_from IS NOT DISTINCT FROM m.seen_passing
                AND s.stretch_from IS NOT DISTINCT FROM m.seen_stretch AND s.row_count IS NOT DISTINCT FROM m.seen_count
            JOIN jobs j ON j.organization_id = m.organization_id AND j.id = m.job_id AND j.version = m.version
            JOIN entitlements e ON e.organization_id = m.organization_id
        ),
        moved AS (
            UPDATE job_states s SET next_run_at = seen.next_run_at, passing_from = seen.passing_from, pass_at = seen.pass_at,
                stretch_from = seen.stretch_from, stretch_reason = seen.stretch_reason, row_from = seen.row_from,
                row_count = seen.row_count, set_aside = NULL, \(Lateness.missing("seen.missed_last"))
            FROM seen WHERE s.organization_id = seen.organization_id AND s.job_id = seen.job_id
        ),
        coming AS MATERIALIZED (
            SELECT q.*, seen.keep_days, seen.patience, NOT seen.may_overlap AND (q.is_behind OR EXISTS (
                SELECT FROM queue o WHERE o.organization_id = q.organization_id AND o.job_id = q.job_id
                    AND (o.held OR o.leased_by IS NOT NULL OR o.attempt - o.lost_leases = 1)
                    AND NOT \(ExecutionQueue.isHeldForHost("o")) AND NOT (\(Self.isWaitingItsTurn(at: now)) AND NOT q.made_up))) AS held
            FROM unnest(
                \(starts.map(\.job.organizationID)), \(starts.map(\.job.jobID)), \(starts.map(\.id)), \(starts.map(\.start.time)),
                \(starts.map(\.start.dueAt)), \(starts.map(\.start.trigger.rawValue)), \(starts.map(\.start.isMadeUp)),
                \(starts.map(\.isBehind))
            ) AS q (organization_id, job_id, id, scheduled_for, due_at, trigger, made_up, is_behind)
            JOIN seen ON seen.organization_id = q.organization_id AND seen.job_id = q.job_id
        ),
        queued AS (
            INSERT INTO queue (organization_id, id, job_id, scheduled_for, due_at, line_at, trigger, keep_days, held, made_up)
            SELECT organization_id, id, job_id, scheduled_for, due_at, due_at + patience, trigger, keep_days, held, made_up
            FROM coming
            ON CONFLICT DO NOTHING RETURNING organization_id, due_at, held
        ),
        -- It waits for what was in time, and then goes before what comes next.
        giving_way AS (
            UPDATE queue o SET held = true WHERE o.ctid = ANY (ARRAY(
                SELECT w.ctid FROM queue w JOIN seen ON seen.organization_id = w.organization_id AND seen.job_id = w.job_id
                WHERE w.made_up AND NOT w.held AND w.leased_by IS NULL AND w.attempt = 1 AND w.due_at > \(now) AND NOT seen.may_overlap
                    AND EXISTS (SELECT FROM coming c WHERE c.organization_id = w.organization_id AND c.job_id = w.job_id
                        AND NOT c.made_up AND NOT c.held)))
                AND o.leased_by IS NULL
        ),
        not_run AS (
            INSERT INTO executions (
                organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, count,
                last_scheduled_for)
            SELECT organization_id, seen.keep_days, x.first, x.id, job_id, 'schedule', x.status, x.reason, 1, \(now), x.count,
                CASE WHEN x.count > 1 THEN x.last END
            FROM unnest(
                \(notRun.map(\.job.organizationID)), \(notRun.map(\.job.jobID)), \(notRun.map(\.id)), \(notRun.map(\.status.rawValue)),
                \(notRun.map(\.reason.rawValue)), \(notRun.map(\.first)), \(notRun.map(\.last)), \(notRun.map { Int32($0.count) })
            ) AS x (organization_id, job_id, id, status, reason, first, last, count)
            JOIN seen USING (organization_id, job_id)
            ON CONFLICT DO NOTHING RETURNING organization_id, job_id, id, scheduled_for, count, status
        ),
        \(growing(now: now))
        due AS MATERIALIZED (
            SELECT l.organization_id, q.due_at FROM lanes l
            JOIN (SELECT organization_id, min(due_at) AS due_at FROM queued WHERE NOT held GROUP BY 1) q
                ON q.organization_id = l.organization_id
            ORDER BY 1 FOR UPDATE OF l
        ),
        lines AS (
            UPDATE lanes l SET next_due = least(l.next_due, due.due_at) FROM due WHERE l.organization_id = due.organization_id
        )\(missing(now: now, database))
        SELECT (SELECT count(*) FROM coming) AS expected, (SELECT count(*) FROM queued) AS queued,
            (SELECT coalesce(sum(count), 0) FROM not_run WHERE status = 'missed') AS missed
        WHERE (SELECT count(*) FROM rung) >= 0
        """
    }

    /// What of the statement lets rows of stretches grow. Left out where none does: to update and delete rows of history is planned
    /// for each of its days, which takes longer than all the rest.
    private func growing(now: Timestamp) -> Query {
        if growths.isEmpty { return "" }
        return """
            grown AS (
                SELECT g.* FROM unnest(
                    \(growths.map(\.job.organizationID)), \(growths.map(\.job.jobID)), \(growths.map(\.reason.rawValue)),
                    \(growths.map(\.first)), \(growths.map(\.last)), \(growths.map { Int32($0.count) }), \(growths.map(\.instead))
                ) AS g (organization_id, job_id, reason, first, last, count, instead)
                JOIN seen USING (organization_id, job_id)
            ),
            growing AS (
                UPDATE executions e SET count = g.count, last_scheduled_for = g.last, finished_at = \(now) FROM grown g
                WHERE e.organization_id = g.organization_id AND e.job_id = g.job_id AND e.scheduled_for = g.first AND e.trigger = 'schedule'
                RETURNING e.status, g.count
            ),
            -- The single rows that have become part of one.
            gone AS (
                DELETE FROM executions e USING grown g
                WHERE g.instead AND e.organization_id = g.organization_id AND e.job_id = g.job_id AND e.scheduled_for > g.first
                    AND e.scheduled_for <= g.last AND e.trigger = 'schedule' AND e.count = 1 AND e.reason = g.reason
            ),
            """
    }
}
