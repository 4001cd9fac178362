import Postgres
import Tenancy
import Time

extension ExecutionQueue {
    /// Skips what has fallen due and would be skipped once the execution it waits for is over, as `release` does: all of
    /// it, or all but the first. Without it whoever hangs would pile up waiting rows for as long as he hangs.
    ///
    /// For whoever holds the states of these jobs; what somebody else has locked is being decided there.
    static func skippingSurplus(of jobs: [(organizationID: ID<Organization>, jobID: ID<Job>)], now: Timestamp) -> Query {
        """
        WITH surplus AS MATERIALIZED (
            SELECT h.organization_id, h.id FROM queue h JOIN jobs j ON j.organization_id = h.organization_id AND j.id = h.job_id
            WHERE (h.organization_id, h.job_id) IN (SELECT * FROM unnest(\(jobs.map(\.organizationID)), \(jobs.map(\.jobID))))
                AND h.held AND h.scheduled_for <= \(now) AND (j.overlap = 'skip' OR j.overlap = 'queue' AND EXISTS (
                    SELECT FROM queue e WHERE e.organization_id = h.organization_id AND e.job_id = h.job_id AND e.held
                        AND (e.scheduled_for, e.id) < (h.scheduled_for, h.id)))
            FOR UPDATE OF h SKIP LOCKED
        ),
        skipped AS (
            DELETE FROM queue q USING surplus s WHERE q.organization_id = s.organization_id AND q.id = s.id AND q.held RETURNING q.*
        )
        INSERT INTO executions
            (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of)
        SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'skipped', 'overlap', attempt, \(now), repeat_of
        FROM skipped ON CONFLICT DO NOTHING
        """
    }
}
