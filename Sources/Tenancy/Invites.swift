import JSON
import Mail
import Postgres
import Time

/// The door to invites: from sending one to joining, also for a person who must first sign up.
public struct Invites: Sendable {
    private let database: Database
    private let mails: Mails
    private let limits: RateLimits

    public init(_ database: Database, mails: Mails, limits: RateLimits) {
        (self.database, self.mails, self.limits) = (database, mails, limits)
    }

    private static let lifetime: Duration = .seconds(7 * 86_400)
    /// At a time, of an organization that does not pay.
    private static let mostOpenOfFree = 5

    // MARK: - For the organization

    /// The open invites, newest first.
    public func all(for access: Access) async throws -> [Invite] {
        try await database.query(
            """
            SELECT \(Invite.columns) FROM \(Invite.tables)
            WHERE i.organization_id = \(access.organization.id) AND \(Invite.isOpen) ORDER BY i.id DESC
            """
        ).map { try Invite($0) }
    }

    /// The open invite of that id. Throws `Denial.notFound`, for what is no id too.
    public func find(_ id: String, for access: Access) async throws -> Invite {
        guard let id = ID<Invite>(id) else { throw Denial.notFound }
        let rows = try await database.query(
            """
            SELECT \(Invite.columns) FROM \(Invite.tables)
            WHERE i.organization_id = \(access.organization.id) AND i.id = \(id) AND \(Invite.isOpen)
            """)
        guard let row = rows.first else { throw Denial.notFound }
        return try Invite(row)
    }

    /// Invites an address, whoever may have it. It is sent one invite mail a day, over all organizations; the invite is there all the
    /// same, and nobody learns whether others invite it. Throws `InvalidInput` at `/email`, `Denial`.
    public func send(to text: String, as role: Role, for access: Access) async throws -> Invite {
        let email = try EmailAddress.checked(text)
        guard access.role.isAtLeast(role) else { throw Denial.aboveOwnRole }
        let (id, token, organization) = (ID<Invite>(), Token(), access.organization.id)
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            try await checkRoom(for: email, for: access, in: transaction)
            let isMailed = try await count(email, for: access, in: transaction)
            let end = now.adding(Self.lifetime)
            let inviter = try await inviter(for: access, in: transaction)
            try await transaction.batch([
                // One that is over makes room for the new one.
                "DELETE FROM invites WHERE organization_id = \(organization) AND email = \(email.text) AND expires_at <= \(now)",
                """
                INSERT INTO invites (organization_id, id, email, role, token_hash, invited_by, created_at, sent_at, expires_at)
                VALUES (\(organization), \(id), \(email.text), \(role.rawValue), \(token.hash), \(inviter?.id), \(now), \(now), \(end))
                """,
                access.entry(
                    at: now, "invite.sent", on: id.text, after: ["email": .string(email.text), "role": .string(role.rawValue)]
                ).insertion,
            ])
            if isMailed {
                try await transaction.query(
                    mails.invite(token, to: email, as: role, from: inviter?.email, for: access, at: now, expiresAt: end))
            }
        }
        return try await find(id.text, for: access)
    }

    /// Mails the invite anew, with a new link and seven more days; the old link is dead. Where the address has had its mail of the day
    /// nothing changes, and that is not told. Throws `Denial`.
    public func resend(_ invite: Invite, for access: Access) async throws -> Invite {
        guard access.role.isAtLeast(invite.role) else { throw Denial.aboveOwnRole }
        let (token, organization) = (Token(), access.organization.id)
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            guard try await count(invite.email, for: access, in: transaction) else { return }
            let end = now.adding(Self.lifetime)
            let inviter = try await inviter(for: access, in: transaction)
            let changed = try await transaction.query(
                """
                UPDATE invites SET token_hash = \(token.hash), sent_at = \(now), expires_at = \(end), invited_by = \(inviter?.id)
                WHERE organization_id = \(organization) AND id = \(invite.id)
                """)
            if changed.affected == 0 { throw Denial.notFound }
            try await transaction.batch([
                access.entry(at: now, "invite.resent", on: invite.id.text, after: ["email": .string(invite.email.text)]).insertion,
                try mails.invite(token, to: invite.email, as: invite.role, from: inviter?.email, for: access, at: now, expiresAt: end),
            ])
        }
        return try await find(invite.id.text, for: access)
    }

    /// Takes the invite back. Throws `Denial`.
    public func revoke(_ invite: Invite, for access: Access) async throws {
        guard access.role.isAtLeast(invite.role) else { throw Denial.aboveOwnRole }
        try await end(invite, for: access) { now in
            access.entry(
                at: now, "invite.revoked", on: invite.id.text,
                before: ["email": .string(invite.email.text), "role": .string(invite.role.rawValue)])
        }
    }

    // MARK: - For the invited

    /// The open invites to a user's address, newest first.
    public func all(for user: User) async throws -> [Invite] {
        try await database.query(
            "SELECT \(Invite.columns) FROM \(Invite.tables) WHERE i.email = \(user.email.text) AND \(Invite.isOpen) ORDER BY i.id DESC"
        ).map { try Invite($0) }
    }

    /// The open invite that a link, or an id, names: an id only for the invited user himself. Nil: there is none.
    public func find(_ name: String, for user: User?) async throws -> Invite? {
        let condition: Query
        if let token = Token(name) {
            condition = "i.token_hash = \(token.hash)"
        } else if let id = ID<Invite>(name), let user {
            condition = "i.id = \(id) AND i.email = \(user.email.text)"
        } else {
            return nil
        }
        return try await database.query("SELECT \(Invite.columns) FROM \(Invite.tables) WHERE \(condition) AND \(Invite.isOpen)").first
            .map { try Invite($0) }
    }

    /// Joins: the invited user alone, with the role that was written down, as far as the inviter may still give it. Throws `Denial`.
    public func accept(_ invite: Invite, as user: User, from origin: Origin) async throws -> Organization {
        guard invite.email == user.email else { throw Denial.otherAddress }
        let organization = invite.organizationID
        return try await database.transaction { transaction in
            let now = try await Memberships.lock(organization, in: transaction)
            let gone = try await transaction.query(
                """
                DELETE FROM invites WHERE organization_id = \(organization) AND id = \(invite.id) AND expires_at > \(now)
                RETURNING role, (
                    SELECT m.role FROM memberships m
                    WHERE m.organization_id = invites.organization_id AND m.user_id = invites.invited_by) AS inviter_role
                """)
            guard let row = gone.first, let role = Role(rawValue: try row("role")) else { throw Denial.notFound }
            let inviter = try row("inviter_role", as: String?.self).flatMap(Role.init)
            guard let inviter, Permission.manageMembers.belongs(to: inviter), inviter.isAtLeast(role) else { throw Denial.inviteVoid }
            let rows = try await transaction.query(
                "SELECT \(Organizations.columns) FROM \(Organizations.tables) WHERE o.id = \(organization)")
            guard let row = rows.first else { throw Denial.notFound }
            let joined = try Organization(row)
            let access = Access(organization: joined, actor: .user(user.id), role: role, origin: origin)
            let entry = access.entry(
                at: now, "member.joined", on: user.id.text, after: ["email": .string(user.email.text), "role": .string(role.rawValue)])
            let added = try await transaction.query(
                """
                INSERT INTO memberships (organization_id, user_id, role, created_at)
                VALUES (\(organization), \(user.id), \(role.rawValue), \(now)) ON CONFLICT DO NOTHING
                """)
            // Whoever changes his address may have joined already by the other one; he stays what he is.
            let already = access.entry(at: now, "invite.ended", on: invite.id.text, before: ["email": .string(user.email.text)])
            try await transaction.query(added.affected > 0 ? entry.insertion : already.insertion)
            return joined
        }
    }

    /// Says no. Throws `Denial`.
    public func decline(_ invite: Invite, as user: User, from origin: Origin) async throws {
        guard invite.email == user.email else { throw Denial.otherAddress }
        try await end(invite) { now in
            AuditEntry(
                at: now, of: invite.organizationID, by: .user(user.id), "invite.declined", on: invite.id.text,
                before: ["email": .string(invite.email.text)], way: origin.way, from: origin.address)
        }
    }

    // MARK: -

    private func end(_ invite: Invite, for access: Access? = nil, _ entry: @Sendable (Timestamp) -> AuditEntry) async throws {
        try await database.transaction { transaction in
            let now =
                if let access {
                    try await access.begin(in: transaction)
                } else {
                    try await Memberships.lock(invite.organizationID, in: transaction)
                }
            let gone = try await transaction.query(
                "DELETE FROM invites WHERE organization_id = \(invite.organizationID) AND id = \(invite.id)")
            if gone.affected == 0 { throw Denial.notFound }
            try await transaction.query(entry(now).insertion)
        }
    }

    /// Who answers for it: the person, or whoever made the key.
    private func inviter(for access: Access, in transaction: Transaction) async throws -> (id: ID<User>, email: String)? {
        let condition: Query
        switch access.actor {
        case .user(let id): condition = "u.id = \(id)"
        case .key(let id): condition = "u.id = (SELECT created_by FROM api_keys WHERE id = \(id))"
        case .system, .operator, .erased: return nil
        }
        return try await transaction.query("SELECT u.id, u.email FROM users u WHERE \(condition)").first.map {
            (try $0("id"), try $0("email"))
        }
    }

    /// Within the lock: two at once must not find the last place free.
    private func checkRoom(for email: EmailAddress, for access: Access, in transaction: Transaction) async throws {
        let organization = access.organization.id
        let row = try await transaction.query(
            """
            SELECT (SELECT count(*) FROM memberships WHERE organization_id = \(organization)) AS members,
                (SELECT count(*) FROM invites i WHERE i.organization_id = \(organization) AND \(Invite.isOpen)) AS open,
                EXISTS (SELECT FROM memberships m JOIN users u ON u.id = m.user_id
                    WHERE m.organization_id = \(organization) AND u.email = \(email.text)) AS is_member,
                EXISTS (SELECT FROM invites i
                    WHERE i.organization_id = \(organization) AND i.email = \(email.text) AND \(Invite.isOpen)) AS is_invited
            """
        ).first
        guard let row else { throw Denial.notFound }
        if try row("is_member") { throw Denial.alreadyMember }
        if try row("is_invited") { throw Denial.alreadyInvited }
        let (members, open) = (try row("members", as: Int64.self), try row("open", as: Int64.self))
        if let most = access.entitlements.members, members + open >= most { throw Denial.memberLimitReached(most) }
        if access.entitlements.plan == "free", open >= Self.mostOpenOfFree { throw Denial.tooManyOpenInvites(Self.mostOpenOfFree) }
    }

    /// Counts the invite. False: the address has had its mail of the day. Throws `Denial.tryLater` where the organization, or the person,
    /// has sent too many.
    private func count(_ email: EmailAddress, for access: Access, in transaction: Transaction) async throws -> Bool {
        let ofOrganization = access.entitlements.plan == "free" ? RateLimit.invitesOfFreeOrganization : .invitesOfPaidOrganization
        var counts: [RateLimits.Count] = [(ofOrganization, access.organization.id.text)]
        if case .user(let user) = access.actor {
            counts.append((access.entitlements.plan == "free" ? .invitesOfFreeOrganization : .invitesOfUser, user.text))
        }
        if let seconds = try await limits.refusal(counts, over: transaction) { throw Denial.tryLater(seconds: seconds) }
        return try await limits.refusal([(.invitesToAddress, email.text)], over: transaction) == nil
    }
}
