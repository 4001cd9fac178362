import JSON
import Postgres
import Tenancy
import Time

/// The statements that matter: what is due is leased (`claim`), what has ended is recorded (`complete`), what waited for it
/// is let go (`release`). Each goes over a whole batch in one round trip and one flush.
///
/// Those that run all the time lock in one order, so that no two of them can wait for each other in a circle: states of jobs
/// first, then rows of the queue, then lanes, each by organization; `claim` starts at the lanes, but it skips what is locked
/// and never waits. The sweeps lock rows of the queue first (and `lose` states of jobs after them), `mendLanes` nothing but
/// lanes; should two of them ever meet, one is told so and comes again.
struct ExecutionQueue: Sendable {
    let database: Database

    /// Leases up to `limit` executions that are due by `horizon` to `node`, and says when the next one after that is due.
    ///
    /// First the lanes that have something due and room left, the one served longest ago first; then a share of the rows
    /// from each, at least one, and more to those whose plan lets them run more at a time. Within a lane go first those that
    /// stand first in its line (`line_at`). Then those lanes line up again (`lineUp`).
    ///
    /// The limit stands in the CTEs: an outer one would lock rows, and drop lanes, that it then does not return.
    func claim(_ limit: Int, for node: ID<Node>, now: Timestamp, horizon: Timestamp) async throws -> (claims: [Claim], nextDue: Timestamp?)
    {
        let results = try await database.batch([
            Self.lease(limit, to: node, now: now, horizon: horizon),
            Self.lineUp(now: now),
            "SELECT min(next_due) AS next_due FROM lanes WHERE next_due < 'infinity' AND running < max_running",
        ])
        return (try results[0].map { try Claim($0) }, try results[2].only("next_due"))
    }

    static func lease(_ limit: Int, to node: ID<Node>, now: Timestamp, horizon: Timestamp) -> Query {
        """
        WITH lease AS MATERIALIZED (SELECT nextval('lease_tokens') AS token),
        line AS MATERIALIZED (
            SELECT organization_id, max_running, max_running - running AS room FROM lanes
            WHERE next_due <= \(horizon) AND running < max_running
            ORDER BY next_due LIMIT \(min(limit, 64)) FOR UPDATE SKIP LOCKED
        ),
        portion AS MATERIALIZED (
            SELECT organization_id, least(room, 1 + (\(limit) - count(*) OVER ()) * max_running / sum(max_running) OVER ()) AS rows FROM line
        ),
        candidates AS MATERIALIZED (
            SELECT portion.organization_id, row.id FROM portion CROSS JOIN LATERAL (
                SELECT id FROM queue
                WHERE organization_id = portion.organization_id AND leased_by IS NULL AND NOT held AND due_at <= \(horizon)
                    AND line_at <= \(horizon.adding(Moves.mostPatience))
                ORDER BY line_at, id LIMIT portion.rows FOR UPDATE SKIP LOCKED
            ) row
        ),
        leased AS (
            UPDATE queue q SET leased_by = \(node), lease_token = lease.token, started_at = NULL
            FROM candidates c, lease WHERE q.organization_id = c.organization_id AND q.id = c.id
            RETURNING q.*
        ),
        served AS (
            SELECT line.organization_id, count(c.id) AS taken
            FROM line LEFT JOIN candidates c ON c.organization_id = line.organization_id GROUP BY 1
        ),
        marked AS (
            UPDATE lanes l SET running = l.running + s.taken, next_due = '-infinity'
            FROM served s WHERE l.organization_id = s.organization_id
        ),
        secrets AS (
            SELECT organization_id, array_agg(sealed ORDER BY created_at DESC, id DESC) AS sealed FROM signing_secrets
            WHERE organization_id IN (SELECT organization_id FROM line) AND (expires_at IS NULL OR expires_at > \(now)) GROUP BY 1
        )
        SELECT q.*, \(isObsolete) OR \(isLate(at: now)) OR q.cancelled_at IS NOT NULL AS is_doubtful,
            coalesce(secrets.sealed, '{}') AS secrets, j.plugin, j.config, j.sealed_config, j.retries, j.success, least(j.timeout_ms, e.timeout_s * 1000) AS timeout_ms
        FROM leased q JOIN jobs j ON j.organization_id = q.organization_id AND j.id = q.job_id
            JOIN entitlements e ON e.organization_id = q.organization_id
            LEFT JOIN secrets ON secrets.organization_id = q.organization_id
        ORDER BY q.due_at, q.id
        """
    }

    /// Says when the lanes that this very transaction has served are due again: one with more to do goes to the end of the
    /// line, one at its cap leaves it till something of it ends, so the cost of a claim depends on nobody's backlog.
    ///
    /// A statement of its own, because a statement sees what was there when it began: what was queued between that moment
    /// and the lock on its lane would be forgotten. By now whoever queues waits for the lock, and then sees our time.
    static func lineUp(now: Timestamp) -> Query {
        """
        UPDATE lanes l SET next_due = coalesce(CASE WHEN l.running < l.max_running THEN (
                SELECT greatest(q.due_at, \(now)) FROM queue q
                WHERE q.organization_id = l.organization_id AND q.leased_by IS NULL AND NOT q.held ORDER BY q.due_at, q.id LIMIT 1
            ) END, 'infinity')
        WHERE l.next_due = '-infinity'
        """
    }

    /// SQL: whether a row is there because somebody asked for it.
    static func isByHand(_ row: Query) -> Query { "\(row).trigger NOT IN ('schedule', 'backfill')" }

    /// SQL: whether a row waits for a circuit breaker: it is in nobody's way, and a later one takes its place.
    static func isHeldForHost(_ row: Query) -> Query { "(\(row).held_for IS NOT NULL AND \(row).leased_by IS NULL)" }

    /// SQL: those of the job `f` that wait and are of a kind, in order.
    private static func firsts(_ kind: Query, isByHand: Bool, limit: Query, by order: Query = "scheduled_for") -> Query {
        """
        (SELECT organization_id, id, job_id, scheduled_for, due_at, made_up, \(isByHand) AS is_by_hand FROM queue q
        WHERE held AND \(kind) AND organization_id = f.organization_id AND job_id = f.job_id ORDER BY \(order), id LIMIT \(limit))
        """
    }

    /// SQL: whether a row `q` is what people have put off to a time that is close.
    private static func isAhead(of now: Timestamp) -> Query {
        "made_up AND \(isByHand("q")) AND due_at > \(now) AND due_at <= \(now.adding(ahead))"
    }

    /// SQL: how many of what is made up can be let go at one time.
    private static let one: Query = "CASE WHEN j.overlap = 'allow' THEN NULL ELSE 1 END"

    /// So long before its time what people have put off comes into the line of its job; a sweep a second sees to it.
    private static let ahead: Duration = .seconds(2)

    /// Lets go of executions that waited for an earlier one of their job. Of those already due, `queue` runs the first
    /// and skips the others, `skip` skips them all; the next one that is not due yet is let go in time for its start.
    ///
    /// `jobs` nil looks at every job: the sweep that finds what a race left behind (an occurrence queued while the
    /// execution it would have waited for was being recorded). What is made up is late already: it goes first, one after the
    /// other, and none of it is skipped. What people run again goes one after the other too, but behind what is due by the
    /// schedule (under `queue`, where that can wait for its turn); before its time it stands in nobody's way: until then it
    /// takes its turn by its time, as what the schedule has still to come does.
    func release(after jobs: [(organizationID: ID<Organization>, jobID: ID<Job>)]?, now: Timestamp) async throws {
        let asked: Query =
            jobs.map { jobs in
                "SELECT DISTINCT * FROM unnest(\(jobs.map(\.organizationID)), \(jobs.map(\.jobID))) AS a (organization_id, job_id)"
            } ?? "SELECT organization_id, job_id FROM queue WHERE held GROUP BY 1, 2"
        try await database.query(
            """
            WITH asked AS MATERIALIZED (\(asked)),
            -- Each looked up by itself, whatever the plan was made for: thousands may wait of one job.
            free AS MATERIALIZED (
                SELECT a.* FROM asked a WHERE (SELECT count(*) FROM (
                    SELECT FROM queue o WHERE o.organization_id = a.organization_id AND o.job_id = a.job_id
                        AND NOT o.held AND (o.leased_by IS NOT NULL OR o.attempt - o.lost_leases = 1)
                        AND NOT \(Self.isHeldForHost("o")) LIMIT 1) x) = 0
            ),
            waiting AS MATERIALIZED (
                SELECT h.organization_id, h.id, h.job_id, h.scheduled_for, j.overlap, h.made_up, h.scheduled_for <= \(now) AS is_due,
                    bool_or(h.made_up) OVER (PARTITION BY h.organization_id, h.job_id) AS is_behind_made_up,
                    row_number() OVER (PARTITION BY h.organization_id, h.job_id ORDER BY CASE
                        -- What is about to be skipped has no turn.
                        WHEN NOT h.made_up THEN CASE WHEN h.scheduled_for > \(now) THEN 3 WHEN j.overlap = 'queue' THEN 1 ELSE 4 END
                        WHEN h.is_by_hand THEN CASE WHEN h.due_at <= \(now) THEN 2 ELSE 3 END
                        ELSE 0 END, CASE WHEN h.is_by_hand AND h.due_at > \(now) THEN h.due_at ELSE h.scheduled_for END, h.id) AS place,
                    row_number() OVER (PARTITION BY h.organization_id, h.job_id, h.made_up ORDER BY h.scheduled_for, h.id) AS own_place,
                    row_number() OVER (PARTITION BY h.organization_id, h.job_id, h.scheduled_for <= \(now) ORDER BY h.scheduled_for, h.id)
                        AS place_in_kind
                FROM free f JOIN jobs j ON j.organization_id = f.organization_id AND j.id = f.job_id CROSS JOIN LATERAL (
                    \(Self.firsts("NOT made_up", isByHand: false, limit: "NULL")) UNION ALL
                    \(Self.firsts("made_up AND NOT \(Self.isByHand("q"))", isByHand: false, limit: Self.one)) UNION ALL
                    \(Self.firsts("made_up AND \(Self.isByHand("q")) AND due_at <= \(now)", isByHand: true, limit: Self.one)) UNION ALL
                    \(Self.firsts(Self.isAhead(of: now), isByHand: true, limit: Self.one, by: "due_at"))
                ) h
            ),
            let_go AS (
                UPDATE queue q SET held = false FROM waiting w
                WHERE q.organization_id = w.organization_id AND q.id = w.id AND q.held AND CASE w.overlap
                    WHEN 'queue' THEN w.place = 1
                    WHEN 'skip' THEN CASE WHEN w.is_behind_made_up THEN w.place = 1 ELSE NOT w.is_due AND w.place_in_kind = 1 END
                    ELSE true END
                RETURNING q.organization_id, q.due_at
            ),
            skipped AS (
                DELETE FROM queue q USING waiting w
                WHERE q.organization_id = w.organization_id AND q.id = w.id AND q.held AND w.is_due AND NOT w.made_up
                    AND (w.overlap = 'skip' OR w.overlap = 'queue' AND w.own_place > 1)
                RETURNING q.*
            ),
            told AS MATERIALIZED (\(Happening.notice(ofEndedIn: "skipped", database))),
            history AS (
                INSERT INTO executions
                    (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of,
                    override)
                SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'skipped', 'overlap', attempt, \(now), repeat_of,
                    override
                FROM skipped ON CONFLICT DO NOTHING
            ),
            due AS MATERIALIZED (
                SELECT l.organization_id, g.due_at FROM lanes l
                JOIN (SELECT organization_id, min(due_at) AS due_at FROM let_go GROUP BY 1) g ON g.organization_id = l.organization_id
                ORDER BY 1 FOR UPDATE OF l
            ),
            woken AS (
                UPDATE lanes l SET next_due = least(l.next_due, due.due_at) FROM due WHERE l.organization_id = due.organization_id
            )
            SELECT count(*) FROM told
            """)
    }
}
