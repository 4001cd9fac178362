import Postgres
import Tenancy

extension Jobs {
    /// What a job is called where something else is told of it.
    public struct Title: Sendable {
        public let name: String
        public let isDeleted: Bool

        public init(name: String, isDeleted: Bool) { (self.name, self.isDeleted) = (name, isDeleted) }
    }

    /// What these jobs are called, those that are deleted too. An erased one is not among them.
    public func titles(of jobs: some Collection<ID<Job>>, for access: Access) async throws -> [ID<Job>: Title] {
        let rows = try await database.query(
            """
            SELECT id, name, deleted_at IS NOT NULL AS is_deleted FROM jobs
            WHERE organization_id = \(access.organization.id) AND id = ANY (\(Array(Set(jobs))))
            """)
        var titles: [ID<Job>: Title] = [:]
        for row in rows { titles[try row("id")] = Title(name: try row("name"), isDeleted: try row("is_deleted")) }
        return titles
    }
}
