import Postgres
import Tenancy
import Time

extension Tally {
    /// Days are kept as long as the plan keeps history, and at least so many.
    static let fewestDays = 30

    /// Folds what is not folded of these jobs and was due before `end`; answers the jobs of which it did. The others have changed since
    /// they were looked at, or somebody is writing of them now: nobody is waited for and nobody waits long, for no row is locked
    /// before everything has been read.
    static func folding(_ tallies: [Tally], before end: Timestamp, now: Timestamp) -> Query {
        let days = Days(from: tallies.map(\.until).min() ?? end, now: now)
        // Days whose history has begun to leave stay as they were counted when it was whole.
        let recounted: Query = "e.scheduled_for >= t.recounted_from AND e.scheduled_for < \(end) AND \(days.contain("e.scheduled_for"))"
        return """
            WITH input AS MATERIALIZED (
                SELECT i.*, CASE WHEN i.until = \(never) THEN i.until
                        ELSE greatest(i.until, \(end) - (e.keep_days - 1) * interval '24 hours') END AS recounted_from,
                    \(end) - greatest(e.keep_days, \(Int16(fewestDays))) * interval '24 hours' AS oldest
                FROM unnest(\(tallies.map(\.organization)), \(tallies.map(\.job)), \(tallies.map(\.until)), \(tallies.map(\.version)))
                    AS i (organization_id, job_id, until, version)
                JOIN entitlements e ON e.organization_id = i.organization_id
            ),
            latest AS MATERIALIZED (\(latest(of: "input t", in: days, before: end, limit: mostRecent))),
            days AS MATERIALIZED (
                SELECT t.organization_id, t.job_id, d.* FROM input t CROSS JOIN LATERAL (
                    \(Self.days("e.organization_id = t.organization_id AND e.job_id = t.job_id AND \(recounted)"))) d
            ),
            folded AS MATERIALIZED (
                SELECT i.* FROM job_states s
                JOIN input i ON i.organization_id = s.organization_id AND i.job_id = s.job_id
                WHERE s.tallied_until = i.until AND s.tally_version = i.version
                    AND (SELECT count(*) FROM latest) >= 0 AND (SELECT count(*) FROM days) >= 0
                ORDER BY 1, 2 FOR NO KEY UPDATE OF s SKIP LOCKED
            ),
            moved AS (
                UPDATE job_states s SET tallied_until = \(end) FROM folded f WHERE s.organization_id = f.organization_id AND s.job_id = f.job_id
            ),
            \(writing(before: end))
            SELECT organization_id, job_id FROM folded
            """
    }

    private static func writing(before end: Timestamp) -> Query {
        let recent: Query = "status, reason, finished_at, status_code, duration_ms, lateness_ms, error_message, count"
        let numbers: Query = "succeeded, failed, not_run, median_ms, p95_ms, lateness_p50_ms, lateness_p99_ms"
        return """
            gone AS (
                DELETE FROM recent_executions r USING folded f WHERE r.organization_id = f.organization_id AND r.job_id = f.job_id
                    AND NOT EXISTS (SELECT FROM latest l WHERE l.organization_id = r.organization_id AND l.job_id = r.job_id
                        AND l.scheduled_for = r.scheduled_for AND l.id = r.id)
            ),
            come AS (
                INSERT INTO recent_executions AS r (organization_id, job_id, scheduled_for, id, \(recent))
                SELECT organization_id, job_id, scheduled_for, id, \(recent) FROM latest JOIN folded USING (organization_id, job_id)
                ON CONFLICT (organization_id, job_id, scheduled_for, id) DO UPDATE
                    SET (\(recent)) = (
                        SELECT excluded.status, excluded.reason, excluded.finished_at, excluded.status_code, excluded.duration_ms,
                            excluded.lateness_ms, excluded.error_message, excluded.count)
                    WHERE (r.finished_at, r.count) <> (excluded.finished_at, excluded.count)
            ),
            gone_days AS (
                DELETE FROM job_days d USING folded f WHERE d.organization_id = f.organization_id AND d.job_id = f.job_id
                    AND (d.day < f.oldest OR d.day >= f.recounted_from AND d.day < \(end) AND NOT EXISTS (
                        SELECT FROM days n WHERE n.organization_id = d.organization_id AND n.job_id = d.job_id AND n.day = d.day))
            ),
            come_days AS (
                INSERT INTO job_days (organization_id, job_id, day, \(numbers))
                SELECT organization_id, job_id, day, \(numbers) FROM days JOIN folded USING (organization_id, job_id) WHERE day >= oldest
                ON CONFLICT (organization_id, job_id, day) DO UPDATE
                    SET (\(numbers)) = (
                        SELECT excluded.succeeded, excluded.failed, excluded.not_run, excluded.median_ms, excluded.p95_ms,
                            excluded.lateness_p50_ms, excluded.lateness_p99_ms)
            )
            """
    }
}
