import Postgres
import Tenancy

extension Jobs {
    /// What these jobs are called, deleted ones too as long as they are kept.
    public func names(of jobs: [ID<Job>], for access: Access) async throws -> [ID<Job>: String] {
        guard !jobs.isEmpty else { return [:] }
        let rows = try await database.query(
            "SELECT id, name FROM jobs WHERE organization_id = \(access.organization.id) AND id = ANY (\(Array(Set(jobs))))")
        return Dictionary(try rows.map { (try $0("id"), try $0("name")) }, uniquingKeysWith: { first, _ in first })
    }
}
