import Postgres
import Tenancy
import Time

/// What came of the executions that were due since midnight (UTC). Those that stand for many occurrences count as many.
public struct Today: Sendable, Equatable {
    public let succeeded: Int
    /// Failed, and timed out.
    public let failed: Int
    /// Missed, skipped and cancelled.
    public let notRun: Int

    public init(succeeded: Int = 0, failed: Int = 0, notRun: Int = 0) {
        (self.succeeded, self.failed, self.notRun) = (succeeded, failed, notRun)
    }
}

extension Executions {
    /// Today's numbers, where many are counted as they were a moment ago: see `Memory`.
    public func today(for access: Access) async throws -> Today {
        let organization = access.organization.id
        return try await todays.value(organization) { [self] in
            let row = try await database.batch([Self.plannedOnce, Self.today(of: organization, at: engine.clock.now())])[1].first
            func number(_ name: String) throws -> Int { Int(try row?(name, as: Int64.self) ?? 0) }
            let (all, troubled) = (try number("listed"), try number("troubled"))
            return Today(succeeded: all - troubled, failed: try number("failed"), notRun: try number("not_run"))
        }
    }

    /// All are counted within an index, and looked at is only what did not succeed. The day stands in the text, so that the statement is
    /// planned for its tables alone.
    static func today(of organization: ID<Organization>, at now: Timestamp) -> Query {
        let midnight: Query = "'\(unsafe: now.midnight.rfc3339)'::timestamptz"
        let end: Query = "'\(unsafe: now.midnight.adding(.seconds(2 * 86_400)).rfc3339)'::timestamptz"
        let today: Query = "organization_id = \(organization) AND scheduled_for >= \(midnight) AND scheduled_for < \(end)"
        return """
            SELECT (SELECT count(*) FROM executions WHERE \(today)) AS listed, t.* FROM (
                SELECT count(*) AS troubled, count(*) FILTER (WHERE status IN ('failed', 'timeout')) AS failed,
                    coalesce(sum(count) FILTER (WHERE status NOT IN ('failed', 'timeout')), 0)::bigint AS not_run
                FROM executions WHERE \(today) AND status <> 'success'
            ) t
            """
    }
}
