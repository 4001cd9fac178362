import Postgres
import Secrets
import Time

/// The door to API keys.
public struct APIKeys: Sendable {
    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// Who presents this text, or nil: not a key, unknown, wrong, expired or revoked, all alike, and all after about the
    /// same work. Nothing is remembered between calls, so a revoked key is refused from the next call on, on every node.
    ///
    /// A key that manages acts as an admin as long as whoever made it is one here (or an owner); no key is ever more.
    public func authenticate(_ text: String, from address: String? = nil) async throws -> Access? {
        guard let credentials = APIKey.Credentials(text) else { return nil }
        let presented = credentials.secretHash
        let rows = try await database.query(
            """
            SELECT k.scopes, k.secret_hash, k.last_used_at IS NULL OR k.last_used_at < now() - interval '5 minutes' AS is_news,
                CASE WHEN k.previous_until > now() THEN k.previous_secret_hash END AS previous_secret_hash, m.role AS creator_role,
                \(Organizations.columns)
            FROM api_keys k JOIN \(Organizations.tables) ON o.id = k.organization_id
                LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.user_id = k.created_by
            WHERE k.id = \(credentials.id) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
                AND o.deleted_at IS NULL
            """)
        guard let row = rows.first else {
            _ = constantTimeEquals(presented, Self.nobody)
            return nil
        }
        let previous: [UInt8]? = try row("previous_secret_hash")
        let isCurrent = constantTimeEquals(presented, try row("secret_hash"))
        let isPrevious = constantTimeEquals(presented, previous ?? Self.nobody)
        guard isCurrent || isPrevious else { return nil }
        if try row("is_news") { try await noteUse(of: credentials.id) }
        let scopes: [String] = try row("scopes")
        let creator = try row("creator_role", as: String?.self).flatMap(Role.init)
        return Access(
            organization: try Organization(row), actor: .key(credentials.id), role: creator?.isAtLeast(.admin) == true ? .admin : .member,
            scopes: Set(scopes.compactMap(Scope.init)), origin: Origin(.api, from: address))
    }

    /// The organization's keys, newest first, those that ended included.
    public func all(for access: Access) async throws -> [APIKey] {
        try await database.query(
            "SELECT \(Self.columns) FROM api_keys WHERE organization_id = \(access.organization.id) ORDER BY id DESC"
        ).map { try APIKey($0) }
    }

    /// The key of that id; nil where there is none, or it is another organization's.
    public func find(_ id: String, for access: Access) async throws -> APIKey? {
        guard let id = ID<APIKey>(id) else { return nil }
        let rows = try await database.query(
            "SELECT \(Self.columns) FROM api_keys WHERE id = \(id) AND organization_id = \(access.organization.id)")
        return try rows.first.map { try APIKey($0) }
    }

    /// Makes a key with all scopes.
    public func issue(named name: String, for access: Access) async throws -> APIKey.Issued {
        try await database.transaction { transaction in
            let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
            return try await Self.issue(
                named: name, scopes: Set(Scope.allCases), organization: access.organization.id, createdBy: nil, now: now, expiresAfter: nil,
                in: transaction)
        }
    }

    /// Refuses the key from now on.
    public func revoke(_ id: ID<APIKey>, of access: Access) async throws {
        try await database.query(
            """
            UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
            WHERE id = \(id) AND organization_id = \(access.organization.id)
            """)
    }

    static func issue(
        named name: String, scopes: Set<Scope>, organization: ID<Organization>, createdBy: ID<User>?, now: Timestamp,
        expiresAfter: Duration?, in transaction: Transaction
    ) async throws -> APIKey.Issued {
        let credentials = APIKey.Credentials()
        try await transaction.query(
            """
            INSERT INTO api_keys (id, organization_id, name, scopes, secret_hash, created_by, created_at, expires_at)
            VALUES (\(credentials.id), \(organization), \(name), \(scopes.map(\.rawValue).sorted()), \(credentials.secretHash),
                \(createdBy), \(now), \(expiresAfter.map { now.adding($0) }))
            """)
        return APIKey.Issued(id: credentials.id, text: credentials.text)
    }

    private static let columns: Query = "id, name, scopes, created_at, expires_at, revoked_at, last_used_at"

    private func noteUse(of id: ID<APIKey>) async throws {
        try await database.query("UPDATE api_keys SET last_used_at = now() WHERE id = \(id)")
    }

    /// Compared with where there is nothing to compare with, so that the unknown takes as long as the wrong. No secret
    /// that passes its checksum hashes to it but by finding a preimage of zero.
    private static let nobody = [UInt8](repeating: 0, count: 32)
}
