import JSON
import Postgres
import Tenancy
import Time

/// The door to deliveries: what was sent where, when, and what was answered.
public struct Deliveries: Sendable {
    let database: Database

    public init(_ database: Database) { self.database = database }

    /// Where a page of the list begins: behind this one.
    public struct Position: Sendable {
        let createdAt: Timestamp
        let id: ID<Delivery>

        public init(_ delivery: Delivery) { (createdAt, id) = (delivery.createdAt, delivery.id) }

        /// Nil for a text that `cursor` did not write.
        public init?(_ cursor: String) {
            let parts = cursor.split(separator: "-")
            guard parts.count == 2, let time = Int64(parts[0]), let id = ID<Delivery>(String(parts[1])) else { return nil }
            (createdAt, self.id) = (Timestamp(microseconds: time), id)
        }

        public var cursor: String { "\(createdAt.microseconds)-\(id.text)" }
    }

    /// What went to a channel, newest first.
    public func page(of channel: Channel, after position: Position? = nil, limit: Int, for access: Access) async throws -> [Delivery] {
        let rest: Query = position.map { "AND (created_at, id) < (\($0.createdAt), \($0.id))" } ?? ""
        return try await database.query(
            """
            SELECT \(Delivery.columns) FROM deliveries
            WHERE organization_id = \(access.organization.id) AND channel_id = \(channel.id) \(rest)
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).map { try Delivery($0) }
    }

    /// What told of an incident, newest first: by itself, or together with others of its subject while it lasted.
    public func all(of incident: Incident, for access: Access) async throws -> [Delivery] {
        let until = incident.closedAt.map { $0.adding(.seconds(7_200)) } ?? .endOfTime
        return try await database.query(
            """
            SELECT \(Delivery.columns) FROM deliveries d
            WHERE organization_id = \(access.organization.id) AND created_at >= \(incident.openedAt) AND created_at <= \(until)
                AND (incident_id = \(incident.id) OR incident_id IS NULL AND subject = \(incident.subject))
            ORDER BY created_at DESC, id DESC LIMIT 50
            """
        ).map { try Delivery($0) }
    }

    /// The latest of each channel, by its id.
    public func latest(of channels: [Channel], for access: Access) async throws -> [ID<Channel>: Delivery] {
        let rows = try await database.query(
            """
            SELECT d.* FROM unnest(\(channels.map(\.id))) AS c (id) CROSS JOIN LATERAL (
                SELECT \(Delivery.columns) FROM deliveries
                WHERE organization_id = \(access.organization.id) AND channel_id = c.id ORDER BY created_at DESC, id DESC LIMIT 1) d
            """)
        return try Dictionary(rows.map { try Delivery($0) }.map { ($0.channelID, $0) }) { first, _ in first }
    }

    /// The delivery of that id, with its attempts, oldest first. Throws `Refusal.notFound`, for what is no id too.
    public func find(_ id: String, for access: Access) async throws -> (delivery: Delivery, attempts: [Delivery.Attempt]) {
        guard let id = ID<Delivery>(id) else { throw Refusal.notFound }
        let delivery = try await Self.find(id, of: access.organization.id, over: database)
        return (delivery, try await attempts(of: [id], for: access)[id] ?? [])
    }

    /// The attempts of these, oldest first, by the delivery's id. Of mail there is one for each recipient, as the outbox has it.
    public func attempts(of ids: [ID<Delivery>], for access: Access) async throws -> [ID<Delivery>: [Delivery.Attempt]] {
        let organization = access.organization.id
        let rows = try await database.query(
            """
            SELECT delivery_id, number, started_at, finished_at, status_code, answer, error, NULL AS recipient
            FROM delivery_attempts WHERE organization_id = \(organization) AND delivery_id = ANY (\(ids))
            UNION ALL
            SELECT d.id, greatest(o.tries, 1), o.created_at, o.finished_at, NULL, o.status, o.error, o.recipient
            FROM deliveries d CROSS JOIN LATERAL unnest(d.outbox_ids) AS m (id) JOIN outbox o ON o.id = m.id
            WHERE d.organization_id = \(organization) AND d.id = ANY (\(ids)) AND o.organization_id = \(organization)
            ORDER BY 3, 2
            """)
        return try Dictionary(grouping: rows) { row in try row("delivery_id", as: ID<Delivery>.self) }
            .mapValues { try $0.map { try Delivery.Attempt($0) } }
    }

    /// Sends one that has ended again, under the same id. Throws `Refusal.conflict` for one that has not, or whose channel is off.
    public func resend(_ delivery: Delivery, for access: Access) async throws -> Delivery {
        let organization = access.organization.id
        return try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let row = try await transaction.query(
                "SELECT \(Channel.columns) FROM channels WHERE organization_id = \(organization) AND id = \(delivery.channelID) AND deleted_at IS NULL"
            ).first
            guard let channel = try row.map({ try Channel($0) }) else { throw Refusal.notFound }
            guard channel.state == .on else { throw Refusal.isOff(channel.state) }
            let changed = try await transaction.query(
                """
                UPDATE deliveries SET status = 'waiting', next_try_at = \(now), leased_until = NULL, finished_at = NULL, outbox_ids = '{}'
                WHERE organization_id = \(organization) AND id = \(delivery.id) AND finished_at IS NOT NULL
                """)
            guard changed.affected > 0 else { throw Refusal.deliveryNotEnded }
            try await transaction.batch(
                [access.entry(at: now, "delivery.resent", on: delivery.id.text, after: ["channel": .string(channel.id.text)]).insertion]
                    + Self.wake(organization, database))
            return try await Self.find(delivery.id, of: organization, over: transaction)
        }
    }

    // MARK: -

    static func find(_ id: ID<Delivery>, of organization: ID<Organization>, over runner: any QueryRunner) async throws -> Delivery {
        let rows = try await runner.query(
            "SELECT \(Delivery.columns) FROM deliveries WHERE organization_id = \(organization) AND id = \(id)")
        guard let row = rows.first else { throw Refusal.notFound }
        return try Delivery(row)
    }

    /// The statement that adds one, due at once.
    static func insertion(
        _ id: ID<Delivery>, to channel: ID<Channel>, _ message: AlertMessage, at now: Timestamp, of organization: ID<Organization>
    ) -> Query {
        """
        INSERT INTO deliveries (organization_id, id, channel_id, event, message, next_try_at, created_at)
        VALUES (\(organization), \(id), \(channel), \(message.event), \(message.json), \(now), \(now))
        """
    }

    /// Whoever sends them looks at once, and so do pages.
    static func wake(_ organization: ID<Organization>, _ database: Database) -> [Query] {
        [database.notification(on: "alerts"), Happening.notice([.alerts(of: organization)], database)]
    }
}

extension Refusal {
    static let deliveryNotEnded = Refusal.conflict(
        "delivery_not_ended", sentence: "It is still being sent. Wait for its end, then send it again if that is wanted.")
}
