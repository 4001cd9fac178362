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
        let message = Message(
            .signIn, subject: "Sign in to Prikke",
            paragraphs: ["Here is your link. It works once, for ten minutes, in the browser in which you asked for it."],
            button: try .init(label: "Sign in", url: links.signIn(token)),
            closing: [
                "In another browser it shows six digits, which you type into the first one. Give them to nobody.",
                "If you did not ask for this, leave it alone: nothing happens.",
            ])
        return try outbox.insertion(message, to: email, at: now, expiresAt: expiresAt)
    }

    func newSignIn(in visitor: Sessions.Visitor, to email: EmailAddress, at now: Timestamp) throws -> Query {
        let message = Message(
            .newSignIn, subject: "New sign-in to Prikke",
            paragraphs: ["Somebody has signed in as you from a browser that we had not seen before."],
            facts: [
                .init(label: "Browser", value: Session.device(named: visitor.userAgent)),
                .init(label: "Address", value: visitor.address ?? "unknown"),
                .init(label: "When", value: now.words),
            ],
            button: try .init(label: "See your sessions", url: links.account),
            closing: ["If it was not you, end that session there, and look after your mailbox: whoever reads it can sign in."])
        return try outbox.insertion(message, to: email, at: now)
    }

    func confirmAddress(
        _ token: Token, to email: EmailAddress, from old: EmailAddress, at now: Timestamp, expiresAt: Timestamp
    ) throws -> Query {
        let message = Message(
            .confirmAddress, subject: "Confirm your new address",
            paragraphs: [
                "\(old) wants to sign in to Prikke with this address from now on. Confirm it within an hour, in the browser in which you are signed in."
            ],
            button: try .init(label: "Confirm this address", url: links.newAddress(token)),
            closing: ["If this was not you, leave it alone: nothing changes."])
        return try outbox.insertion(message, to: email, at: now, expiresAt: expiresAt)
    }

    func addressChanged(_ token: Token, to old: EmailAddress, now email: EmailAddress, at now: Timestamp) throws -> Query {
        let message = Message(
            .addressChanged, subject: "Your address was changed",
            paragraphs: ["You sign in to Prikke with another address from now on."],
            facts: [.init(label: "New address", value: email.text)],
            button: try .init(label: "Take it back", url: links.oldAddress(token)),
            closing: ["If it was you, there is nothing to do. If not, take it back within 72 hours: that also ends all sessions."])
        return try outbox.insertion(message, to: old, at: now)
    }

    func invite(
        _ token: Token, to email: EmailAddress, as role: Role, from inviter: String?, for access: Access, at now: Timestamp,
        expiresAt: Timestamp
    ) throws -> Query {
        let name = Message.name(access.organization.name)
        let message = Message(
            .invite, subject: "You are invited to \(name) on Prikke",
            paragraphs: ["You are invited to join \(name) on Prikke, which runs scheduled jobs on time."],
            facts: [
                .init(label: "Organization", value: Message.name(access.organization.name)), .init(label: "Role", value: role.rawValue),
                .init(label: "Invited by", value: inviter ?? "a program of theirs"), .init(label: "Good until", value: expiresAt.words),
            ],
            button: try .init(label: "See the invite", url: links.invite(token)),
            closing: ["If you do not know them, leave it alone, or decline it there."])
        return try outbox.insertion(message, to: email, of: access.organization.id, at: now, expiresAt: expiresAt)
    }

    func newAPIKey(named name: String, to owner: EmailAddress, for access: Access, at now: Timestamp) throws -> Query {
        let message = Message(
            .newAPIKey, subject: "New API key in \(Message.name(access.organization.name))",
            paragraphs: ["An API key was made in your organization."],
            facts: [
                .init(label: "Organization", value: Message.name(access.organization.name)), .init(label: "Key", value: Message.name(name)),
                .init(label: "When", value: now.words),
            ],
            button: try .init(label: "See the keys", url: links.keys(access.organization)),
            closing: ["If nobody of you made it, revoke it there."])
        return try outbox.insertion(message, to: owner, of: access.organization.id, at: now)
    }

    func deletionScheduled(_ organization: Organization, to owner: EmailAddress, erasedAt: Timestamp, at now: Timestamp) throws -> Query {
        let message = Message(
            .deletionScheduled, subject: "\(Message.name(organization.name)) is deleted",
            paragraphs: [
                "Its jobs have stopped and nobody gets in any more. In seven days everything is erased; until then an owner can undo it."
            ],
            facts: [
                .init(label: "Organization", value: Message.name(organization.name)),
                .init(label: "Erased at", value: erasedAt.words),
            ],
            button: try .init(label: "Undo it", url: links.organizations))
        return try outbox.insertion(message, to: owner, of: organization.id, at: now)
    }
}
