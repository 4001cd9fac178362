import JSON
import Mail
import Postgres
import Time

/// What becomes of an organization's jobs when it is deleted. Jobs are no matter of this module; it only says when.
public struct JobsOfOrganization: Sendable {
    let stop: @Sendable (ID<Organization>, Timestamp, Transaction) async throws -> Void
    let restart: @Sendable (ID<Organization>, Timestamp, Transaction) async throws -> Void
    /// Erases some of what there is; true: nothing is left.
    let erase: @Sendable (ID<Organization>) async throws -> Bool

    public init(
        stop: @escaping @Sendable (ID<Organization>, Timestamp, Transaction) async throws -> Void,
        restart: @escaping @Sendable (ID<Organization>, Timestamp, Transaction) async throws -> Void,
        erase: @escaping @Sendable (ID<Organization>) async throws -> Bool
    ) {
        (self.stop, self.restart, self.erase) = (stop, restart, erase)
    }

    /// For whoever has no jobs.
    public static let none = JobsOfOrganization(stop: { _, _, _ in }, restart: { _, _, _ in }, erase: { _ in true })
}

/// Renaming, moving to another slug, deleting and bringing back.
extension Organizations {
    /// So long a deleted organization can be brought back.
    public static let regret: Duration = .seconds(7 * 86_400)
    private static let slugLeads: Duration = .seconds(30 * 86_400)

    /// Changes name, slug or time zone: the members of `changes` that `Organization.fields` names. One that stays as it is is not
    /// written down. Throws `InvalidInput`, `Denial`.
    public func change(_ changes: JSON, for access: Access) async throws -> Organization {
        let name = try changes["name"]?.string.map { try Organization.checked(name: $0) }
        let slug = try changes["slug"]?.string.map { try Organization.checked(slug: $0) }
        let zone = changes["timezone"]?.string
        if let zone, ZoneRules.named(zone) == nil {
            throw InvalidInput(pointer: "/timezone", code: "unknown_zone", detail: "Name a zone of the IANA list, such as Europe/Oslo.")
        }
        do {
            return try await database.transaction { transaction in
                let now = try await access.begin(in: transaction)
                let old = try await find(access.organization.id, in: transaction)
                let new = (name: name ?? old.name, slug: slug ?? old.slug, timezone: zone ?? old.timezone)
                let differences = [("name", old.name, new.name), ("slug", old.slug, new.slug), ("timezone", old.timezone, new.timezone)]
                    .filter { $0.1 != $0.2 }
                guard !differences.isEmpty else { return old }
                if new.slug != old.slug {
                    try await allow(.slugChanges, old.id.text, in: transaction)
                    try await move(old, to: new.slug, now: now, in: transaction)
                }
                try await transaction.batch([
                    """
                    UPDATE organizations SET name = \(new.name), slug = \(new.slug), timezone = \(new.timezone) WHERE id = \(old.id)
                    """,
                    access.entry(
                        at: now, "organization.changed", on: old.id.text, before: .members(differences.map { ($0.0, $0.1) }),
                        after: .members(differences.map { ($0.0, $0.2) })
                    ).insertion,
                ])
                return try await find(old.id, in: transaction)
            }
        } catch let error as PostgresError where error.constraint == "organizations_slug_key" {
            throw Self.slugIsTaken
        }
    }

    private static let slugIsTaken = InvalidInput(pointer: "/slug", code: "taken", detail: "This one is taken. Choose another.")

    /// The old slug leads here from now on. Nobody else's former slug can be taken; one's own comes back.
    private func move(_ old: Organization, to slug: String, now: Timestamp, in transaction: Transaction) async throws {
        let others: Bool = try await transaction.query(
            """
            SELECT EXISTS (SELECT FROM former_slugs WHERE slug = \(slug) AND until > \(now) AND organization_id <> \(old.id)) AS others
            """
        ).only("others")
        if others { throw Self.slugIsTaken }
        try await transaction.batch([
            "DELETE FROM former_slugs WHERE slug = \(slug)",
            """
            INSERT INTO former_slugs (slug, organization_id, until) VALUES (\(old.slug), \(old.id), \(now.adding(Self.slugLeads)))
            ON CONFLICT (slug) DO UPDATE SET organization_id = excluded.organization_id, until = excluded.until
            """,
        ])
    }

    /// Where a former slug leads, for a member of that organization; nil: nowhere.
    public func slug(after former: String, for user: User) async throws -> String? {
        try await database.query(
            """
            SELECT o.slug FROM former_slugs f JOIN organizations o ON o.id = f.organization_id AND o.deleted_at IS NULL
                JOIN memberships m ON m.organization_id = o.id AND m.user_id = \(user.id)
            WHERE f.slug = \(former) AND f.until > now()
            """
        ).first.map { try $0("slug") }
    }

    /// Deletes the organization: nobody gets in and no job runs from now on; in seven days it is erased. Its owners are told by mail.
    /// Throws `Denial.recentSignInNeeded`.
    public func delete(for access: Access, in session: Session) async throws {
        guard session.isRecent else { throw Denial.recentSignInNeeded }
        let organization = access.organization
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            try await allow(.deletions, organization.id.text, in: transaction)
            let end = now.adding(Self.regret)
            try await transaction.batch(
                [
                    "UPDATE organizations SET deleted_at = \(now) WHERE id = \(organization.id)",
                    "DELETE FROM invites WHERE organization_id = \(organization.id)",
                    // Invites above all, which lead nowhere any more.
                    Outbox.withdrawal(of: organization.id),
                    access.entry(
                        at: now, "organization.deleted", on: organization.id.text, after: ["erased_at": .string(end.rfc3339)]
                    ).insertion,
                ])
            for owner in try await Self.owners(of: organization.id, in: transaction) {
                try await transaction.query(mails.deletionScheduled(organization, to: owner.email, erasedAt: end, at: now))
            }
            try await jobs.stop(organization.id, now, transaction)
        }
    }

    /// Brings a deleted organization of the user's back, as it was. Throws `Denial.notFound`.
    public func restore(_ slug: String, ownedBy user: User, from origin: Origin) async throws -> Organization {
        try await database.transaction { transaction in
            let rows = try await transaction.query(
                """
                SELECT clock_timestamp() AS now, o.id FROM organizations o JOIN memberships m ON m.organization_id = o.id
                WHERE o.slug = \(slug) AND o.deleted_at > now() - \(Self.regret.components.seconds) * interval '1 second' AND o.erasing_at IS NULL
                    AND m.user_id = \(user.id) AND m.role = 'owner' FOR NO KEY UPDATE OF o
                """)
            guard let row = rows.first else { throw Denial.notFound }
            let (id, now) = (try row("id", as: ID<Organization>.self), try row("now", as: Timestamp.self))
            try await transaction.batch([
                "UPDATE organizations SET deleted_at = NULL WHERE id = \(id)",
                AuditEntry(
                    at: now, of: id, by: .user(user.id), "organization.restored", on: id.text, way: origin.way, from: origin.address
                ).insertion,
            ])
            try await jobs.restart(id, now, transaction)
            return try await find(id, in: transaction)
        }
    }

    func allow(_ limit: RateLimit, _ subject: String, in transaction: Transaction) async throws {
        let seconds = try await RateLimits(database).refusal([(limit, subject)], over: transaction)
        if let seconds { throw Denial.tryLater(seconds: seconds) }
    }

    static func owners(of organization: ID<Organization>, in transaction: Transaction) async throws -> [User] {
        try await transaction.query(
            """
            SELECT m.user_id, u.email FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = \(organization) AND m.role = 'owner' ORDER BY u.id
            """
        ).map { try User($0) }
    }

    private func find(_ id: ID<Organization>, in transaction: Transaction) async throws -> Organization {
        guard let row = try await transaction.query("SELECT \(Self.columns) FROM \(Self.tables) WHERE o.id = \(id)").first else {
            throw Denial.notFound
        }
        return try Organization(row)
    }
}

extension JSON {
    fileprivate static func members(_ members: [(String, String)]) -> JSON {
        .object(JSONObject(members.map { ($0, .string($1)) }))
    }
}
