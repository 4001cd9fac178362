import Postgres
import Tenancy
import Time

extension ExecutionQueue {
    /// Skips what has fallen due and would be skipped once the execution it waits for is over, as `release` does: all of
    /// it, or all but the first. Without it whoever hangs would pile up waiting rows for as long as he hangs.
    ///
    /// For whoever holds the states of these jobs; what somebody else has locked is being decided there.
    static func skippingSurplus(
        of jobs: [(organizationID: ID<Organization>, jobID: ID<Job>)], now: Timestamp, in database: Database
    ) -> Query {
        """
        WITH waiting AS MATERIALIZED (
            -- The limit is there to have each job looked up, whatever the plan was made for.
            SELECT q.* FROM unnest(\(jobs.map(\.organizationID)), \(jobs.map(\.jobID))) AS m (organization_id, job_id)
            CROSS JOIN LATERAL (
                SELECT organization_id, id, job_id, scheduled_for, ctid AS row FROM queue
                WHERE held AND NOT made_up AND organization_id = m.organization_id AND job_id = m.job_id
                ORDER BY scheduled_for LIMIT 1000 FOR UPDATE SKIP LOCKED
            ) q
        ),
        placed AS (
            SELECT w.row, w.scheduled_for, j.overlap, row_number() OVER (
                PARTITION BY w.organization_id, w.job_id ORDER BY w.scheduled_for, w.id) AS place
            FROM waiting w JOIN jobs j ON j.organization_id = w.organization_id AND j.id = w.job_id
        ),
        skipped AS (
            DELETE FROM queue q WHERE q.ctid = ANY (ARRAY(
                SELECT row FROM placed WHERE scheduled_for <= \(now) AND (overlap = 'skip' OR overlap = 'queue' AND place > 1)))
            RETURNING q.*
        ),
        told AS MATERIALIZED (\(Happening.notice(ofEndedIn: "skipped", database))),
        history AS (
            INSERT INTO executions
                (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of, override)
            SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'skipped', 'overlap', attempt, \(now), repeat_of, override
            FROM skipped ON CONFLICT DO NOTHING
        )
        SELECT count(*) FROM told
        """
    }
}
