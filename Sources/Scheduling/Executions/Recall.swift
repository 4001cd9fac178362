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
        let claims = recalled.map(\.claim)
        do { try await queue.withdraw(claims, now: clock.now()) } catch {
            logger.error("changed jobs could not be looked at", metadata: ["error": "\(error)"])
        }
        await handBack(claims)
        letGo(claims)
        bell.ring()
    }
}

extension ExecutionQueue {
    /// Takes out of the queue what was leased for jobs that are deleted by now, and scheduled occurrences that lie within a
    /// pause: as if they had not been leased when that was done.
    ///
    /// It waits first for whoever is changing one of these jobs: paused and resumed in one moment, it must not be taken out
    /// after the resumption has counted on it.
    func withdraw(_ claims: [Claim], now: Timestamp) async throws {
        try await database.batch([
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
                    AND j.organization_id = q.organization_id AND j.id = q.job_id AND (
                        j.deleted_at IS NOT NULL
                        OR (NOT j.enabled OR j.paused_until > q.scheduled_for) AND q.trigger = 'schedule' AND q.attempt = 1)
                RETURNING q.*, j.deleted_at IS NOT NULL AS is_deleted
            ),
            history AS (
                INSERT INTO executions
                    (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of)
                SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'cancelled', 'deleted', attempt, \(now), repeat_of
                FROM gone WHERE is_deleted ON CONFLICT DO NOTHING
            ),
            share AS MATERIALIZED (
                SELECT l.organization_id, g.rows FROM lanes l
                JOIN (SELECT organization_id, count(*) AS rows FROM gone GROUP BY 1) g ON g.organization_id = l.organization_id
                ORDER BY 1 FOR UPDATE OF l
            )
            UPDATE lanes l SET running = greatest(0, l.running - s.rows), next_due = least(l.next_due, \(now))
            FROM share s WHERE l.organization_id = s.organization_id
            """,
        ])
    }
}
