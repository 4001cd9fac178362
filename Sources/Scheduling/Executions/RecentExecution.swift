import Postgres
import Tenancy
import Time

/// An execution that has ended, as far as a bar or a row of a list tells of it.
public struct RecentExecution: Sendable {
    public let id: ID<Execution>
    public let status: ExecutionStatus
    public let reason: Reason?
    public let scheduledFor: Timestamp
    public let finishedAt: Timestamp
    public let statusCode: Int?
    /// Nil: it did not run.
    public let durationMs: Int?
    public let latenessMs: Int?
    public let errorMessage: String?
    /// More than 1: it stands for so many occurrences that did not run.
    public let count: Int
}

extension Executions {
    /// The latest executions of each of these jobs that have ended, newest first, at most `limit` of each.
    public func recent(of jobs: [ID<Job>], limit: Int = 24, for access: Access) async throws -> [ID<Job>: [RecentExecution]] {
        let rows = try await database.query(
            """
            SELECT x.* FROM unnest(\(jobs)) AS t (job_id) CROSS JOIN LATERAL (
                SELECT job_id, id, status, reason, scheduled_for, finished_at, status_code, duration_ms, lateness_ms, error_message, count
                FROM executions e WHERE e.organization_id = \(access.organization.id) AND e.job_id = t.job_id
                ORDER BY scheduled_for DESC, id DESC LIMIT \(limit)
            ) x
            """)
        var recent: [ID<Job>: [RecentExecution]] = [:]
        for row in rows { recent[try row("job_id"), default: []].append(try RecentExecution(row)) }
        return recent
    }

    /// Which of these jobs have an execution that runs now.
    public func running(of jobs: [ID<Job>], for access: Access) async throws -> Set<ID<Job>> {
        let rows = try await database.query(
            """
            SELECT DISTINCT job_id FROM queue WHERE organization_id = \(access.organization.id) AND job_id = ANY (\(jobs))
                AND leased_by IS NOT NULL AND due_at <= \(engine.clock.now())
            """)
        return Set(try rows.map { try $0("job_id") })
    }
}

extension RecentExecution {
    init(_ row: Row) throws {
        self.init(
            id: try row("id"), status: ExecutionStatus(rawValue: try row("status")) ?? .failed,
            reason: try row("reason", as: String?.self).flatMap(Reason.init), scheduledFor: try row("scheduled_for"),
            finishedAt: try row("finished_at"), statusCode: try row("status_code", as: Int16?.self).map(Int.init),
            durationMs: try row("duration_ms", as: Int32?.self).map(Int.init),
            latenessMs: try row("lateness_ms", as: Int32?.self).map(Int.init),
            errorMessage: try row("error_message"), count: Int(try row("count", as: Int32.self)))
    }
}
