import JSON
import Mail
import Postgres
import Tenancy
import Time

/// Alerts as mail: who gets it, and the rows of the outbox that carry it.
public struct AlertMail: Sendable {
    /// The word of the one kind of channel that is called by no URL.
    static let kind = "email"

    private let outbox: Outbox
    let secrets: ChannelSecrets
    let links: AlertLinks

    /// `secrets` opens whom channels mail.
    public init(_ outbox: Outbox, secrets: ChannelSecrets, links: AlertLinks) {
        (self.outbox, self.secrets, self.links) = (outbox, secrets, links)
    }

    /// Whom a channel mails.
    struct Recipients: Sendable {
        var addresses: [EmailAddress] = []
        /// Left out: mail came back from them, or they complained.
        var suppressed: [EmailAddress] = []

        /// One line; nil: nobody was left out.
        var omission: String? {
            if suppressed.isEmpty { return nil }
            return "Left out, as mail to it is stopped: \(suppressed.map(\.text).joined(separator: ", "))."
        }
    }

    /// By a channel's settings: the owners, members that are members still, or one address.
    func recipients(_ settings: JSON, of organization: ID<Organization>, over runner: some QueryRunner) async throws -> Recipients {
        var texts: [String]
        switch settings["to"]?.string {
        case "address": texts = [settings["address"]?.string ?? ""]
        case "members":
            let members = (settings["members"]?.array ?? []).compactMap(\.string).compactMap { ID<User>($0) }
            texts = try await addresses(where: "m.user_id = ANY (\(members))", of: organization, over: runner)
        default: texts = try await addresses(where: "m.role = 'owner'", of: organization, over: runner)
        }
        let stopped = try await runner.query("SELECT recipient FROM suppressions WHERE recipient = ANY (\(texts))")
            .map { try $0("recipient", as: String.self) }
        var recipients = Recipients()
        for address in texts.compactMap({ EmailAddress($0) }) {
            if stopped.contains(address.text) { recipients.suppressed.append(address) } else { recipients.addresses.append(address) }
        }
        return recipients
    }

    private func addresses(
        where condition: Query, of organization: ID<Organization>, over runner: some QueryRunner
    ) async throws -> [String] {
        try await runner.query(
            """
            SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = \(organization) AND \(condition) ORDER BY u.email
            """
        ).map { try $0("email") }
    }

    /// The statements that mail an alert to these, one row each, and the rows' ids. `place`: where one says what is told to whom.
    func rows(
        _ alert: AlertMessage, to recipients: [EmailAddress], of organization: (id: ID<Organization>, name: String), settings place: String,
        at now: Timestamp
    ) throws -> (statements: [Query], ids: [ID<RenderedMail>]) {
        let message = try Message.alert(
            event: alert.event, title: alert.title, paragraphs: alert.paragraphs,
            facts: alert.facts.filter { $0.label != "Organization" }.map { ($0.label, $0.value) }, output: alert.output,
            action: alert.action, url: alert.url, organization: organization.name, settings: place)
        let ids = recipients.map { _ in ID<RenderedMail>(at: now) }
        let statements = try zip(recipients, ids).map { recipient, id in
            try outbox.insertion(message, to: recipient, of: organization.id, at: now, as: id)
        }
        return (statements, ids)
    }

    /// The statements that mail a notice to those owners whom none of these channels mails.
    func toOwners(
        _ alert: AlertMessage, in context: AlertContext, unlessBy channels: [ID<Channel>], in transaction: Transaction
    ) async throws -> [Query] {
        let organization = context.organization
        let rows = try await transaction.query(
            """
            SELECT id, sealed FROM channels
            WHERE organization_id = \(organization) AND kind = \(Self.kind) AND id = ANY (\(channels))
            """)
        var reached: Set<String> = []
        for row in rows {
            guard let settings = secrets.open(try row("sealed"), of: try row("id"), organization) else { continue }
            reached.formUnion(try await recipients(settings, of: organization, over: transaction).addresses.map(\.text))
        }
        let owners = try await recipients(["to": "owners"], of: organization, over: transaction).addresses
        return try self.rows(
            alert, to: owners.filter { !reached.contains($0.text) }, of: (organization, context.name),
            settings: links.channels(context.slug), at: context.now
        ).statements
    }

    /// The statements that tell the owners that a channel was switched off.
    func switchedOff(
        _ channel: SwitchedOff, of organization: (id: ID<Organization>, name: String, slug: String), at now: Timestamp,
        in transaction: Transaction
    ) async throws -> [Query] {
        let message = try Message.channelOff(
            channel: channel.name, shown: channel.shown, reason: channel.reason, organization: organization.name,
            url: links.channel(organization.slug, channel.id), settings: links.channels(organization.slug))
        return try await recipients(["to": "owners"], of: organization.id, over: transaction).addresses.map {
            try outbox.insertion(message, to: $0, of: organization.id, at: now)
        }
    }
}

/// A channel that takes nothing any more.
struct SwitchedOff: Sendable {
    let id: ID<Channel>
    let name: String
    let shown: String
    /// One sentence, without the URL.
    let reason: String
}
