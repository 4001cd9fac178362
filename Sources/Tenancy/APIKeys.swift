import Foundation
import JSON
import Postgres
import Secrets
import Time

/// The door to API keys.
public struct APIKeys: Sendable {
    private let database: Database
    private let mails: Mails

    public init(_ database: Database, mails: Mails) { (self.database, self.mails) = (database, mails) }

    /// Who presents this text, or nil: not a key, unknown, wrong, expired or revoked, all alike, and all after about the
    /// same work. Nothing is remembered between calls, so a revoked key is refused from the next call on, on every node.
    ///
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
            organization: try Organization(row), actor: .key(credentials.id), role: Self.role(ofKeyMadeBy: creator),
            scopes: Set(scopes.compactMap(Scope.init)), origin: Origin(.api, from: address))
    }

    /// A key is never more than whoever made it is now, and never more than an admin. When he has left, it goes on for the
    /// organization's programs, and manages nothing.
    static func role(ofKeyMadeBy maker: Role?) -> Role {
        guard let maker else { return .member }
        return maker.isAtLeast(.admin) ? .admin : maker
    }

    /// The organization's keys, newest first, those that ended included.
    public func all(for access: Access) async throws -> [APIKey] {
        try await database.query(
            "SELECT \(Self.columns) FROM \(Self.tables) WHERE k.organization_id = \(access.organization.id) ORDER BY k.id DESC"
        ).map { try APIKey($0) }
    }

    /// The key of that id. Throws `Denial.notFound`, for what is no id and for another organization's too.
    public func find(_ id: String, for access: Access) async throws -> APIKey {
        guard let id = ID<APIKey>(id) else { throw Denial.notFound }
        let rows = try await database.query(
            "SELECT \(Self.columns) FROM \(Self.tables) WHERE k.id = \(id) AND k.organization_id = \(access.organization.id)")
        guard let row = rows.first else { throw Denial.notFound }
        return try APIKey(row)
    }

    /// What a key is made of.
    public struct Draft: Sendable {
        public let name: String
        public let scopes: Set<Scope>
        /// After so many days it ends; nil: never.
        public let days: Int?

        public init(name: String, scopes: Set<Scope>, days: Int? = nil) {
            (self.name, self.scopes, self.days) = (name, scopes, days)
        }
    }

    /// Makes a key; the owners are told by mail. A key makes keys with no scope that it has not itself. Throws `InvalidInput` at `/name`
    /// and `/scopes`, `Denial.aboveOwnRole`.
    public func issue(_ draft: Draft, for access: Access) async throws -> APIKey.Issued {
        let name = draft.name.trimmingCharacters(in: .whitespaces)
        guard !name.isEmpty else { throw InvalidInput(pointer: "/name", code: "too_short", detail: "Give the key a name.") }
        guard !draft.scopes.isEmpty else { throw InvalidInput(pointer: "/scopes", code: "required", detail: "Choose one scope at least.") }
        guard access.scopes?.isSuperset(of: draft.scopes) ?? true else { throw Denial.aboveOwnRole }
        return try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            if let seconds = try await RateLimits(database).refusal([(.newKeys, access.organization.id.text)], over: transaction) {
                throw Denial.tryLater(seconds: seconds)
            }
            let creator = try await creator(for: access, in: transaction)
            let issued = try await Self.issue(
                named: name, scopes: draft.scopes, organization: access.organization.id, createdBy: creator, now: now,
                expiresAfter: draft.days.map { .seconds($0 * 86_400) }, in: transaction)
            // What a key makes does not outlive it.
            if case .key(let maker) = access.actor {
                try await transaction.query(
                    """
                    UPDATE api_keys SET expires_at = least(expires_at, (SELECT expires_at FROM api_keys WHERE id = \(maker)))
                    WHERE id = \(issued.id)
                    """)
            }
            try await transaction.query(
                access.entry(
                    at: now, "api_key.created", on: issued.id.text,
                    after: [
                        "name": .string(name), "scopes": .array(draft.scopes.map(\.rawValue).sorted().map(JSON.string)),
                        "days": draft.days.map { .integer(Int64($0)) } ?? .null,
                    ]
                ).insertion)
            for owner in try await Organizations.owners(of: access.organization.id, in: transaction) {
                try await transaction.query(mails.newAPIKey(named: name, to: owner.email, for: access, at: now))
            }
            return issued
        }
    }

    /// How long both secrets hold after a rotation, at most: a week.
    public static let longestOverlapHours = 168

    /// Gives the key a new secret; the one before holds for so many hours more, and one before that no longer. A key rotates none that
    /// may more than itself: whoever has the new secret could do all of that. Throws `Denial.notFound` for a key that has ended,
    /// `.aboveOwnRole`.
    public func rotate(_ key: APIKey, overlapHours: Int, for access: Access) async throws -> APIKey.Issued {
        guard access.scopes?.isSuperset(of: key.scopes) ?? true else { throw Denial.aboveOwnRole }
        let credentials = APIKey.Credentials(id: key.id)
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let changed = try await transaction.query(
                """
                UPDATE api_keys SET secret_hash = \(credentials.secretHash), previous_secret_hash = secret_hash,
                    previous_until = \(now.adding(.seconds(overlapHours * 3_600)))
                WHERE id = \(key.id) AND organization_id = \(access.organization.id) AND revoked_at IS NULL
                    AND (expires_at IS NULL OR expires_at > \(now))
                """)
            if changed.affected == 0 { throw Denial.notFound }
            try await transaction.query(
                access.entry(
                    at: now, "api_key.rotated", on: key.id.text,
                    after: ["name": .string(key.name), "overlap_hours": .integer(Int64(overlapHours))]
                ).insertion)
        }
        return APIKey.Issued(id: key.id, text: credentials.text)
    }

    /// Refuses the key from the next request on, on every node; both of its secrets.
    public func revoke(_ key: APIKey, for access: Access) async throws {
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let revoked = try await transaction.query(
                """
                UPDATE api_keys SET revoked_at = \(now)
                WHERE id = \(key.id) AND organization_id = \(access.organization.id) AND revoked_at IS NULL
                """)
            guard revoked.affected > 0 else { return }
            try await transaction.query(
                access.entry(at: now, "api_key.revoked", on: key.id.text, before: ["name": .string(key.name)]).insertion)
        }
    }

    /// Who a new key acts for: the person, whoever made the key that makes it, or for the operator the first owner.
    private func creator(for access: Access, in transaction: Transaction) async throws -> ID<User>? {
        switch access.actor {
        case .user(let id): return id
        case .key(let id): return try await transaction.query("SELECT created_by FROM api_keys WHERE id = \(id)").first?("created_by")
        case .system, .operator, .erased: return try await Organizations.owners(of: access.organization.id, in: transaction).first?.id
        }
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

    /// A key whose maker is no admin here any more does not manage.
    private static let columns: Query = """
        k.id, k.name, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.last_used_at, k.previous_until,
        CASE WHEN m.user_id IS NOT NULL THEN u.email END AS created_by,
        coalesce(m.role IN ('owner', 'admin'), false) AS manages, (k.expires_at IS NOT NULL AND k.expires_at <= now()) AS is_over
        """
    private static let tables: Query = """
        api_keys k LEFT JOIN users u ON u.id = k.created_by
            LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.user_id = k.created_by
        """

    private func noteUse(of id: ID<APIKey>) async throws {
        try await database.query("UPDATE api_keys SET last_used_at = now() WHERE id = \(id)")
    }

    /// Compared with where there is nothing to compare with, so that the unknown takes as long as the wrong. No secret
    /// that passes its checksum hashes to it but by finding a preimage of zero.
    private static let nobody = [UInt8](repeating: 0, count: 32)
}
