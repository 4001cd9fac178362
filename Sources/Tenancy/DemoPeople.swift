import Mail
import Postgres
import Time

/// The people of the demo, which is there in development alone: they come in without a mail. Nobody is given this in production.
public struct DemoPeople: Sendable {
    private let database: Database

    /// Asks over `database`.
    public init(_ database: Database) { self.database = database }

    /// A new session of the user with this address, in the organization of that slug; nil where he is no member of one. `visitor`: the
    /// browser that asks.
    public func signIn(as email: String, to slug: String, in visitor: Sessions.Visitor) async throws -> MagicLinks.SignedIn? {
        try await database.transaction { transaction in
            let rows = try await transaction.query(
                """
                SELECT u.id AS user_id, u.email, now() AS now, \(Organizations.columns)
                FROM users u JOIN memberships m ON m.user_id = u.id JOIN \(Organizations.tables) ON o.id = m.organization_id
                WHERE u.email = \(email) AND o.slug = \(slug) AND o.deleted_at IS NULL
                """)
            guard let row = rows.first else { return nil }
            let (user, now, token) = (try User(row), try row("now", as: Timestamp.self), Token())
            try await transaction.query(Sessions.insertion(token, id: ID(at: now), of: user.id, in: visitor, at: now))
            return MagicLinks.SignedIn(token: token, user: user, next: nil, organization: try Organization(row))
        }
    }

    /// Makes a member of whoever has this address.
    public func join(_ email: String, as role: Role, for access: Access) async throws {
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let user = try await Users.confirmed(EmailAddress.checked(email), now: now, in: transaction)
            try await transaction.batch([
                """
                INSERT INTO memberships (organization_id, user_id, role, created_at)
                VALUES (\(access.organization.id), \(user.id), \(role.rawValue), \(now)) ON CONFLICT DO NOTHING
                """,
                access.entry(
                    at: now, "member.joined", on: user.id.text,
                    after: ["email": .string(user.email.text), "role": .string(role.rawValue)]
                ).insertion,
            ])
        }
    }

    /// Lets a key have ended so many days ago.
    public func expire(_ key: ID<APIKey>, daysAgo days: Int, for access: Access) async throws {
        try await database.query(
            """
            UPDATE api_keys SET created_at = now() - interval '90 days', expires_at = now() - \(Int64(days)) * interval '1 day'
            WHERE id = \(key) AND organization_id = \(access.organization.id)
            """)
    }
}
