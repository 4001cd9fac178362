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

    /// All are counted within an index, and looked at is only what does not stand well: of ten thousand jobs a few. These are asked for by
    /// their ids: for a join the planner would rather read all jobs.
    static func counting(_ organization: ID<Organization>, at now: Timestamp) -> Query {
        let mine: Query = "j.organization_id = \(organization) AND j.deleted_at IS NULL"
        func ill(_ health: StaticString) -> Query {
            """
            SELECT \(unsafe: "'\(health)'"), count(*) FROM jobs j WHERE \(mine) AND NOT (\(isPaused(at: now))) AND j.id = ANY (ARRAY(
                SELECT s.job_id FROM job_states s
                WHERE s.organization_id = \(organization) AND s.health <> 'healthy' AND s.health = \(unsafe: "'\(health)'")))
            """
        }
        return """
            SELECT 'all' AS health, count(*) FROM jobs j WHERE \(mine)
            UNION ALL SELECT 'paused', count(*) FROM jobs j WHERE \(mine) AND \(isPaused(at: now))
            UNION ALL \(ill("failing")) UNION ALL \(ill("late"))
            """
    }

    /// SQL: a job rests then. The first half is what the index of such jobs knows; none of it is null.
    static func isPaused(at now: Timestamp) -> Query {
        "(NOT j.enabled OR j.paused_until IS NOT NULL) AND (NOT j.enabled OR coalesce(j.paused_until > \(now), false))"
    }
}
