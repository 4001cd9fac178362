import Postgres
import Tenancy
import Time

extension ExecutionQueue {
    /// A job that its target has paused.
    struct Paused: Sendable {
        let organizationID: ID<Organization>
        let jobID: ID<Job>
        let reason: String
    }

    /// What has to go before `recording` in one batch: the locks of the jobs' states, and where a target asks for its job to be paused
    /// that; the last statement answers the jobs that were paused.
    ///
    /// Pausing by a target is what pausing by people is: the job is off, at a new version, has no next run, and what was
    /// queued ahead is taken out again. What is due already goes on, as it does then.
    ///
    /// The locks come first and alone (a statement sees what was there when it began), in the order of the whole file: jobs,
    /// their states, and after them the queue; `recording` then finds the states locked and takes the lanes last.
    func pausing(_ finished: [Finished], now: Timestamp) -> [Query] {
        let asking = finished.filter { $0.outcome.steering.pause != nil }
        let states: Query = """
            SELECT FROM unnest(\(finished.map(\.claim.organizationID)), \(finished.map(\.claim.jobID))) AS i (organization_id, job_id)
                JOIN job_states s ON s.organization_id = i.organization_id AND s.job_id = i.job_id
            ORDER BY s.organization_id, s.job_id FOR UPDATE OF s
            """
        return asking.isEmpty ? [states] : [lock(asking), states, pause(asking, now: now)]
    }

    private func lock(_ asking: [Finished]) -> Query {
        """
        SELECT FROM unnest(\(asking.map(\.claim.organizationID)), \(asking.map(\.claim.jobID))) AS i (organization_id, job_id)
            JOIN jobs j ON j.organization_id = i.organization_id AND j.id = i.job_id
        ORDER BY j.organization_id, j.id FOR UPDATE OF j
        """
    }

    /// Only for whoever still holds the lease: an ending that is not recorded pauses nothing.
    private func pause(_ asking: [Finished], now: Timestamp) -> Query {
        """
        WITH asked AS MATERIALIZED (
            SELECT q.organization_id, q.job_id, q.id AS execution_id, i.reason, i.host
            FROM unnest(
                \(asking.map(\.claim.organizationID)), \(asking.map(\.claim.id)), \(asking.map(\.claim.leaseToken)),
                \(asking.map(\.outcome.steering.pause)), \(asking.map(\.host))
            ) AS i (organization_id, id, lease_token, reason, host)
            JOIN queue q ON q.organization_id = i.organization_id AND q.id = i.id AND q.lease_token = i.lease_token
            FOR UPDATE OF q
        ),
        paused AS (
            UPDATE jobs j SET enabled = false, paused_reason = a.reason, paused_at = \(now), updated_at = \(now), version = j.version + 1
            FROM asked a WHERE j.organization_id = a.organization_id AND j.id = a.job_id AND j.enabled AND j.deleted_at IS NULL
            RETURNING j.organization_id, j.id, j.paused_reason, a.execution_id, a.host
        ),
        withdrawn AS (
            DELETE FROM queue q USING paused p
            WHERE q.organization_id = p.organization_id AND q.job_id = p.id AND q.leased_by IS NULL AND q.trigger = 'schedule'
                AND q.attempt = 1 AND q.scheduled_for > \(now)
            RETURNING q.organization_id, q.job_id, q.scheduled_for
        ),
        firsts AS (
            SELECT p.organization_id, p.id AS job_id, min(w.scheduled_for) AS scheduled_for
            FROM paused p LEFT JOIN withdrawn w ON w.organization_id = p.organization_id AND w.job_id = p.id GROUP BY 1, 2
        ),
        -- From what would have been next on, the pause passes over it; what a running pause has passed over already stays so.
        states AS (
            UPDATE job_states s SET next_run_at = NULL, set_aside = NULL,
                passing_from = least(s.passing_from, s.next_run_at, f.scheduled_for),
                pass_at = least(s.passing_from, s.next_run_at, f.scheduled_for)
            FROM firsts f WHERE s.organization_id = f.organization_id AND s.job_id = f.job_id
        ),
        closed AS (
            UPDATE incidents i SET \(Incident.closed(at: now)), closed_reason = \(Incident.ClosedReason.paused.rawValue)
            FROM paused p WHERE i.organization_id = p.organization_id AND i.job_id = p.id AND i.closed_at IS NULL
            RETURNING i.organization_id
        ),
        opened AS (\(Incident.opening(.stopped, Self.stopped, counting: "i.count", now: now))),
        news AS (SELECT organization_id FROM opened UNION ALL SELECT organization_id FROM closed),
        rung AS MATERIALIZED (\(Incident.ringing("news", database)))
        SELECT organization_id, id, paused_reason FROM paused WHERE (SELECT count(*) FROM rung) >= 0
        """
    }

    /// SQL: the incidents of the jobs that were paused, when those that were open are closed.
    private static let stopped: Query = """
        SELECT organization_id, id AS job_id, host, job_subject(id) AS subject, \(Reason.stoppedByTarget.rawValue) AS reason,
            paused_reason AS detail, execution_id, 1 AS count
        FROM paused WHERE (SELECT count(*) FROM closed) >= 0
        """
}

extension ExecutionQueue.Paused {
    init(_ row: Row) throws(PostgresError) {
        organizationID = try row("organization_id")
        jobID = try row("id")
        reason = try row("paused_reason")
    }
}
