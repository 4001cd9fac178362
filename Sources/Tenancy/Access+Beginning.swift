import Postgres
import Time

extension Access {
    /// Begins a change of the organization: waits for its row, so that such changes go one after the other, and then looks once more
    /// whether the actor may still do what he was let in for. A request takes its time, and in it a member can be removed or lowered,
    /// and a key revoked: what is true behind the lock holds.
    ///
    /// Answers the time. Throws `Denial.notFound` where the organization is deleted or the actor no member any more, `.aboveOwnRole`
    /// where he is less than he was, `.keyEnded`.
    public func begin(in transaction: Transaction) async throws -> Timestamp {
        let now = try await Memberships.lock(organization.id, in: transaction)
        switch actor {
        case .user(let user):
            let rows = try await transaction.query(
                "SELECT role FROM memberships WHERE organization_id = \(organization.id) AND user_id = \(user)")
            guard let row = rows.first, let current = Role(rawValue: try row("role")) else { throw Denial.notFound }
            guard current.isAtLeast(role) else { throw Denial.aboveOwnRole }
        case .key(let key):
            let rows = try await transaction.query(
                """
                SELECT m.role FROM api_keys k
                    LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.user_id = k.created_by
                WHERE k.id = \(key) AND k.organization_id = \(organization.id) AND k.revoked_at IS NULL
                    AND (k.expires_at IS NULL OR k.expires_at > \(now))
                """)
            guard let row = rows.first else { throw Denial.keyEnded }
            let maker = try row("role", as: String?.self).flatMap(Role.init)
            guard APIKeys.role(ofKeyMadeBy: maker).isAtLeast(role) else { throw Denial.aboveOwnRole }
        case .system, .operator, .erased: break
        }
        return now
    }
}
