import Postgres

/// The door to the audit log. It is written where the changes are made, with `AuditEntry.insertion`.
public struct AuditLog: Sendable {
    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// The organization's entries, newest first, from behind one of them.
    public func page(after last: ID<AuditEntry>?, limit: Int, for access: Access) async throws -> [AuditEntry] {
        let position: Query = last.map { "AND id < \($0)" } ?? ""
        return try await database.query(
            """
            SELECT \(AuditEntry.columns) FROM audit_log WHERE organization_id = \(access.organization.id) \(position)
            ORDER BY id DESC LIMIT \(limit)
            """
        ).map { try AuditEntry($0) }
    }
}
