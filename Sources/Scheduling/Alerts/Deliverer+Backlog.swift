import JSON
import Postgres
import Tenancy
import Time

/// What has waited for a channel that took nothing becomes one message.
extension Deliverer {
    /// So many may wait, for so long.
    static let longestBacklog = 5
    static let backlogAge: Duration = .seconds(60)

    func collapse(_ channel: ID<Channel>, of organization: ID<Organization>, at now: Timestamp) async throws {
        try await database.transaction { transaction in
            // While somebody is sending to it, what waits is left alone.
            let row = try await transaction.query(
                """
                SELECT o.slug FROM channels c JOIN organizations o ON o.id = c.organization_id
                WHERE c.organization_id = \(organization) AND c.id = \(channel) AND (c.leased_until IS NULL OR c.leased_until <= \(now))
                FOR UPDATE OF c SKIP LOCKED
                """
            ).first
            guard let row else { return }
            let waiting = try await transaction.query(
                """
                SELECT id, message FROM deliveries
                WHERE organization_id = \(organization) AND channel_id = \(channel) AND status = 'waiting' AND event <> 'test'
                    AND outbox_ids = '{}' ORDER BY created_at, id
                """
            ).map { (id: try $0("id", as: ID<Delivery>.self), message: AlertMessage(try $0("message", as: JSON.self))) }
            guard waiting.count > Self.longestBacklog else { return }
            let id = ID<Delivery>(at: now)
            let message = AlertMessage(
                collapsing: waiting.compactMap(\.message), at: now, url: mail.links.incidents(try row("slug")), of: organization)
            let writing = Writing(id: id, channel: channel, subject: nil, incident: nil, message: message)
            Meters.deliveries("joined", waiting.count)
            try await transaction.batch([
                """
                UPDATE deliveries SET status = 'joined', next_try_at = NULL, finished_at = \(now),
                    error = \("Told together with \(waiting.count - 1) others: \(id.text).")
                WHERE organization_id = \(organization) AND id = ANY (\(waiting.map(\.id)))
                """,
                Writing.insertion(of: [writing], at: now, of: organization),
            ])
        }
    }
}

extension AlertMessage {
    /// One of many that could not be delivered.
    init(collapsing messages: [AlertMessage], at now: Timestamp, url: String, of organization: ID<Organization>) {
        let named = messages.suffix(AlertContext.mostNamed)
        self.init(
            event: Telling.News.Event.digest.rawValue, tone: messages.contains { $0.tone == .bad } ? .bad : .neutral,
            title: "\(messages.count) messages that could not be delivered before",
            paragraphs: ["This channel took nothing for a while. What was to be told meanwhile, the newest last:"]
                + named.map { "\($0.happenedAt.words): \($0.title)" }
                + (messages.count > named.count ? ["And \(messages.count - named.count) more before these."] : []),
            action: "See the incidents", url: url, happenedAt: messages.last?.happenedAt ?? now,
            data: [
                "organization_id": .string(organization.text), "count": .integer(Int64(messages.count)),
                "messages": .array(
                    named.map {
                        [
                            "event": .string($0.event), "title": .string($0.title), "happened_at": .string($0.happenedAt.rfc3339),
                            "url": .string($0.url),
                        ]
                    }),
            ])
    }
}
