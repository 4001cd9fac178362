import Postgres
import Tenancy

extension Jobs {
    /// Whether any of the organization's jobs is failing now, for what every page shows. An index knows what does not stand well.
    public func isAnyFailing(for access: Access) async throws -> Bool {
        let (organization, now) = (access.organization.id, engine.clock.now())
        let rows = try await database.query(
            """
            SELECT FROM job_states s JOIN jobs j ON j.organization_id = s.organization_id AND j.id = s.job_id
            WHERE s.organization_id = \(organization) AND s.health <> 'healthy' AND s.health = 'failing'
                AND j.organization_id = \(organization) AND j.deleted_at IS NULL
                AND j.enabled AND coalesce(j.paused_until <= \(now), true) LIMIT 1
            """)
        return !rows.isEmpty
    }
}
