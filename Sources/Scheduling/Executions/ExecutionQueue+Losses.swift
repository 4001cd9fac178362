import Postgres
import Tenancy
import Time

extension ExecutionQueue {
    /// Under what an attempt was lost.
    enum Loss {
        /// Nodes that are no more.
        case deadNodes
        /// A node that is stopped, and can wait no longer: nobody's fault.
        case stop([(organizationID: ID<Organization>, lease: Claim.Lease)])
        /// A database that refuses the outcome, whatever is left out of it.
        case refusedOutcome([(organizationID: ID<Organization>, lease: Claim.Lease)])
    }

    /// So many lost attempts end an execution for which there is no other evidence.
    static let mostCrashes: Int16 = 3

    /// Frees what was lost: the attempt is recorded as `lease_lost`, and repeated at once with the next number. Returns how
    /// many there were.
    ///
    /// What takes its node with it must not go round, and what merely ran beside it must not be punished. Nobody knows what
    /// a node had begun when it died, so all that it held are suspects from then on (`crashes`). Suspects are started one
    /// after the other, each noted before it begins (`tryOut`); so the next death has a likeliest cause, the one on trial:
    /// that one is ended, and nothing else of its node is suspected more than before. Where nothing was on trial, those
    /// that had begun are, and the third such death ends them. The attempt that was lost with a stop counts as no crash, also
    /// where the stop had no time to hand it over and could only say that it was one.
    func lose(_ loss: Loss, now: Timestamp, timeout: Duration? = nil) async throws -> Int {
        try await database.query(Self.losing(loss, now: now), timeout: timeout).count
    }

    static func losing(_ loss: Loss, now: Timestamp) -> Query {
        """
        WITH dead AS MATERIALIZED (
            SELECT q.*, \(loss.blame) AS blame, \(loss.isPoison) AS is_poison FROM queue q
            WHERE q.leased_by IS NOT NULL AND \(loss.condition(now: now))
            ORDER BY q.organization_id, q.id LIMIT \(loss.most) FOR UPDATE OF q SKIP LOCKED
        ),
        tries AS (
            INSERT INTO attempts (
                organization_id, keep_days, scheduled_for, execution_id, number, node_id, status, reason, started_at, finished_at,
                total_us)
            SELECT organization_id, keep_days, scheduled_for, id, attempt, leased_by, 'failed', 'lease_lost',
                coalesce(started_at, due_at), greatest(\(now), started_at, due_at),
                (extract(epoch FROM greatest(\(now), started_at, due_at) - coalesce(started_at, due_at)) * 1000000)::bigint
            FROM dead ON CONFLICT DO NOTHING
        ),
        poison AS (
            DELETE FROM queue q USING dead d WHERE q.organization_id = d.organization_id AND q.id = d.id AND d.is_poison
            RETURNING q.*
        ),
        history AS (
            INSERT INTO executions
                (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of)
            SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'failed', 'lease_lost', attempt, \(now), repeat_of
            FROM poison ON CONFLICT DO NOTHING
        ),
        states AS (
            UPDATE job_states s SET last_execution_id = p.id, last_status = 'failed', last_finished_at = \(now),
                consecutive_failures = s.consecutive_failures + p.count,
                health = CASE s.health WHEN 'paused' THEN 'paused' ELSE 'failing' END
            FROM (
                SELECT organization_id, job_id, (array_agg(id ORDER BY scheduled_for DESC))[1] AS id, count(*)::integer AS count
                FROM poison GROUP BY 1, 2
            ) p WHERE s.organization_id = p.organization_id AND s.job_id = p.job_id
        ),
        repeated AS (
            UPDATE queue q SET leased_by = NULL, lease_token = NULL, started_at = NULL, on_trial = false, attempt = q.attempt + 1,
                lost_leases = q.lost_leases + 1, crashes = q.crashes + d.blame
            FROM dead d WHERE q.organization_id = d.organization_id AND q.id = d.id AND NOT d.is_poison
            RETURNING q.organization_id
        ),
        freed AS (
            SELECT organization_id, count(*) AS rows
            FROM (SELECT organization_id FROM poison UNION ALL SELECT organization_id FROM repeated) f GROUP BY 1
        ),
        share AS MATERIALIZED (
            SELECT l.organization_id, f.rows FROM lanes l JOIN freed f ON f.organization_id = l.organization_id ORDER BY 1 FOR UPDATE OF l
        ),
        lowered AS (
            UPDATE lanes l SET running = greatest(0, l.running - s.rows), next_due = least(l.next_due, \(now))
            FROM share s WHERE l.organization_id = s.organization_id
        )
        SELECT organization_id FROM poison UNION ALL SELECT organization_id FROM repeated
        """
    }

    /// Wakes the other nodes: what was given back is theirs to take.
    func announce() async throws {
        try await database.query(Topic.due.notification(database), timeout: .milliseconds(300))
    }

    /// Notes that suspects are about to be started by this node, and that those before them have survived it. Answers which
    /// of them are still this node's to start.
    func tryOut(_ suspects: [Claim], after survivors: [Claim], now: Timestamp) async throws -> Set<Claim.Lease> {
        let rows = try await database.query(
            """
            WITH survived AS (
                UPDATE queue q SET on_trial = false
                FROM unnest(\(survivors.map(\.organizationID)), \(survivors.map(\.id)), \(survivors.map(\.leaseToken)))
                    AS c (organization_id, id, token)
                WHERE q.organization_id = c.organization_id AND q.id = c.id AND q.lease_token = c.token
            )
            UPDATE queue q SET on_trial = true, started_at = \(now)
            FROM unnest(\(suspects.map(\.organizationID)), \(suspects.map(\.id)), \(suspects.map(\.leaseToken)))
                AS c (organization_id, id, token)
            WHERE q.organization_id = c.organization_id AND q.id = c.id AND q.lease_token = c.token
            RETURNING q.id, q.lease_token
            """)
        return Set(try rows.map { Claim.Lease(id: try $0("id"), token: try $0("lease_token")) })
    }
}

extension ExecutionQueue.Loss {
    /// SQL: whether a leased row is among what was lost.
    fileprivate func condition(now: Timestamp) -> Query {
        switch self {
        case .deadNodes: "NOT EXISTS (SELECT FROM nodes n WHERE n.id = q.leased_by AND n.alive_until > \(now))"
        case .stop(let leases), .refusedOutcome(let leases):
            """
            (q.organization_id, q.id, q.lease_token) IN (
                SELECT * FROM unnest(\(leases.map(\.organizationID)), \(leases.map(\.lease.id)), \(leases.map(\.lease.token))))
            """
        }
    }

    /// SQL: what it adds to a row's crashes. A suspect that was never begun is not to blame, nor is anything beside one on
    /// trial; for others nobody can say.
    fileprivate var blame: Query {
        switch self {
        case .deadNodes:
            """
            CASE WHEN \(Self.isOfStop) THEN 0 WHEN q.on_trial THEN 1 WHEN q.crashes > 0 AND q.started_at IS NULL
                OR EXISTS (SELECT FROM queue t WHERE t.leased_by = q.leased_by AND t.on_trial) THEN 0 ELSE 1 END
            """
        case .stop: "0"
        case .refusedOutcome: "1"
        }
    }

    /// SQL: whether a row is ended rather than repeated.
    fileprivate var isPoison: Query {
        switch self {
        case .deadNodes: "q.on_trial AND NOT \(Self.isOfStop) OR q.crashes + (\(blame)) >= \(ExecutionQueue.mostCrashes)"
        case .stop: "false"
        case .refusedOutcome: "q.crashes > 0"
        }
    }

    /// SQL: whether its node was stopped in order (see `Heartbeat.end`).
    private static let isOfStop: Query = "EXISTS (SELECT FROM nodes s WHERE s.id = q.leased_by AND s.alive_until = '-infinity')"

    /// So many at a time: a rescuer comes again, a stop does not.
    fileprivate var most: Int { if case .stop = self { 100_000 } else { 5_000 } }
}
