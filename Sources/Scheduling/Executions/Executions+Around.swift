import JSON
import Postgres
import Tenancy
import Time

/// What a page about one execution tells beside it.
extension Executions {
    /// What stands around an execution.
    public struct Around: Sendable {
        /// The ones before and behind it of the same job, by their time of occurrence.
        public let earlier: ID<Execution>?
        public let later: ID<Execution>?
        /// What it was asked for with: its own `body`, a `reason`. Nil: neither.
        public let override: JSON?

        public init(earlier: ID<Execution>? = nil, later: ID<Execution>? = nil, override: JSON? = nil) {
            (self.earlier, self.later, self.override) = (earlier, later, override)
        }
    }

    /// What stands around this one.
    public func around(_ execution: Execution, for access: Access) async throws -> Around {
        let (organization, condition) = (access.organization.id, Self.condition(execution.id, for: access))
        let rows = try await database.batch([
            Self.plannedOnce,
            Self.neighbour(of: execution, "<", "DESC", for: access),
            Self.neighbour(of: execution, ">", "ASC", for: access),
            """
            SELECT override FROM queue WHERE organization_id = \(organization) AND id = \(execution.id)
            UNION ALL \(Self.override(condition)) LIMIT 1
            """,
        ])
        return Around(
            earlier: try rows[1].first.map { try $0("id") }, later: try rows[2].first.map { try $0("id") },
            override: try rows[3].first.flatMap { try $0("override") })
    }

    /// SQL: what one that has ended was asked for with.
    static func override(_ condition: Query) -> Query {
        "SELECT override FROM executions x WHERE \(condition) UNION ALL SELECT override FROM kept_executions x WHERE \(condition)"
    }

    /// As lists are read (`Executions+Listing`): the retentions one by one, no more of their days than it takes.
    private static func neighbour(of execution: Execution, _ side: StaticString, _ order: StaticString, for access: Access) -> Query {
        let (side, order): (Query, Query) = ("\(unsafe: "\(side)")", "\(unsafe: "\(order)")")
        func part(_ table: StaticString, _ more: Query = "") -> Query {
            """
            (SELECT scheduled_for, id FROM \(unsafe: "\(table)") x
            WHERE x.organization_id = \(access.organization.id) AND x.job_id = \(execution.jobID) \(more)
                AND (x.scheduled_for, x.id) \(side) (\(execution.scheduledFor), \(execution.id))
                AND x.scheduled_for \(side)= \(execution.scheduledFor)
            ORDER BY x.scheduled_for \(order), x.id \(order) LIMIT 1)
            """
        }
        let days = Partitions.retentions.map { part("executions", "AND x.keep_days = \(unsafe: "\($0)")") }
        let parts = [part("queue"), part("kept_executions")] + days
        return "SELECT id FROM (\(parts.joined(separator: " UNION ALL "))) x ORDER BY scheduled_for \(order), id \(order) LIMIT 1"
    }
}
