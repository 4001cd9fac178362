import Postgres
import Tenancy
import Time

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
        let rows = try await database.query(Self.counting(access.organization.id, at: engine.clock.now()))
        var counts: [String: Int] = [:]
        for row in rows { counts[try row("health"), default: 0] += Int(try row("count", as: Int64.self)) }
        let (late, failing, paused) = (counts["late"] ?? 0, counts["failing"] ?? 0, counts["paused"] ?? 0)
        return JobCounts(healthy: (counts["all"] ?? 0) - late - failing - paused, late: late, failing: failing, paused: paused)
    }

    /// All are counted within an index, and looked at is only what does not stand well: of ten thousand jobs a few.
    static func counting(_ organization: ID<Organization>, at now: Timestamp) -> Query {
        let mine: Query = "j.organization_id = \(organization) AND j.deleted_at IS NULL"
        // The first half is what the index knows.
        let isPaused: Query = "(NOT j.enabled OR j.paused_until IS NOT NULL) AND (NOT j.enabled OR j.paused_until > \(now))"
        return """
            SELECT 'all' AS health, count(*) FROM jobs j WHERE \(mine)
            UNION ALL SELECT 'paused', count(*) FROM jobs j WHERE \(mine) AND \(isPaused)
            UNION ALL SELECT s.health, count(*)
                FROM job_states s JOIN jobs j ON j.organization_id = s.organization_id AND j.id = s.job_id
                WHERE s.organization_id = \(organization) AND s.health <> 'healthy' AND \(mine)
                    AND j.enabled AND coalesce(j.paused_until <= \(now), true) GROUP BY 1
            """
    }
}
