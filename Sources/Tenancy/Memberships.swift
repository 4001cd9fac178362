import JSON
import Postgres
import Time

/// The door to who belongs to which organization. Roles are read at each request, so a change holds from the next one on.
public struct Memberships: Sendable {
    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// An organization, as one of its members sees it in a list.
    public struct Own: Sendable {
        public let organization: Organization
        public let role: Role
        /// When it is erased, if it was deleted; told to owners only, who can undo that.
        public let erasedAt: Timestamp?

        /// What the member may do there; nil: it is deleted, and nobody gets in.
        public func access(of user: User, from origin: Origin) -> Access? {
            guard erasedAt == nil else { return nil }
            return Access(organization: organization, actor: .user(user.id), role: role, origin: origin)
        }
    }

    /// The user's organizations, by name. Of deleted ones those that the user owns, and can bring back.
    public func all(of user: ID<User>) async throws -> [Own] {
        try await database.query(
            """
            SELECT m.role, o.deleted_at, \(Organizations.columns)
            FROM memberships m JOIN \(Organizations.tables) ON o.id = m.organization_id
            WHERE m.user_id = \(user) AND (o.deleted_at IS NULL OR m.role = 'owner') ORDER BY lower(o.name), o.id
            """
        ).map { row in
            let deletedAt: Timestamp? = try row("deleted_at")
            return Own(
                organization: try Organization(row), role: Role(rawValue: try row("role")) ?? .viewer,
                erasedAt: deletedAt?.adding(Organizations.regret))
        }
    }

    /// The members, owners first, then by address.
    public func all(for access: Access) async throws -> [Membership] {
        try await database.query(
            """
            SELECT \(Membership.columns) FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = \(access.organization.id)
            ORDER BY array_position(ARRAY['owner', 'admin', 'member', 'viewer'], m.role), u.email
            """
        ).map { try Membership($0) }
    }

    /// The member of that id. Throws `Denial.notFound`, for what is no id too.
    public func find(_ id: String, for access: Access) async throws -> Membership {
        guard let user = ID<User>(id), let found = try await find(user, for: access, over: database) else { throw Denial.notFound }
        return found
    }

    /// Gives a member another role, up to the actor's own. Throws `Denial`.
    public func change(_ user: ID<User>, to role: Role, for access: Access) async throws -> Membership {
        try await changing(user, for: access) { member, now, transaction in
            guard access.role.isAtLeast(role) else { throw Denial.aboveOwnRole }
            guard member.role != role else { return member }
            if role != .owner { try await self.keepAnOwner(without: member, for: access, in: transaction) }
            try await transaction.batch([
                "UPDATE memberships SET role = \(role.rawValue) WHERE organization_id = \(access.organization.id) AND user_id = \(user)",
                access.entry(
                    at: now, "member.role_changed", on: user.text, before: ["role": .string(member.role.rawValue)],
                    after: ["role": .string(role.rawValue)]
                ).insertion,
            ])
            return Membership(user: member.user, role: role, createdAt: member.createdAt)
        }
    }

    /// Removes a member. The keys that he made stay, and no longer manage; invites that he sent are void. Throws `Denial`.
    public func remove(_ user: ID<User>, for access: Access) async throws {
        try await changing(user, for: access) { member, now, transaction in
            try await self.remove(member, as: "member.removed", for: access, now: now, in: transaction)
        }
    }

    /// The actor leaves. Throws `Denial.lastOwner`.
    public func leave(_ access: Access) async throws {
        guard case .user(let user) = access.actor else { throw Denial.notFound }
        try await changing(user, for: access) { member, now, transaction in
            try await self.remove(member, as: "member.left", for: access, now: now, in: transaction)
        }
    }

    /// Makes another member an owner, and the actor an admin. `session`: the actor's own. Throws `Denial`.
    public func transfer(to user: ID<User>, for access: Access, in session: Session) async throws {
        guard session.isRecent else { throw Denial.recentSignInNeeded }
        try await changing(user, for: access) { member, now, transaction in
            guard member.user.id != session.user.id else { throw Denial.alreadyMember }
            let organization = access.organization.id
            try await transaction.batch([
                "UPDATE memberships SET role = 'owner' WHERE organization_id = \(organization) AND user_id = \(user)",
                "UPDATE memberships SET role = 'admin' WHERE organization_id = \(organization) AND user_id = \(session.user.id)",
                access.entry(
                    at: now, "organization.transferred", on: organization.text, before: ["owner": .string(session.user.id.text)],
                    after: ["owner": .string(user.text)]
                ).insertion,
            ])
        }
    }

    // MARK: -

    /// Changes of one organization's members go one after the other: two owners must not lower each other at once.
    private func changing<Result: Sendable>(
        _ user: ID<User>, for access: Access, _ body: (Membership, Timestamp, Transaction) async throws -> Result
    ) async throws -> Result {
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            guard let member = try await find(user, for: access, over: transaction) else { throw Denial.notFound }
            guard access.role.isAtLeast(member.role) else { throw Denial.aboveOwnRole }
            return try await body(member, now, transaction)
        }
    }

    /// The organization's row is what such changes wait for; others may go on writing what refers to it (a job's line in the audit log,
    /// written by whoever holds the job that a deletion waits for). Answers the time. Throws `Denial.notFound` for one that is deleted.
    static func lock(_ organization: ID<Organization>, in transaction: Transaction) async throws -> Timestamp {
        let rows = try await transaction.query(
            "SELECT clock_timestamp() AS now FROM organizations WHERE id = \(organization) AND deleted_at IS NULL FOR NO KEY UPDATE")
        guard let row = rows.first else { throw Denial.notFound }
        return try row("now")
    }

    /// All of them that the user belongs to, in one order.
    static func lockOrganizations(of user: ID<User>, in transaction: Transaction) async throws {
        try await transaction.query(
            """
            SELECT FROM organizations WHERE id IN (SELECT organization_id FROM memberships WHERE user_id = \(user)) ORDER BY id FOR NO KEY UPDATE
            """)
    }

    private func find(_ user: ID<User>, for access: Access, over runner: any QueryRunner) async throws -> Membership? {
        try await runner.query(
            """
            SELECT \(Membership.columns) FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = \(access.organization.id) AND m.user_id = \(user)
            """
        ).first.map { try Membership($0) }
    }

    private func remove(
        _ member: Membership, as action: String, for access: Access, now: Timestamp, in transaction: Transaction
    ) async throws {
        try await keepAnOwner(without: member, for: access, in: transaction)
        let (organization, user) = (access.organization.id, member.user.id)
        try await transaction.batch([
            "DELETE FROM memberships WHERE organization_id = \(organization) AND user_id = \(user)",
            access.entry(
                at: now, action, on: user.text, before: ["email": .string(member.user.email.text), "role": .string(member.role.rawValue)]
            ).insertion,
        ])
    }

    private func keepAnOwner(without member: Membership, for access: Access, in transaction: Transaction) async throws {
        guard member.role == .owner else { return }
        let others: Int64 = try await transaction.query(
            """
            SELECT count(*) AS others FROM memberships
            WHERE organization_id = \(access.organization.id) AND role = 'owner' AND user_id <> \(member.user.id)
            """
        ).only("others")
        if others == 0 { throw Denial.lastOwner }
    }
}
