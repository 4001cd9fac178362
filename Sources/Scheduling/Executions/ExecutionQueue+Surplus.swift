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
        -- By lists and not by joins: planned while the queue was empty, a join would compare each of it with each of these.
        WITH waiting AS MATERIALIZED (
            SELECT organization_id, id, job_id, scheduled_for FROM queue
            WHERE held AND organization_id = ANY (\(Array(Set(jobs.map(\.organizationID))))) AND job_id = ANY (\(jobs.map(\.jobID)))
            FOR UPDATE SKIP LOCKED
        ),
        placed AS (
            SELECT w.id, w.scheduled_for, j.overlap, row_number() OVER (
                PARTITION BY w.organization_id, w.job_id ORDER BY w.scheduled_for, w.id) AS place
            FROM waiting w JOIN jobs j ON j.organization_id = w.organization_id AND j.id = w.job_id
        ),
        skipped AS (
            DELETE FROM queue WHERE held AND organization_id = ANY (ARRAY(SELECT DISTINCT organization_id FROM waiting))
                AND id = ANY (ARRAY(
                    SELECT id FROM placed WHERE scheduled_for <= \(now) AND (overlap = 'skip' OR overlap = 'queue' AND place > 1)))
            RETURNING *
        )
        INSERT INTO executions
            (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of)
        SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'skipped', 'overlap', attempt, \(now), repeat_of
        FROM skipped ON CONFLICT DO NOTHING
        """
    }
}
