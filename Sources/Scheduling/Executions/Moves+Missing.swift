import Postgres
import Tenancy
import Time

extension Moves {
    /// What of the statement tells of occurrences that were missed; nothing where none was.
    func missing(now: Timestamp, _ database: Database) -> Query {
        let missed = moved.filter { $0.to.missed > 0 }
        if missed.isEmpty { return ", rung AS (SELECT WHERE false)" }
        let rows: Query = """
            SELECT m.organization_id, m.job_id, m.count, (SELECT n.id FROM not_run n WHERE n.organization_id = m.organization_id
                AND n.job_id = m.job_id AND n.status = 'missed' ORDER BY n.scheduled_for DESC LIMIT 1) AS execution_id
            FROM unnest(\(missed.map(\.job.organizationID)), \(missed.map(\.job.jobID)), \(missed.map { Int32($0.to.missed) }))
                AS m (organization_id, job_id, count)
            JOIN seen USING (organization_id, job_id) WHERE (SELECT count(*) FROM due) >= 0
            """
        return """
            ,
            opened AS (\(Incident.missing(rows, now: now))),
            news AS (SELECT organization_id FROM opened WHERE is_new),
            rung AS MATERIALIZED (\(Incident.ringing("news", database)))
            """
    }
}
