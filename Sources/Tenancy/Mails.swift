import Mail
import Postgres
import Time

/// The mails about people and organizations: each is one function, which answers the statement that puts it into the outbox, to be
/// sent with whatever causes it.
public struct Mails: Sendable {
    private let outbox: Outbox
    private let links: Links

    public init(_ outbox: Outbox, links: Links) { (self.outbox, self.links) = (outbox, links) }

    func signIn(_ token: Token, to email: EmailAddress, at now: Timestamp, expiresAt: Timestamp) throws -> Query {
        try outbox.insertion(.signIn(url: links.signIn(token)), to: email, at: now, expiresAt: expiresAt)
    }

    func newSignIn(in visitor: Sessions.Visitor, to email: EmailAddress, at now: Timestamp) throws -> Query {
        let browser = Session.device(named: visitor.userAgent)
        let message = try Message.newSignIn(browser: browser, address: visitor.address, at: now, url: links.account)
        return try outbox.insertion(message, to: email, at: now)
    }

    func confirmAddress(
        _ token: Token, to email: EmailAddress, from old: EmailAddress, at now: Timestamp, expiresAt: Timestamp
    ) throws -> Query {
        let message = try Message.confirmAddress(from: old, url: links.newAddress(token))
        return try outbox.insertion(message, to: email, at: now, expiresAt: expiresAt)
    }

    func addressChanged(_ token: Token, to old: EmailAddress, now email: EmailAddress, at now: Timestamp) throws -> Query {
        try outbox.insertion(.addressChanged(now: email, url: links.oldAddress(token)), to: old, at: now)
    }

    func invite(
        _ token: Token, to email: EmailAddress, as role: Role, from inviter: String?, for access: Access, at now: Timestamp,
        expiresAt: Timestamp
    ) throws -> Query {
        let organization = access.organization
        let message = try Message.invite(
            to: organization.name, as: role, from: inviter, until: expiresAt, url: links.invite(token))
        return try outbox.insertion(message, to: email, of: organization.id, at: now, expiresAt: expiresAt)
    }

    func newAPIKey(named name: String, to owner: EmailAddress, for access: Access, at now: Timestamp) throws -> Query {
        let organization = access.organization
        let message = try Message.newAPIKey(named: name, in: organization.name, at: now, url: links.keys(organization))
        return try outbox.insertion(message, to: owner, of: organization.id, at: now)
    }

    func deletionScheduled(_ organization: Organization, to owner: EmailAddress, erasedAt: Timestamp, at now: Timestamp) throws -> Query {
        let message = try Message.deletionScheduled(of: organization.name, erasedAt: erasedAt, url: links.organizations)
        return try outbox.insertion(message, to: owner, of: organization.id, at: now)
    }
}
