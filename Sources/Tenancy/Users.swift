import JSON
import Mail
import Postgres
import Secrets
import Time

/// The door to users: the person's own address, data and end.
public struct Users: Sendable {
    let database: Database
    let mails: Mails
    let limits: RateLimits

    public init(_ database: Database, mails: Mails, limits: RateLimits) {
        (self.database, self.mails, self.limits) = (database, mails, limits)
    }

    /// The user with a confirmed address: the one that there is, or a new one. Throws `Denial.addressReserved` for an address that an
    /// account was moved away from within the last days: a new user of that address would be in the way of taking it back.
    static func confirmed(_ email: EmailAddress, now: Timestamp, in transaction: Transaction) async throws -> User {
        let known: Bool = try await transaction.query("SELECT EXISTS (SELECT FROM users WHERE email = \(email.text)) AS known").only(
            "known")
        if !known, try await isReserved(email, but: nil, in: transaction) { throw Denial.addressReserved }
        let id: ID<User> = try await transaction.query(
            """
            INSERT INTO users (id, email, created_at, confirmed_at) VALUES (\(ID<User>()), \(email.text), \(now), \(now))
            ON CONFLICT (email) DO UPDATE SET confirmed_at = coalesce(users.confirmed_at, excluded.confirmed_at) RETURNING id
            """
        ).only("id")
        return User(id: id, email: email)
    }

    static func isWithoutOrganization(_ user: ID<User>, in transaction: Transaction) async throws -> Bool {
        try await transaction.query("SELECT NOT EXISTS (SELECT FROM memberships WHERE user_id = \(user)) AS none").only("none")
    }

    // MARK: - Their data

    /// All that is kept about a user, as JSON. Throws `Denial.tryLater`.
    public func export(_ user: User) async throws -> JSON {
        if let seconds = try await limits.refusal([(.exports, user.id.text)]) { throw Denial.tryLater(seconds: seconds) }
        let answers = try await database.batch([
            "SELECT created_at, confirmed_at FROM users WHERE id = \(user.id)",
            """
            SELECT o.id, o.name, o.slug, m.role, m.created_at FROM memberships m JOIN organizations o ON o.id = m.organization_id
            WHERE m.user_id = \(user.id) ORDER BY m.created_at
            """,
            """
            SELECT i.id, o.name, i.role, i.created_at, i.expires_at FROM invites i JOIN organizations o ON o.id = i.organization_id
            WHERE i.email = \(user.email.text) ORDER BY i.created_at
            """,
            "SELECT id, device, address, created_at, last_used_at FROM sessions WHERE user_id = \(user.id) ORDER BY created_at",
            """
            SELECT id, organization_id, at, action, subject, address FROM audit_log WHERE actor_id = \(user.id) AND actor = 'user'
            ORDER BY at DESC LIMIT 10000
            """,
        ])
        let dates = answers[0].first
        return [
            "id": .string(user.id.text), "email": .string(user.email.text),
            "created_at": .string(try dates?("created_at", as: Timestamp.self).rfc3339 ?? ""),
            "organizations": .array(
                try answers[1].map { row in
                    [
                        "id": .string(try row("id", as: ID<Organization>.self).text), "name": .string(try row("name")),
                        "slug": .string(try row("slug")), "role": .string(try row("role")), "since": .instant(try row("created_at")),
                    ]
                }),
            "invites": .array(
                try answers[2].map { row in
                    [
                        "organization": .string(try row("name")), "role": .string(try row("role")),
                        "created_at": .instant(try row("created_at")), "expires_at": .instant(try row("expires_at")),
                    ]
                }),
            "sessions": .array(
                try answers[3].map { row in
                    [
                        "device": .string(try row("device")), "address": try row("address", as: String?.self).map(JSON.string) ?? .null,
                        "created_at": .instant(try row("created_at")), "last_used_at": .instant(try row("last_used_at")),
                    ]
                }),
            "activity": .array(
                try answers[4].map { row in
                    [
                        "organization_id": .string(try row("organization_id", as: ID<Organization>.self).text),
                        "at": .instant(try row("at")), "action": .string(try row("action")), "subject": .string(try row("subject")),
                        "address": try row("address", as: String?.self).map(JSON.string) ?? .null,
                    ]
                }),
        ]
    }

    /// Erases the user: nothing that is left holds the id or the address. Lines of audit logs stay, without saying who it was.
    /// Throws `Denial.recentSignInNeeded`; `.ownsOrganizations` for the last owner of any; `.notFound` for one who is gone already.
    public func erase(in session: Session) async throws {
        guard session.isRecent else { throw Denial.recentSignInNeeded }
        try await database.transaction { transaction in
            try await Memberships.lockOrganizations(of: session.user.id, in: transaction)
            // The address may have been changed, or taken back, since the session was looked up.
            let rows = try await transaction.query("SELECT id AS user_id, email FROM users WHERE id = \(session.user.id) FOR UPDATE")
            guard let user = try rows.first.map({ try User($0) }) else { throw Denial.notFound }
            let owned = try await transaction.query(
                """
                SELECT o.name FROM memberships m JOIN organizations o ON o.id = m.organization_id
                WHERE m.user_id = \(user.id) AND m.role = 'owner' AND o.deleted_at IS NULL AND NOT EXISTS (
                    SELECT FROM memberships x WHERE x.organization_id = m.organization_id AND x.role = 'owner' AND x.user_id <> m.user_id)
                ORDER BY o.name
                """
            ).map { try $0("name", as: String.self) }
            guard owned.isEmpty else { throw Denial.ownsOrganizations(owned) }
            let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
            let left = try await transaction.query("SELECT organization_id FROM memberships WHERE user_id = \(user.id)").map {
                AuditEntry(at: now, of: try $0("organization_id"), by: .erased, "member.left", on: "usr_erased", way: .page).insertion
            }
            let former = try await transaction.query(
                """
                SELECT email FROM former_addresses WHERE user_id = \(user.id)
                UNION SELECT email FROM magic_links WHERE user_id = \(user.id)
                """
            ).map {
                try $0("email", as: String.self)
            }
            try await transaction.batch([Erasure.begin] + left + Erasure.user(user.id, [user.email.text] + former, at: now))
        }
    }
}

extension JSON {
    static func instant(_ time: Timestamp) -> JSON { .string(time.rfc3339) }
}
