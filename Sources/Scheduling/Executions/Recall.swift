import Postgres
import Synchronization
import Tenancy
import Time

/// Jobs that were changed, paused or deleted, as notifications name them: what a worker has leased ahead of them is looked
/// at again before it starts. So a start itself costs no query, and an edit is seen as long as the notification is faster
/// than the instant; a start some milliseconds after the edit may still be of the old kind.
final class Recalls: Sendable {
    /// What was named since the last look.
    enum Named: Equatable {
        case jobs(Set<ID<Job>>)
        /// Some notifications may have been missed.
        case any
    }

    /// More are not told apart: where no worker takes them, they would only pile up.
    private static let most = 1_000
    /// Nil: any.
    private let named = Mutex<Set<ID<Job>>?>([])

    /// nil: any job.
    func add(_ job: ID<Job>?) {
        named.withLock { named in
            guard let job, let count = named?.count, count < Self.most else { return named = nil }
            named?.insert(job)
        }
    }

    func take() -> Named {
        named.withLock { named in
            defer { named = [] }
            return named.map { .jobs($0) } ?? .any
        }
    }
}

extension Worker {
    /// Gives back what is armed of the jobs that were named; what is still to run comes again at once, as it is now.
    func recall(_ named: Recalls.Named) async {
        let recalled = armed.values.filter { claim, _ in
            if case .jobs(let jobs) = named { jobs.contains(claim.jobID) } else { true }
        }
        guard !recalled.isEmpty else { return }
        for (claim, timer) in recalled {
            loop.cancel(timer)
            armed[claim.lease] = nil
        }
        let (kept, unseen) = await withdraw(recalled.map(\.claim))
        let left = kept + unseen
        await handBack(left)
        // Where this has failed, they are strays from now on, and go back a little later.
        letGo(left)
        bell.ring()
    }

    /// What was leased and should perhaps not run is looked at once more, and runs if it still shall.
    func reconsider(_ claims: [Claim]) async {
        let (kept, unseen) = await withdraw(claims)
        if !isStopping { kept.forEach(arm) }
        let left = isStopping ? kept + unseen : unseen
        await handBack(left)
        if isStopping { suspects += left.filter { held.contains($0.lease) } } else { letGo(left) }
    }

    /// Answers what was left in the queue, and of what the database could not be asked. Where one organization's rows are locked
    /// for long, each is asked for by itself.
    private func withdraw(_ claims: [Claim]) async -> (kept: [Claim], unseen: [Claim]) {
        do {
            let gone = try await queue.withdraw(claims, now: clock.now())
            letGo(claims.filter { gone.contains($0.lease) })
            return (claims.filter { !gone.contains($0.lease) }, [])
        } catch {
            let pieces = Dictionary(grouping: claims, by: \.organizationID).values
            guard (error as? PostgresError)?.isOfLock == true, pieces.count > 1 else {
                complaints.tell("changed jobs could not be looked at", error)
                return ([], claims)
            }
            var (kept, unseen): ([Claim], [Claim]) = ([], [])
            for piece in pieces {
                let answer = await withdraw(piece)
                kept += answer.kept
                unseen += answer.unseen
            }
            return (kept, unseen)
        }
    }
}

extension ExecutionQueue {
    /// SQL: whether a job `j` is deleted, or its organization is.
    static let isDeleted: Query = """
        (j.deleted_at IS NOT NULL OR EXISTS (SELECT FROM organizations o WHERE o.id = j.organization_id AND o.deleted_at IS NOT NULL))
        """

    /// SQL: whether a row `q` is not to run any more, by what is said of its job `j`: it is deleted, or off from before the
    /// occurrence was due. What was due already when it was paused goes on, and so does what runs only once.
    static let isObsolete: Query = """
        (\(isDeleted) OR q.trigger = 'schedule' AND q.attempt = 1 AND q.scheduled_for > j.updated_at
            AND j.shortest_interval_ms IS NOT NULL AND (NOT j.enabled OR coalesce(j.paused_until > q.scheduled_for, false)))
        """

    /// SQL: whether a row of a job `j` was to have begun by now, at the latest (as `DueJob.startDeadline`). What a circuit breaker holds
    /// is not late.
    static func isLate(_ row: Query = "q", at now: Timestamp) -> Query {
        """
        (\(row).trigger = 'schedule' AND \(row).attempt = 1 AND \(row).held_for IS NULL AND coalesce(\(row).scheduled_for + interval '1 ms' * CASE
            WHEN j.start_deadline_s IS NOT NULL THEN j.start_deadline_s::bigint * 1000
            WHEN j.shortest_interval_ms IS NOT NULL THEN least(greatest(j.shortest_interval_ms / 2, 30000), 3600000) END < \(now), false))
        """
    }

    /// SQL: whether later ones that are due make up for a row `q`, as the policy of its job `j` says. One that was in time may have
    /// run by now.
    private static func isMadeUpFor(at now: Timestamp) -> Query {
        """
        ((SELECT count(*) FROM (
            SELECT FROM queue l WHERE l.organization_id = q.organization_id AND l.job_id = q.job_id
                AND l.scheduled_for > q.scheduled_for AND l.scheduled_for <= \(now) AND (j.missed <> 'all' OR \(isLate("l", at: now)))
            LIMIT 100
        ) later) >= CASE j.missed WHEN 'skip' THEN 0 WHEN 'last' THEN 1 ELSE j.missed_limit END
        OR j.missed = 'last' AND EXISTS (
            SELECT FROM executions e WHERE e.organization_id = q.organization_id AND e.job_id = q.job_id AND e.keep_days = q.keep_days
                AND e.trigger = 'schedule' AND e.scheduled_for > q.scheduled_for AND e.status IN ('success', 'failed', 'timeout')))
        """
    }

    /// SQL: how many occurrences of each job came to no start, behind the lanes.
    private static let missed: Query = """
        SELECT organization_id, job_id, (array_agg(id ORDER BY scheduled_for DESC))[1] AS execution_id, count(*)::integer AS count FROM gone
        WHERE reason = 'start_deadline' AND (SELECT count(*) FROM share) >= 0 GROUP BY 1, 2
        """

    /// Takes out of the queue what people have cancelled, what was leased for jobs that are deleted by now, and scheduled occurrences
    /// that lie within a pause, as if they had not been leased when that was done; and those that came to no start in time and are not to be
    /// made up. Answers what is gone.
    ///
    /// It waits first for whoever is changing one of these jobs: paused and resumed in one moment, it must not be taken out
    /// after the resumption has counted on it.
    func withdraw(_ claims: [Claim], now: Timestamp) async throws -> Set<Claim.Lease> {
        let rows = try await database.batch([
            """
            SELECT FROM job_states s
            WHERE (s.organization_id, s.job_id) IN (SELECT * FROM unnest(\(claims.map(\.organizationID)), \(claims.map(\.jobID))))
            ORDER BY s.organization_id, s.job_id FOR UPDATE
            """,
            """
            WITH gone AS (
                DELETE FROM queue q USING jobs j, unnest(\(claims.map(\.organizationID)), \(claims.map(\.id)), \(claims.map(\.leaseToken)))
                    AS c (organization_id, id, token)
                WHERE q.organization_id = c.organization_id AND q.id = c.id AND q.lease_token = c.token
                    AND j.organization_id = q.organization_id AND j.id = q.job_id
                    AND (q.cancelled_at IS NOT NULL OR \(Self.isObsolete) OR \(Self.isLate(at: now)) AND \(Self.isMadeUpFor(at: now)))
                RETURNING q.*, CASE WHEN q.cancelled_at IS NOT NULL THEN 'cancelled_by_user' WHEN \(Self.isDeleted) THEN 'deleted'
                    WHEN \(Self.isObsolete) THEN 'paused'
                    ELSE 'start_deadline' END AS reason
            ),
            told AS MATERIALIZED (\(Happening.notice(ofEndedIn: "gone", database))),
            history AS (
                INSERT INTO executions
                    (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of,
                    override)
                SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger,
                    CASE reason WHEN 'paused' THEN 'skipped' WHEN 'start_deadline' THEN 'missed' ELSE 'cancelled' END, reason, attempt, \(now),
                    repeat_of, override
                FROM gone ON CONFLICT DO NOTHING
            ),
            -- Where none came after it.
            missed AS (
                SELECT g.organization_id, g.job_id, g.last FROM (
                    SELECT organization_id, job_id, keep_days, max(scheduled_for) AS last FROM gone
                    WHERE reason = 'start_deadline' GROUP BY 1, 2, 3
                ) g WHERE NOT EXISTS (
                    SELECT FROM queue q WHERE q.organization_id = g.organization_id AND q.job_id = g.job_id AND q.trigger = 'schedule'
                        AND q.scheduled_for > g.last
                ) AND NOT EXISTS (
                    SELECT FROM executions e WHERE e.organization_id = g.organization_id AND e.job_id = g.job_id
                        AND e.keep_days = g.keep_days AND e.trigger = 'schedule' AND e.scheduled_for > g.last)
            ),
            late AS (
                UPDATE job_states s SET \(Lateness.missing("m.last")) FROM missed m
                WHERE s.organization_id = m.organization_id AND s.job_id = m.job_id
            ),
            share AS MATERIALIZED (
                SELECT l.organization_id, g.rows FROM lanes l
                JOIN (SELECT organization_id, count(*) AS rows FROM gone GROUP BY 1) g ON g.organization_id = l.organization_id
                ORDER BY 1 FOR UPDATE OF l
            ),
            lowered AS (
                UPDATE lanes l SET running = greatest(0, l.running - s.rows), next_due = least(l.next_due, \(now))
                FROM share s WHERE l.organization_id = s.organization_id
            ),
            opened AS (\(Incident.missing(Self.missed, now: now))),
            news AS (SELECT organization_id FROM opened WHERE is_new),
            rung AS MATERIALIZED (\(Incident.ringing("news", database)))
            SELECT id, lease_token FROM gone WHERE (SELECT count(*) FROM told) + (SELECT count(*) FROM rung) >= 0
            """,
        ])[1]
        return Set(try rows.map { Claim.Lease(id: try $0("id"), token: try $0("lease_token")) })
    }
}
