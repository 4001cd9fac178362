import JSON
import Mail
import Postgres
import Secrets
import Tenancy
import Time

/// Where the links of mails about channels lead: whole addresses.
public struct ChannelLinks: Sendable {
    let confirming: @Sendable (_ token: String) -> String
    let leaving: @Sendable (_ token: String) -> String
    let channel: @Sendable (Organization, ID<Channel>) -> String

    /// `confirming` and `leaving` get the token of an outside address, `channel` is the page of one.
    public init(
        confirming: @escaping @Sendable (_ token: String) -> String, leaving: @escaping @Sendable (_ token: String) -> String,
        channel: @escaping @Sendable (Organization, ID<Channel>) -> String
    ) {
        (self.confirming, self.leaving, self.channel) = (confirming, leaving, channel)
    }
}

/// Outside addresses: they are asked once, and get nothing before they have said yes; with the same link they leave.
extension Channels {
    /// So long the link confirms.
    static let confirmsFor: Duration = .seconds(7 * 86_400)

    /// The statement that mails the link, where an outside address is to be asked; nil: nobody is. Puts the token into the settings,
    /// which later mails need, for who has it may leave. Throws `Denial.tryLater`.
    func asking(
        _ reading: inout Reading, changing old: Opened? = nil, again isAgain: Bool = false, for access: Access, at now: Timestamp,
        in transaction: Transaction
    ) async throws -> Query? {
        guard let address = reading.outsider, var members = reading.settings.object else { return nil }
        let isSame = old?.settings["address"] == members["address"]
        let kept = isSame ? old?.settings["token"]?.string.flatMap { Token($0) } : nil
        let token = kept ?? Token()
        members["token"] = .string(token.text)
        (reading.settings, reading.confirmation) = (.object(members), Hash.sha256(token.text.utf8))
        guard kept == nil || isAgain else { return nil }
        try await limits.countConfirmation(of: address.text, for: access, in: transaction)
        let days = Int(Self.confirmsFor.components.seconds / 86_400)
        let message = try Message.channelConfirmation(
            organization: access.organization.name, days: days, url: links.confirming(token.text))
        return try outbox.insertion(message, to: address, of: access.organization.id, at: now, expiresAt: now.adding(Self.confirmsFor))
    }

    /// Mails the link once more. Throws `Refusal.conflict` where nobody is to be asked, `Denial`.
    public func askAgain(_ id: ID<Channel>, for access: Access) async throws {
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let old = try await find(id, for: access, over: transaction)
            var reading = try await read([:], changing: old, for: access, in: transaction)
            guard !old.channel.isConfirmed, reading.outsider != nil else { throw Refusal.nobodyToAsk }
            guard let asking = try await asking(&reading, changing: old, again: true, for: access, at: now, in: transaction) else { return }
            let entry = access.entry(at: now, "channel.confirmation_sent", on: id.text, after: ["to": .string(old.channel.shown)])
            try await transaction.batch([asking, entry.insertion])
        }
    }

    /// What a link is about.
    public struct Asked: Sendable {
        let id: ID<Channel>
        let organizationID: ID<Organization>
        public let organization: String
        public let address: String
        public let isConfirmed: Bool
    }

    /// What the link with this token is about; nil: it is no good, or no good any more.
    public func asked(by token: String) async throws -> Asked? {
        guard let token = Token(token) else { return nil }
        let row = try await database.query(
            """
            SELECT c.organization_id, c.id, c.shown, c.confirmed_at, o.name FROM channels c JOIN organizations o ON o.id = c.organization_id
            WHERE c.confirmation = \(Hash.sha256(token.text.utf8)) AND c.deleted_at IS NULL AND o.deleted_at IS NULL
            """
        ).first
        return try row.map { row in
            Asked(
                id: try row("id"), organizationID: try row("organization_id"), organization: try row("name"), address: try row("shown"),
                isConfirmed: try row("confirmed_at", as: Timestamp?.self) != nil)
        }
    }

    /// The address wants the alerts. `from`: the network address that says so.
    public func confirm(_ asked: Asked, from address: String?) async throws {
        try await note("channel.confirmed", asked, from: address) { now in
            """
            UPDATE channels SET confirmed_at = \(now), updated_at = \(now)
            WHERE organization_id = \(asked.organizationID) AND id = \(asked.id) AND deleted_at IS NULL AND confirmed_at IS NULL
            """
        }
    }

    /// The address wants none any more: the channel is switched off, and asks again before it is used again.
    public func leave(_ asked: Asked, from address: String?) async throws {
        try await note("channel.unsubscribed", asked, from: address) { now in
            """
            UPDATE channels SET confirmed_at = NULL, switched_off_at = \(now), updated_at = \(now),
                switched_off_reason = 'Whoever reads this address wants no more alerts.'
            WHERE organization_id = \(asked.organizationID) AND id = \(asked.id) AND deleted_at IS NULL AND confirmed_at IS NOT NULL
            """
        }
    }

    private func note(
        _ action: String, _ asked: Asked, from address: String?, _ update: @escaping @Sendable (Timestamp) -> Query
    ) async throws {
        try await database.transaction { transaction in
            let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
            guard try await transaction.query(update(now)).affected > 0 else { return }
            let entry = AuditEntry(
                at: now, of: asked.organizationID, by: .system, action, on: asked.id.text, after: ["shown": .string(asked.address)],
                way: .page, from: address)
            try await transaction.batch([entry.insertion, Happening.notice([.alerts(of: asked.organizationID)], database)])
        }
    }
}

extension Refusal {
    static let nobodyToAsk = Refusal.conflict(
        "already_confirmed", sentence: "This channel waits for nobody’s confirmation.")
}
