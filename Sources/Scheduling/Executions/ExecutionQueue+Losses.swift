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
    ///
    /// Where one organization's rows are locked for long, each is freed by itself; where the statement takes too long, half as
    /// many. With a `timeout` of its own there is no time for either.
    func lose(_ loss: Loss, now: Timestamp, timeout: Duration? = nil) async throws -> Int {
        var most = loss.most
        while true {
            do {
                return try await database.query(losing(loss, most: most, now: now), timeout: timeout).count
            } catch {
                guard timeout == nil else { throw error }
                if error.isOfLock { return try await loseByOrganization(loss, most: most, now: now, after: error) }
                guard error.isOfTime, most > Self.fewestLosses else { throw error }
                most = max(Self.fewestLosses, most / 2)
            }
        }
    }

    /// So many are always tried: where these take too long, it is not for their number.
    private static let fewestLosses = 50

    private func loseByOrganization(_ loss: Loss, most: Int, now: Timestamp, after error: PostgresError) async throws -> Int {
        // What is on trial last, as in the statement: it tells who is not to blame.
        let organizations = try await database.query(
            """
            SELECT organization_id FROM queue q WHERE q.leased_by IS NOT NULL AND \(loss.condition(now: now))
            GROUP BY 1 ORDER BY bool_or(q.on_trial)
            """
        ).map { try $0("organization_id") as ID<Organization> }
        guard organizations.count > 1 else { throw error }
        var lost = 0
        for organization in organizations {
            let one = losing(loss, of: organization, most: most, now: now)
            do { lost += try await database.query(one).count } catch {
                guard error.isOfLock else { throw error }
            }
        }
        return lost
    }

    func losing(_ loss: Loss, of organization: ID<Organization>? = nil, most: Int? = nil, now: Timestamp) -> Query {
        """
        WITH trials AS MATERIALIZED (SELECT DISTINCT leased_by FROM queue WHERE on_trial AND leased_by IS NOT NULL),
        held AS MATERIALIZED (
            SELECT q.*, q.ctid AS row FROM queue q WHERE q.leased_by IS NOT NULL AND \(loss.condition(now: now)) \(Self.only(organization))
            ORDER BY q.on_trial, q.organization_id, q.id LIMIT \(most ?? loss.most) FOR UPDATE OF q SKIP LOCKED
        ),
        blamed AS (SELECT q.*, \(loss.blame) AS blame FROM held q),
        dead AS MATERIALIZED (SELECT q.*, \(loss.isPoison) AS is_poison FROM blamed q),
        tries AS (
            INSERT INTO attempts (
                organization_id, keep_days, scheduled_for, execution_id, number, node_id, status, reason, started_at, finished_at,
                total_us)
            SELECT organization_id, keep_days, scheduled_for, id, attempt, leased_by, 'failed', 'lease_lost',
                coalesce(started_at, due_at), greatest(\(now), started_at, due_at),
                (extract(epoch FROM greatest(\(now), started_at, due_at) - coalesce(started_at, due_at)) * 1000000)::bigint
            FROM dead ON CONFLICT DO NOTHING
        ),
        -- By where the rows lie, for they are locked: planned while the queue was empty, a join would compare each of it with each
        -- of these.
        poison AS (
            DELETE FROM queue q WHERE q.ctid = ANY (ARRAY(SELECT row FROM dead WHERE is_poison)) RETURNING q.*
        ),
        told AS MATERIALIZED (\(Happening.notice(ofEndedIn: "poison", database))),
        history AS (
            INSERT INTO executions
                (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of, override)
            SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'failed', 'lease_lost', attempt, \(now), repeat_of, override
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
            RETURNING s.organization_id, s.job_id, s.last_execution_id, s.consecutive_failures
        ),
        repeated AS (
            UPDATE queue q SET leased_by = NULL, lease_token = NULL, started_at = NULL, on_trial = false, attempt = q.attempt + 1,
                lost_leases = q.lost_leases + 1, crashes = q.crashes + (q.id = ANY (ARRAY(SELECT id FROM dead WHERE blame > 0)))::integer
            WHERE q.ctid = ANY (ARRAY(SELECT row FROM dead WHERE NOT is_poison))
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
        ),
        opened AS (\(Incident.opening(.failing, Self.failing(now: now), counting: "excluded.count", now: now))),
        news AS (SELECT organization_id FROM opened WHERE is_new),
        rung AS MATERIALIZED (\(Incident.ringing("news", database)))
        SELECT organization_id FROM poison WHERE (SELECT count(*) FROM told) + (SELECT count(*) FROM rung) >= 0
        UNION ALL SELECT organization_id FROM repeated
        """
    }

    /// SQL: the jobs of which one more failure than their alerts allow was lost, behind the lanes.
    private static func failing(now: Timestamp) -> Query {
        """
        SELECT s.organization_id, s.job_id, NULL::text AS host, job_subject(s.job_id) AS subject, 'lease_lost' AS reason, NULL::text AS detail,
            s.last_execution_id AS execution_id, s.consecutive_failures AS count
        FROM states s JOIN jobs j ON j.organization_id = s.organization_id AND j.id = s.job_id
        WHERE s.consecutive_failures >= \(Incident.threshold) AND \(Incident.isLive(at: now)) AND (SELECT count(*) FROM share) >= 0
        """
    }

    private static func only(_ organization: ID<Organization>?) -> Query {
        organization.map { "AND q.organization_id = \($0)" } ?? ""
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
        case .deadNodes:
            // Nobody is dead for a clock that is not the database's: what lives has renewed for longer than this.
            """
            q.leased_by NOT IN (SELECT id FROM nodes WHERE alive_until > \(now))
                AND \(now) BETWEEN clock_timestamp() - interval '3 s' AND clock_timestamp() + interval '3 s'
            """
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
                OR q.leased_by IN (SELECT leased_by FROM trials) THEN 0 ELSE 1 END
            """
        case .stop: "0"
        case .refusedOutcome: "1"
        }
    }

    /// SQL: whether a row is ended rather than repeated.
    fileprivate var isPoison: Query {
        switch self {
        case .deadNodes: "q.on_trial AND NOT \(Self.isOfStop) OR q.crashes + q.blame >= \(ExecutionQueue.mostCrashes)"
        case .stop: "false"
        case .refusedOutcome: "q.crashes > 0"
        }
    }

    /// SQL: whether its node was stopped in order (see `Heartbeat.end`).
    private static let isOfStop: Query = "EXISTS (SELECT FROM nodes s WHERE s.id = q.leased_by AND s.alive_until = '-infinity')"

    /// So many at a time: a rescuer comes again, a stop does not.
    fileprivate var most: Int { if case .stop = self { 100_000 } else { 5_000 } }
}
