import Postgres
import Tenancy
import Time

/// What calls a host whose circuit breaker is open does not begin: it waits in the queue for the host, and a later one of its job takes its
/// place; where its job makes nothing up it ends at once.
extension ExecutionQueue {
    /// An execution that is about to begin, and whom it calls.
    typealias Caller = (claim: Claim, host: String)

    /// Which of these may begin: one for each host whose time to try has come, at most, and what was trying already.
    ///
    /// A transaction of its own that never waits: who counts failures locks the lanes first.
    func probe(_ callers: [Caller], now: Timestamp) async throws -> Set<ID<Execution>> {
        let rows = try await database.query(
            """
            WITH callers AS MATERIALIZED (
                SELECT * FROM unnest(
                    \(callers.map(\.claim.organizationID)), \(callers.map(\.host)), \(callers.map(\.claim.id)),
                    \(callers.map { now.adding($0.claim.timeout + Self.grace) })
                ) AS c (organization_id, host, id, until)
            ),
            open AS MATERIALIZED (
                SELECT b.organization_id, b.host, b.probe_id, b.probe_at <= \(now) AS is_time FROM breakers b
                WHERE (b.organization_id, b.host) IN (SELECT organization_id, host FROM callers) AND b.opened_at IS NOT NULL
                FOR UPDATE SKIP LOCKED
            ),
            chosen AS (
                SELECT DISTINCT ON (c.organization_id, c.host) c.* FROM callers c
                    JOIN open o ON o.organization_id = c.organization_id AND o.host = c.host
                WHERE o.is_time OR o.probe_id = c.id ORDER BY c.organization_id, c.host, o.probe_id = c.id DESC NULLS LAST, c.id DESC
            )
            UPDATE breakers b SET probe_id = c.id, probe_at = greatest(c.until, \(now) + \(Breakers.wait("b.probes")))
            FROM chosen c WHERE b.organization_id = c.organization_id AND b.host = c.host RETURNING c.id
            """)
        return Set(try rows.map { try $0("id") })
    }

    /// So long after its timeout a call that tries has been recorded, or never will be.
    private static let grace: Duration = .seconds(15)

    /// Takes back what is not to begin. Answers what it has taken back, or ended; of the rest the breaker has closed meanwhile, or the lease
    /// is lost.
    func hold(_ callers: [Caller], now: Timestamp) async throws -> Set<Claim.Lease> {
        let rows = try await database.batch([
            lock(callers.map { ($0.claim.organizationID, $0.claim.jobID) }), holding(callers, now: now),
        ])[1]
        return Set(try rows.map { Claim.Lease(id: try $0("id"), token: try $0("lease_token")) })
    }

    private func lock(_ jobs: [(ID<Organization>, ID<Job>)]) -> Query {
        """
        SELECT FROM job_states s
        WHERE (s.organization_id, s.job_id) IN (SELECT * FROM unnest(\(jobs.map(\.0)), \(jobs.map(\.1))))
        ORDER BY s.organization_id, s.job_id FOR UPDATE
        """
    }

    /// The next to try is due when its time comes; the others much later, should it never begin: they are let go when the host is back.
    private func holding(_ callers: [Caller], now: Timestamp) -> Query {
        """
        WITH mine AS MATERIALIZED (
            SELECT q.*, c.host, b.probe_at, j.missed = 'skip' AND q.attempt - q.lost_leases = 1 AS is_over FROM unnest(
                \(callers.map(\.claim.organizationID)), \(callers.map(\.claim.id)), \(callers.map(\.claim.leaseToken)), \(callers.map(\.host))
            ) AS c (organization_id, id, token, host)
            JOIN queue q ON q.organization_id = c.organization_id AND q.id = c.id AND q.lease_token = c.token
            JOIN breakers b ON b.organization_id = c.organization_id AND b.host = c.host AND b.opened_at IS NOT NULL
            JOIN jobs j ON j.organization_id = q.organization_id AND j.id = q.job_id
        ),
        last AS MATERIALIZED (
            SELECT DISTINCT ON (m.organization_id, m.job_id) m.organization_id, m.job_id, m.id, m.scheduled_for FROM mine m
            WHERE NOT m.is_over AND NOT EXISTS (
                SELECT FROM queue w WHERE w.organization_id = m.organization_id AND w.job_id = m.job_id AND \(Self.isHeldForHost("w"))
                    AND w.scheduled_for > m.scheduled_for)
            ORDER BY m.organization_id, m.job_id, m.scheduled_for DESC, m.id DESC
        ),
        ended AS (
            DELETE FROM queue q WHERE (q.organization_id, q.id) IN (
                SELECT organization_id, id FROM mine WHERE id NOT IN (SELECT id FROM last)
                UNION ALL SELECT w.organization_id, w.id FROM last l JOIN queue w ON w.organization_id = l.organization_id
                    AND w.job_id = l.job_id AND w.held_for IS NOT NULL AND w.id <> l.id)
                AND (q.leased_by IS NULL OR q.lease_token IN (SELECT lease_token FROM mine))
            RETURNING q.*
        ),
        \(skipping("ended", now: now)),
        waiting AS (
            UPDATE queue q SET leased_by = NULL, lease_token = NULL, started_at = NULL, on_trial = false, held_for = w.host,
                -- What a person has cancelled meanwhile is due at once: for whoever takes it out.
                due_at = CASE WHEN q.cancelled_at IS NOT NULL THEN \(now) ELSE greatest(w.probe_at, \(now.adding(.seconds(1)))) END
                    + CASE WHEN q.cancelled_at IS NULL AND (w.place > 1 OR EXISTS (
                        SELECT FROM queue o WHERE o.organization_id = q.organization_id AND o.held_for = w.host AND o.leased_by IS NULL
                            AND o.id <> q.id AND o.due_at BETWEEN \(now) AND w.probe_at + interval '1 s'))
                        THEN \(Breakers.longestWait.components.seconds) * interval '1 s' ELSE interval '0' END,
                line_at = greatest(w.probe_at, \(now))
            FROM (
                SELECT m.organization_id, m.id, m.host, m.probe_at, m.lease_token,
                    row_number() OVER (PARTITION BY m.organization_id, m.host ORDER BY m.id) AS place
                FROM mine m JOIN last l ON l.organization_id = m.organization_id AND l.id = m.id
            ) w WHERE q.organization_id = w.organization_id AND q.id = w.id AND q.lease_token = w.lease_token
            RETURNING q.organization_id, q.id, w.lease_token, q.due_at
        ),
        back AS (
            SELECT organization_id, id, lease_token, NULL::timestamptz AS due_at FROM ended WHERE leased_by IS NOT NULL
            UNION ALL SELECT organization_id, id, lease_token, due_at FROM waiting
        ),
        share AS MATERIALIZED (
            SELECT l.organization_id, b.rows, b.due_at FROM lanes l
            JOIN (SELECT organization_id, count(*) AS rows, min(due_at) AS due_at FROM back GROUP BY 1) b
                ON b.organization_id = l.organization_id
            ORDER BY 1 FOR UPDATE OF l
        ),
        freed AS (
            UPDATE lanes l SET running = greatest(0, l.running - s.rows),
                next_due = least(l.next_due, s.due_at, CASE WHEN l.running >= l.max_running THEN \(now) END)
            FROM share s WHERE l.organization_id = s.organization_id
        )
        SELECT id, lease_token FROM back WHERE (SELECT count(*) FROM told) >= 0
        """
    }

    /// SQL: CTEs that record the `rows` of the queue that were taken out of it as left out for a breaker.
    private func skipping(_ rows: Query, now: Timestamp) -> Query {
        """
        told AS MATERIALIZED (\(Happening.notice(ofEndedIn: rows, database))),
        history AS (
            INSERT INTO executions
                (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of, override)
            SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'skipped', 'breaker_open', attempt, \(now), repeat_of,
                override
            FROM \(rows) ON CONFLICT DO NOTHING
        )
        """
    }

    /// SQL: the rows `q` that wait for a host which nothing keeps from being called.
    private static let isFreed: Query = """
        \(isHeldForHost("q")) AND NOT EXISTS (
            SELECT FROM breakers b WHERE b.organization_id = q.organization_id AND b.host = q.held_for AND b.opened_at IS NOT NULL)
        """

    /// Lets go of what waited for hosts that are back: due at once. Where another one of the job is about to run, or runs, that stands for
    /// it. Whoever has closed a breaker calls it; a sweep a second finds the rest. Answers how many were let go.
    @discardableResult
    func letGoOfHosts(now: Timestamp) async throws -> Int {
        let jobs = try await database.query("SELECT DISTINCT organization_id, job_id FROM queue q WHERE \(Self.isFreed) LIMIT 5000").map {
            (try $0("organization_id") as ID<Organization>, try $0("job_id") as ID<Job>)
        }
        if jobs.isEmpty { return 0 }
        let results = try await database.batch([lock(jobs), letting(jobs, now: now), Topic.due.notification(database)])
        return Int(try results[1].only("count") as Int64)
    }

    private func letting(_ jobs: [(ID<Organization>, ID<Job>)], now: Timestamp) -> Query {
        """
        WITH freed AS MATERIALIZED (
            SELECT q.organization_id, q.id, j.overlap <> 'allow' AND q.attempt - q.lost_leases = 1 AND EXISTS (
                SELECT FROM queue o WHERE o.organization_id = q.organization_id AND o.job_id = q.job_id AND o.id <> q.id
                    AND o.trigger IN ('schedule', 'backfill') AND o.scheduled_for > q.scheduled_for
                    AND (o.leased_by IS NOT NULL OR o.attempt - o.lost_leases = 1)) AS is_over
            FROM unnest(\(jobs.map(\.0)), \(jobs.map(\.1))) AS f (organization_id, job_id)
                JOIN queue q ON q.organization_id = f.organization_id AND q.job_id = f.job_id
                JOIN jobs j ON j.organization_id = f.organization_id AND j.id = f.job_id
            WHERE \(Self.isFreed) ORDER BY 1, 2 FOR UPDATE OF q SKIP LOCKED
        ),
        ended AS (
            DELETE FROM queue q USING freed f WHERE q.organization_id = f.organization_id AND q.id = f.id AND f.is_over RETURNING q.*
        ),
        \(skipping("ended", now: now)),
        due AS (
            UPDATE queue q SET held_for = NULL, due_at = \(now), line_at = \(now)
            FROM freed f WHERE q.organization_id = f.organization_id AND q.id = f.id AND NOT f.is_over RETURNING q.organization_id
        ),
        lines AS MATERIALIZED (
            SELECT organization_id FROM lanes WHERE organization_id IN (SELECT organization_id FROM due) ORDER BY 1 FOR UPDATE
        ),
        woken AS (
            UPDATE lanes l SET next_due = least(l.next_due, \(now)) FROM lines WHERE l.organization_id = lines.organization_id
        )
        SELECT (SELECT count(*) FROM due) AS count WHERE (SELECT count(*) FROM told) >= 0
        """
    }

    /// Forgets breakers that nobody has called for a day and nothing waits for: their jobs are gone, or rare. And closes incidents that
    /// were opened while their breaker was being closed. Whatever is locked comes again.
    func forgetIdleBreakers(now: Timestamp) async throws {
        try await database.query(
            """
            WITH idle AS MATERIALIZED (
                SELECT organization_id, host FROM breakers b WHERE failed_at < \(now.adding(.zero - Breakers.memory)) AND NOT EXISTS (
                    SELECT FROM queue q WHERE q.organization_id = b.organization_id AND q.held_for = b.host)
                ORDER BY 1, 2 FOR UPDATE SKIP LOCKED
            ),
            gone AS (
                DELETE FROM breakers b USING idle i WHERE b.organization_id = i.organization_id AND b.host = i.host
                RETURNING b.organization_id, b.host
            ),
            stale AS MATERIALIZED (
                SELECT i.organization_id, i.id, g.host IS NOT NULL AS is_idle
                FROM incidents i LEFT JOIN gone g ON g.organization_id = i.organization_id AND g.host = i.host
                WHERE i.job_id IS NULL AND i.closed_at IS NULL AND (g.host IS NOT NULL OR NOT EXISTS (
                    SELECT FROM breakers b WHERE b.organization_id = i.organization_id AND b.host = i.host AND b.opened_at IS NOT NULL))
                ORDER BY 1, 2 FOR UPDATE OF i SKIP LOCKED
            ),
            closed AS (
                UPDATE incidents i SET \(Incident.closed(at: now)), closed_reason = CASE WHEN s.is_idle THEN \(Incident.ClosedReason.idle.rawValue) END
                FROM stale s WHERE i.organization_id = s.organization_id AND i.id = s.id RETURNING i.organization_id
            ),
            rung AS MATERIALIZED (\(Incident.ringing("closed", database)))
            SELECT (SELECT count(*) FROM rung), (SELECT count(*) FROM gone)
            """)
    }
}
