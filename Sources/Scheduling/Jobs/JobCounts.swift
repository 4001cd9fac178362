import Postgres
import Tenancy

/// How many of an organization's jobs stand how. Each job is in one of the four.
public struct JobCounts: Sendable {
    public let healthy: Int
    public let late: Int
    public let failing: Int
    public let paused: Int

    public var all: Int { healthy + late + failing + paused }

    public init(healthy: Int = 0, late: Int = 0, failing: Int = 0, paused: Int = 0) {
        (self.healthy, self.late, self.failing, self.paused) = (healthy, late, failing, paused)
    }
}

extension Jobs {
    /// How the jobs stand now.
    public func counts(for access: Access) async throws -> JobCounts {
        let rows = try await database.query(
            """
            SELECT CASE WHEN NOT j.enabled OR coalesce(j.paused_until > \(engine.clock.now()), false) THEN 'paused' ELSE s.health END AS health,
                count(*) AS count
            FROM \(Self.tables) WHERE j.organization_id = \(access.organization.id) AND j.deleted_at IS NULL GROUP BY 1
            """)
        var counts: [String: Int] = [:]
        for row in rows { counts[try row("health")] = Int(try row("count", as: Int64.self)) }
        return JobCounts(
            healthy: counts["healthy"] ?? 0, late: counts["late"] ?? 0, failing: counts["failing"] ?? 0, paused: counts["paused"] ?? 0)
    }
}
