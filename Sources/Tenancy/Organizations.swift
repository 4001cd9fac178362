import Foundation
import JSON
import Mail
import Postgres
import Time

/// The door to organizations.
public struct Organizations: Sendable {
    let database: Database
    let mails: Mails
    private let signing: SigningSecrets
    private let newcomers: Entitlements
    let jobs: JobsOfOrganization
    private let more: @Sendable (ID<Organization>, Timestamp) throws -> [Query]

    /// `signing` seals the secrets that new organizations get, `newcomers` is what is granted to one that nobody pays for, `jobs` what
    /// becomes of its jobs when one is deleted, `more` what other modules add to a new one, at a time, in the same transaction.
    public init(
        _ database: Database, signing: SigningSecrets, mails: Mails, newcomers: Entitlements, jobs: JobsOfOrganization = .none,
        more: @escaping @Sendable (ID<Organization>, Timestamp) throws -> [Query] = { _, _ in [] }
    ) {
        (self.database, self.signing, self.mails, self.newcomers, self.jobs) = (database, signing, mails, newcomers, jobs)
        self.more = more
    }

    /// What a new organization is answered with; `key` is the only time its secret is seen.
    public struct Founded: Sendable {
        public let organization: Organization
        public let owner: User
        public let key: APIKey.Issued
    }

    /// Makes an organization with its owner (a known address is that person, a new one a new person) and a first API key
    /// with all scopes, in one transaction.
    ///
    /// `slug` is a wish; nil: made of the name. Throws `InvalidInput` at `/name` or `/email`.
    public func found(
        name: String, slug: String? = nil, ownedBy email: String, entitlements: Entitlements, keyExpiresAfter: Duration? = nil
    ) async throws -> Founded {
        let name = try Organization.checked(name: name)
        let email = try EmailAddress.checked(email)
        return try await database.transaction { transaction in
            let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
            let wish = slug ?? Organization.slug(from: name)
            let organization = try await insert(name: name, slug: wish, entitlements: entitlements, now: now, in: transaction)
            let owner = try await user(email, now: now, in: transaction)
            let access = Access(organization: organization, actor: .operator, origin: Origin(.cli))
            try await transaction.batch(beginnings(of: organization, ownedBy: owner, for: access, now: now))
            let key = try await APIKeys.issue(
                named: "First key", scopes: Set(Scope.allCases), organization: organization.id, createdBy: owner.id, now: now,
                expiresAfter: keyExpiresAfter, in: transaction)
            try await transaction.query(
                access.entry(
                    at: now, "api_key.created", on: key.id.text,
                    after: ["name": "First key", "scopes": .array(Scope.allCases.map(\.rawValue).sorted().map(JSON.string))]
                ).insertion)
            return Founded(organization: organization, owner: owner, key: key)
        }
    }

    /// Makes an organization of a user who is signed in. Throws `InvalidInput` at `/name`.
    public func make(named name: String, ownedBy user: User, from address: String?) async throws -> Organization {
        let name = try Organization.checked(name: name)
        return try await database.transaction { transaction in
            try await allow(.organizationsOfUser, user.id.text, in: transaction)
            let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
            return try await make(named: name, ownedBy: user, from: address, now: now, in: transaction)
        }
    }

    /// The same within a transaction; the name has been checked.
    func make(
        named name: String, ownedBy user: User, from address: String?, now: Timestamp, in transaction: Transaction
    ) async throws -> Organization {
        let slug = Organization.slug(from: name)
        let organization = try await insert(name: name, slug: slug, entitlements: newcomers, now: now, in: transaction)
        let access = Access(organization: organization, actor: .user(user.id), origin: Origin(.page, from: address))
        try await transaction.batch(beginnings(of: organization, ownedBy: user, for: access, now: now))
        return organization
    }

    private func beginnings(
        of organization: Organization, ownedBy owner: User, for access: Access, now: Timestamp
    ) throws -> [Query] {
        try more(organization.id, now) + [
            """
            INSERT INTO memberships (organization_id, user_id, role, created_at)
            VALUES (\(organization.id), \(owner.id), \(Role.owner.rawValue), \(now))
            """,
            access.entry(
                at: now, "organization.created", on: organization.id.text,
                after: ["name": .string(organization.name), "slug": .string(organization.slug), "owner": .string(owner.id.text)]
            ).insertion,
        ]
    }

    /// The organization with this slug, acting as the program itself; nil where there is none.
    public func access(toSlug slug: String) async throws -> Access? {
        let rows = try await database.query("SELECT \(Self.columns) FROM \(Self.tables) WHERE o.slug = \(slug) AND o.deleted_at IS NULL")
        return try rows.first.map { Access(organization: try Organization($0), actor: .operator, origin: Origin(.cli)) }
    }

    // MARK: -

    private func insert(
        name: String, slug: String, entitlements: Entitlements, now: Timestamp, in transaction: Transaction
    ) async throws -> Organization {
        let id = ID<Organization>()
        let slug = try await insert(id, name: name, slug: slug, now: now, in: transaction)
        let e = entitlements
        try await transaction.query(
            """
            INSERT INTO entitlements
                (organization_id, plan, jobs, executions_per_month, shortest_interval_s, keep_days, members, concurrency, timeout_s, plugins)
            VALUES (\(id), \(e.plan), \(e.jobs.map(Int32.init)), \(e.executionsPerMonth), \(Int32(e.shortestIntervalSeconds)),
                \(Int16(e.keepDays)), \(e.members.map(Int32.init)), \(Int32(e.concurrency)), \(Int32(e.timeoutSeconds)), \(e.plugins))
            """)
        try await transaction.query("INSERT INTO lanes (organization_id, max_running) VALUES (\(id), \(Int32(e.concurrency)))")
        try await transaction.query(
            """
            INSERT INTO signing_secrets (organization_id, id, sealed, created_at)
            VALUES (\(id), \(UUID()), \(try signing.make(for: id)), \(now))
            """)
        return Organization(id: id, name: name, slug: slug, timezone: "UTC", createdAt: now, entitlements: entitlements)
    }

    /// Takes the wished slug, or, where that is taken, one with a random tail.
    private func insert(
        _ id: ID<Organization>, name: String, slug wish: String, now: Timestamp, in transaction: Transaction
    ) async throws -> String {
        var slug = wish
        while true {
            let rows = try await transaction.query(
                """
                INSERT INTO organizations (id, name, slug, created_at) SELECT \(id), \(name), \(slug), \(now)
                WHERE NOT EXISTS (SELECT FROM former_slugs WHERE slug = \(slug) AND until > \(now))
                ON CONFLICT (slug) DO NOTHING RETURNING slug
                """)
            if !rows.isEmpty { return slug }
            slug = Organization.slug(wish)
        }
    }

    private func user(_ email: EmailAddress, now: Timestamp, in transaction: Transaction) async throws -> User {
        // The update that changes nothing is what makes the statement answer with the row that was there.
        let id: ID<User> = try await transaction.query(
            """
            INSERT INTO users (id, email, created_at) VALUES (\(ID<User>()), \(email.text), \(now))
            ON CONFLICT (email) DO UPDATE SET email = excluded.email RETURNING id
            """
        ).only("id")
        return User(id: id, email: email)
    }

    /// An organization with its entitlements.
    static let columns: Query = """
        o.id, o.name, o.slug, o.timezone, o.created_at, e.plan, e.jobs, e.executions_per_month, e.shortest_interval_s, e.keep_days, \
        e.members, e.concurrency, e.timeout_s, e.plugins
        """
    static let tables: Query = "organizations o JOIN entitlements e ON e.organization_id = o.id"
}

extension Organization {
    init(_ row: Row) throws(PostgresError) {
        let jobs: Int32? = try row("jobs")
        let interval: Int32 = try row("shortest_interval_s")
        let members: Int32? = try row("members")
        let concurrency: Int32 = try row("concurrency")
        let timeout: Int32 = try row("timeout_s")
        let keepDays: Int16 = try row("keep_days")
        self.init(
            id: try row("id"), name: try row("name"), slug: try row("slug"), timezone: try row("timezone"),
            createdAt: try row("created_at"),
            entitlements: Entitlements(
                plan: try row("plan"), jobs: jobs.map(Int.init), executionsPerMonth: try row("executions_per_month"),
                shortestIntervalSeconds: Int(interval), keepDays: Int(keepDays), members: members.map(Int.init),
                concurrency: Int(concurrency), timeoutSeconds: Int(timeout), plugins: try row("plugins")))
    }
}
