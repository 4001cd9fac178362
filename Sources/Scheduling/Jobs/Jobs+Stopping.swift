import JSON
import Postgres
import Tenancy
import Time

/// All jobs of an organization at one time: stopped when it is deleted, started again when that is undone. What is done to each is
/// what deleting one job does, but its row stays as it is.
extension Jobs {
    /// Stops every job of an organization, in the transaction that sets its `deleted_at`, of which workers and all who move jobs on
    /// take notice. What waits ends as cancelled, what is leased goes on to its end, and what it would repeat then is cancelled too.
    ///
    /// What is due and not decided yet is not looked at any more: each period ends right before it. A job that is paused keeps what
    /// it has passed over. The statements may take up to a minute, and so may the rest of the transaction.
    public func stop(_ organization: ID<Organization>, at now: Timestamp, in transaction: Transaction) async throws {
        let statements: [Query] = [
            // The locks come first and alone (a statement sees what was there when it began), each in its table's order.
            """
            SELECT count(*) FROM (
                SELECT FROM job_states WHERE organization_id = \(organization) ORDER BY job_id FOR UPDATE
            ) locked
            """,
            """
            SELECT count(*) FROM (
                SELECT FROM schedule_periods WHERE organization_id = \(organization) AND ends_at IS NULL
                ORDER BY job_id, starts_at FOR UPDATE
            ) locked
            """,
            """
            UPDATE schedule_periods p SET ends_at = greatest(p.starts_at, q.last, least(
                \(now)::timestamptz, s.next_run_at - interval '1 us', s.passing_from - interval '1 us'))
            FROM job_states s LEFT JOIN (
                SELECT job_id, max(scheduled_for) AS last FROM queue
                WHERE organization_id = \(organization) AND trigger = 'schedule' GROUP BY 1
            ) q ON q.job_id = s.job_id
            WHERE p.organization_id = \(organization) AND p.ends_at IS NULL AND s.organization_id = \(organization) AND s.job_id = p.job_id
            """,
            // The first that a pause has not recorded yet stays, as a sign that the pause holds something. A stretch goes on later,
            // but not its row: nothing is expected in between.
            """
            UPDATE job_states SET next_run_at = NULL, pass_at = NULL, row_from = CASE WHEN stretch_from IS NOT NULL THEN timestamptz 'epoch' END,
                row_count = CASE WHEN stretch_from IS NOT NULL THEN 0 END
            WHERE organization_id = \(organization) AND (next_run_at IS NOT NULL OR pass_at IS NOT NULL OR stretch_from IS NOT NULL)
            """,
            """
            WITH gone AS (DELETE FROM queue WHERE organization_id = \(organization) AND leased_by IS NULL RETURNING *)
            INSERT INTO executions (
                organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of, override)
            SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'cancelled', \(Reason.deleted.rawValue), attempt, \(now),
                repeat_of, override
            FROM gone ON CONFLICT DO NOTHING
            """,
            Incident.closing(allOf: organization, now: now, database),
            "DELETE FROM breakers WHERE organization_id = \(organization)", Topic.stopped(organization, database),
        ]
        try await Self.patiently(in: transaction, statements)
    }

    /// Starts again what `stop` stopped, in the transaction that takes `deleted_at` back. Each job's next run is the first one later
    /// than now. A job that was paused still is, or its pause has ended meanwhile. A one-time job whose time has come and gone does
    /// not run, unless a pause held it: then it does when that ends.
    public func restart(_ organization: ID<Organization>, at now: Timestamp, in transaction: Transaction) async throws {
        // None is open, unless a program of before has opened it: to that one a deleted organization's jobs are like others.
        let mistaken: Query = """
            UPDATE schedule_periods p SET ends_at = greatest(p.starts_at, least(p.checked_until, \(now))) FROM job_states s
            WHERE p.organization_id = \(organization) AND p.ends_at IS NULL AND s.organization_id = \(organization) AND s.job_id = p.job_id
                AND s.next_run_at IS NULL AND s.pass_at IS NULL
            """
        try await Self.patiently(in: transaction, [mistaken])
        var last: ID<Job>?
        while true {
            let rows = try await Self.patiently(in: transaction, [stopped(of: organization, behind: last)])[0]
            let standings = try rows.map { try Restart($0, now: now, plugins) }
            try await transaction.batch(Self.restarts(standings, of: organization, now: now))
            guard standings.count == Self.batchOfRestarts else { break }
            last = standings.last?.job
        }
        try await transaction.query(Topic.jobs.notification(database))
    }

    private static let batchOfRestarts = 1_000
    private static let patience: Duration = .seconds(60)

    /// What is done to a hundred thousand jobs takes longer than what a request may.
    @discardableResult
    private static func patiently(in transaction: Transaction, _ statements: [Query]) async throws(PostgresError) -> [Rows] {
        try await transaction.query("SELECT set_config('statement_timeout', \(String(patience.components.seconds * 1_000)), true)")
        var answers: [Rows] = []
        for statement in statements { answers.append(try await transaction.query(statement, timeout: patience + .seconds(1))) }
        return answers
    }

    private func stopped(of organization: ID<Organization>, behind last: ID<Job>?) -> Query {
        let rest: Query = last.map { "AND j.id > \($0)" } ?? ""
        return """
            SELECT \(Self.columns), s.passing_from, greatest(
                (SELECT max(p.ends_at) FROM schedule_periods p WHERE p.organization_id = j.organization_id AND p.job_id = j.id),
                (SELECT max(q.scheduled_for) FROM queue q
                    WHERE q.organization_id = j.organization_id AND q.job_id = j.id AND q.trigger = 'schedule')) AS decided_until
            FROM \(Self.tables)
            WHERE j.organization_id = \(organization) AND j.deleted_at IS NULL AND j.schedule IS NOT NULL
                AND s.next_run_at IS NULL AND s.pass_at IS NULL \(rest)
            ORDER BY j.id LIMIT \(Self.batchOfRestarts) FOR UPDATE OF j, s
            """
    }

    /// How one job stands from now on.
    private struct Restart {
        let job: ID<Job>
        let boundary: Timestamp
        let standing: JobDefinition.Standing
        /// False: it was set aside, and still is.
        let isMoved: Bool

        init(_ row: Row, now: Timestamp, _ plugins: JobPlugins) throws {
            let job = try Job(row, plugins)
            let decided: Timestamp? = try row("decided_until")
            let passing: Timestamp? = try row("passing_from")
            self.job = job.id
            boundary = max(now, decided ?? now)
            standing = job.definition.standing(after: boundary, isPending: passing != nil)
            isMoved = job.setAside == nil
        }
    }

    private static func restarts(_ restarts: [Restart], of organization: ID<Organization>, now: Timestamp) -> [Query] {
        let moved = restarts.filter(\.isMoved)
        return [
            """
            UPDATE job_states s SET next_run_at = r.next_run_at, passing_from = r.passing_from,
                -- Whether a limit still holds is looked at anew.
                pass_at = CASE WHEN r.passing_from IS NULL AND s.stretch_reason = 'limit_reached' THEN \(now) ELSE r.pass_at END
            FROM unnest(
                \(moved.map(\.job)), \(moved.map(\.standing.next)), \(moved.map(\.standing.passingFrom)), \(moved.map(\.standing.passAt))
            ) AS r (job_id, next_run_at, passing_from, pass_at)
            WHERE s.organization_id = \(organization) AND s.job_id = r.job_id
            """,
            """
            INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
            SELECT j.organization_id, j.id, r.boundary, j.schedule, j.schedule_set_at, r.boundary
            FROM unnest(\(restarts.map(\.job)), \(restarts.map(\.boundary))) AS r (job_id, boundary)
                JOIN jobs j ON j.organization_id = \(organization) AND j.id = r.job_id
            ON CONFLICT (organization_id, job_id, starts_at) DO UPDATE SET ends_at = NULL, schedule = excluded.schedule,
                schedule_set_at = excluded.schedule_set_at
            """,
        ]
    }
}
