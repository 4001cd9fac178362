import JSON
import Postgres
import Tenancy
import Time

extension Executions {
    /// One execution, by its id, with its attempts, oldest first. Throws `Refusal.notFound`, for what is no id too.
    public func find(_ id: String, for access: Access) async throws -> (execution: Execution, attempts: [Attempt]) {
        guard let id = ID<Execution>(id) else { throw Refusal.notFound }
        let condition = Self.condition(id, for: access)
        let attempts = Self.attempts(of: id, Attempt.columns, for: access)
        let results = try await database.batch([
            """
            SELECT l.*, j.key AS job_key
            FROM ((\(queued) WHERE \(condition)) UNION ALL (\(Self.ended(in: "executions")) WHERE \(condition))
                UNION (\(Self.ended(in: "kept_executions")) WHERE \(condition))) l
                LEFT JOIN jobs j ON j.organization_id = l.organization_id AND j.id = l.job_id
            """,
            "SELECT DISTINCT ON (number) * FROM (\(attempts)) a ORDER BY number",
        ])
        guard let row = results[0].first else { throw Refusal.notFound }
        let tries = try results[1].map { try Attempt($0) }
        let isOver: Timestamp? = try row("finished_at")
        return (try Execution(row, response: isOver == nil ? nil : tries.last?.response), tries)
    }

    /// One execution, by its id. Throws `Refusal.notFound`.
    func execution(_ id: ID<Execution>, for access: Access) async throws -> Execution { try await find(id.text, for: access).execution }

    /// What an attempt was answered, as far as it was kept. Throws `Refusal.notFound` where there is no such attempt, or no answer.
    public func response(of execution: String, attempt number: String, for access: Access) async throws -> Execution.Response {
        guard let id = ID<Execution>(execution), let place = Int16(number), place > 0, "\(place)" == number else { throw Refusal.notFound }
        let columns: Query = "number, response_body, response_size, response_headers, response_truncated"
        let row = try await database.query(
            "SELECT * FROM (\(Self.attempts(of: id, columns, for: access))) a WHERE number = \(place) LIMIT 1"
        ).first
        guard let response = try row.flatMap({ try Execution.Response($0) }) else { throw Refusal.notFound }
        return response
    }

    /// An id carries the millisecond of its occurrence, and so names its partition.
    static func condition(_ id: ID<Execution>, for access: Access) -> Query {
        """
        x.organization_id = \(access.organization.id) AND x.id = \(id) AND x.scheduled_for >= \(id.instant)
        AND x.scheduled_for < \(id.instant.adding(.milliseconds(1)))
        """
    }

    private static func attempts(of id: ID<Execution>, _ columns: Query, for access: Access) -> Query {
        """
        SELECT \(columns) FROM attempts WHERE organization_id = \(access.organization.id) AND execution_id = \(id)
            AND scheduled_for >= \(id.instant) AND scheduled_for < \(id.instant.adding(.milliseconds(1)))
        UNION ALL SELECT \(columns) FROM kept_attempts WHERE organization_id = \(access.organization.id) AND execution_id = \(id)
        """
    }
}
