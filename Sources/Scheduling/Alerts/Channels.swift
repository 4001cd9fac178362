import JSON
import Mail
import Postgres
import Tenancy
import Time

/// The door to channels: where an organization's alerts go.
public struct Channels: Sendable {
    let database: Database
    public let kinds: ChannelKinds
    let secrets: ChannelSecrets
    let outbox: Outbox
    let links: ChannelLinks
    let limits: RateLimits

    /// So many an organization may have.
    public static let most = 20

    /// `secrets` seals what channels are told, `outbox` takes the mails that ask outside addresses whether they want any.
    public init(
        _ database: Database, kinds: ChannelKinds, secrets: ChannelSecrets, outbox: Outbox, links: ChannelLinks, limits: RateLimits
    ) {
        (self.database, self.kinds, self.secrets) = (database, kinds, secrets)
        (self.outbox, self.links, self.limits) = (outbox, links, limits)
    }

    /// The organization's channels, oldest first.
    public func all(for access: Access) async throws -> [Channel] {
        try await database.query(
            """
            SELECT \(Channel.columns), sealed FROM channels
            WHERE organization_id = \(access.organization.id) AND deleted_at IS NULL ORDER BY created_at, id
            """
        ).map { try channel($0, of: access.organization.id).channel }
    }

    /// The channel of that id. Throws `Refusal.notFound`, for what is no id too.
    public func find(_ id: String, for access: Access) async throws -> Channel {
        guard let id = ID<Channel>(id) else { throw Refusal.notFound }
        return try await find(id, for: access, over: database).channel
    }

    /// A channel's id with its name.
    public typealias Named = (id: ID<Channel>, name: String)

    /// What the organization's channels are called, oldest first.
    public func named(for access: Access) async throws -> [Named] {
        try await database.query(
            """
            SELECT id, name FROM channels WHERE organization_id = \(access.organization.id) AND deleted_at IS NULL ORDER BY created_at, id
            """
        ).map { (try $0("id"), try $0("name")) }
    }

    /// The same by id; of those that are gone, nothing.
    public func names(for access: Access) async throws -> [ID<Channel>: String] {
        Dictionary(try await named(for: access).map { ($0.id, $0.name) }) { first, _ in first }
    }

    /// So many jobs tell this channel and others that they name, instead of the organization's.
    public func jobs(naming channel: Channel, for access: Access) async throws -> Int {
        let count: Int64 = try await database.query(
            """
            SELECT count(*) AS count FROM jobs WHERE organization_id = \(access.organization.id) AND deleted_at IS NULL
                AND alerts->'channels' @> \(JSON.array([.string(channel.id.text)]))
            """
        ).only("count")
        return Int(count)
    }

    // MARK: - Making, changing, deleting

    /// Makes a channel of what `Channel.draft` let through. An outside address is mailed a link, and gets nothing before it confirms.
    /// Throws `InvalidInput` by member, `Refusal.conflict` where there are too many, `Denial`.
    public func create(_ draft: JSON, for access: Access) async throws -> Channel {
        let (id, organization) = (ID<Channel>(), access.organization.id)
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let count: Int64 = try await transaction.query(
                "SELECT count(*) AS count FROM channels WHERE organization_id = \(organization) AND deleted_at IS NULL"
            ).only("count")
            guard count < Self.most else { throw Refusal.tooManyChannels }
            var reading = try await read(draft, changing: nil, for: access, in: transaction)
            let asking = try await asking(&reading, for: access, at: now, in: transaction)
            try await transaction.batch(
                [
                    """
                    INSERT INTO channels (
                        organization_id, id, kind, name, sealed, shown, confirmed_at, confirmation, enabled, created_at, updated_at)
                    VALUES (\(organization), \(id), \(reading.kind), \(reading.name), \(try secrets.seal(reading.settings, of: id, organization)),
                        \(reading.shown), \(asking == nil ? now : nil), \(reading.confirmation), \(reading.isEnabled), \(now), \(now))
                    """,
                    access.entry(at: now, "channel.created", on: id.text, after: reading.audited).insertion,
                    Happening.notice([.alerts(of: organization)], database),
                ] + (asking.map { [$0] } ?? []))
        }
        return try await find(id, for: access, over: database).channel
    }

    /// Changes what `patch`, which `Channel.change` let through, names; its settings come as a whole, in which *** means as it was. Who
    /// switches it on again gives it a new beginning: what it refused before is forgotten. Throws as `create` does, and `Refusal.notFound`.
    public func change(_ id: ID<Channel>, _ patch: JSON, for access: Access) async throws -> Channel {
        let organization = access.organization.id
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let old = try await find(id, for: access, over: transaction)
            var reading = try await read(patch, changing: old, for: access, in: transaction)
            let isSwitchedOn = patch["enabled"] == true && (old.channel.switchedOffAt != nil || !old.channel.isEnabled)
            let isOther = reading.settings != old.settings || reading.kind != old.channel.kind
            guard isSwitchedOn || isOther || reading.audited != old.channel.audited else { return }
            let isAgain = isSwitchedOn && !old.channel.isConfirmed
            let asking = try await asking(&reading, changing: old, again: isAgain, for: access, at: now, in: transaction)
            let isConfirmed: Query = reading.outsider == nil ? "coalesce(confirmed_at, \(now))" : asking == nil ? "confirmed_at" : "NULL"
            let fresh: Query =
                isSwitchedOn || isOther
                ? ", switched_off_at = NULL, switched_off_reason = NULL, refused_at = NULL, failing_since = NULL, resting_until = NULL" : ""
            try await transaction.batch(
                [
                    """
                    UPDATE channels SET kind = \(reading.kind), name = \(reading.name), shown = \(reading.shown),
                        sealed = \(try secrets.seal(reading.settings, of: id, organization)), confirmed_at = \(isConfirmed),
                        confirmation = \(reading.confirmation), enabled = \(reading.isEnabled), updated_at = \(now) \(fresh)
                    WHERE organization_id = \(organization) AND id = \(id)
                    """,
                    access.entry(
                        at: now, "channel.changed", on: id.text, before: old.channel.audited, after: reading.audited
                    ).insertion,
                    Happening.notice([.alerts(of: organization)], database),
                ] + (asking.map { [$0] } ?? []))
        }
        return try await find(id, for: access, over: database).channel
    }

    /// Deletes it: nothing more goes there, and its secret is forgotten. Throws `Refusal.notFound`, `Denial`.
    public func delete(_ id: ID<Channel>, for access: Access) async throws {
        let organization = access.organization.id
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let old = try await find(id, for: access, over: transaction)
            try await transaction.batch([
                """
                UPDATE channels SET deleted_at = \(now), updated_at = \(now), enabled = false, confirmation = NULL,
                    sealed = \(try secrets.seal([:], of: id, organization))
                WHERE organization_id = \(organization) AND id = \(id)
                """,
                """
                UPDATE deliveries SET status = 'failed', next_try_at = NULL, finished_at = \(now), error = 'The channel was deleted.'
                WHERE organization_id = \(organization) AND channel_id = \(id) AND finished_at IS NULL
                """,
                access.entry(at: now, "channel.deleted", on: id.text, before: old.channel.audited).insertion,
                Happening.notice([.alerts(of: organization)], database),
            ])
        }
    }

    // MARK: -

    /// A channel with its settings as they are, secrets and all.
    typealias Opened = (channel: Channel, settings: JSON)

    func find(_ id: ID<Channel>, for access: Access, over runner: any QueryRunner) async throws -> Opened {
        let rows = try await runner.query(
            """
            SELECT \(Channel.columns), sealed FROM channels
            WHERE organization_id = \(access.organization.id) AND id = \(id) AND deleted_at IS NULL
            """)
        guard let row = rows.first else { throw Refusal.notFound }
        return try channel(row, of: access.organization.id)
    }

    private func channel(_ row: Row, of organization: ID<Organization>) throws -> Opened {
        var channel = try Channel(row)
        let settings = secrets.open(try row("sealed"), of: channel.id, organization)
        channel.settings = settings.map(Channel.masked) ?? .null
        return (channel, settings ?? [:])
    }
}

extension Refusal {
    static let tooManyChannels = Refusal.conflict(
        "too_many_channels", sentence: "There are \(Channels.most) channels, which is as many as there may be. Delete one first.")
}
