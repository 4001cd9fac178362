import Postgres
import Tenancy

extension Executions {
    /// Those of these that have ended a moment ago, in the order in which they did, each as it stands in lists.
    func ended(_ ids: [ID<Execution>], of organization: ID<Organization>) async throws -> [Execution] {
        // An id carries the millisecond of its occurrence, and so names its partition.
        let (from, to) = (ids.map(\.instant), ids.map { $0.instant.adding(.milliseconds(1)) })
        return try await database.query(
            """
            SELECT x.id, x.job_id, j.key AS job_key, x.trigger, x.status, x.reason, x.scheduled_for, x.attempt, x.started_at, x.finished_at,
                x.status_code, x.duration_ms, x.lateness_ms, x.error_message, x.count, x.last_scheduled_for, x.repeat_of,
                NULL::timestamptz AS due_at,
                substring(a.response_body FOR 1024) AS response_body, a.response_size, a.response_headers,
                a.response_truncated OR length(a.response_body) > 1024 AS response_truncated
            FROM unnest(\(ids), \(from), \(to)) AS i (id, begin, "end")
                JOIN LATERAL (SELECT * FROM executions e WHERE e.organization_id = \(organization) AND e.id = i.id
                    AND e.scheduled_for >= i.begin AND e.scheduled_for < i."end" LIMIT 1) x ON true
                LEFT JOIN jobs j ON j.organization_id = x.organization_id AND j.id = x.job_id
                LEFT JOIN LATERAL (SELECT * FROM attempts a WHERE a.organization_id = x.organization_id AND a.execution_id = x.id
                    AND a.keep_days = x.keep_days AND a.scheduled_for = x.scheduled_for ORDER BY a.number DESC LIMIT 1) a ON true
            ORDER BY x.finished_at, x.id
            """
        ).map { try Execution($0, response: Execution.Response($0)) }
    }
}
