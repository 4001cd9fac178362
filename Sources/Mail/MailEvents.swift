import JSON
import Logging
import Metrics
import Postgres
import Secrets
import Time

/// The door for what Mailjet tells of mails that it took: addresses that bounce, and people who complain, get no more alerts.
///
/// Nothing is signed there. Whoever knows the password can at worst stop the alerts to somebody whom we wrote to, and must name that
/// mail: an address is taken from our own row, never from what came in.
public struct MailEvents: Sendable {
    /// What Mailjet puts into the address that it was given: `https://user:password@host/webhooks/mailjet`.
    public struct Credentials: Sendable {
        fileprivate let digest: [UInt8]

        /// Neither is empty, and there is no colon in `user`, which is where HTTP Basic authentication parts them.
        public init?(user: String, password: String) {
            guard !user.isEmpty, !password.isEmpty, !user.utf8.contains(UInt8(ascii: ":")) else { return nil }
            digest = Hash.sha256(Array("\(user):\(password)".utf8))
        }
    }

    /// A body that holds neither an event nor a list of them.
    public struct NotEvents: Error {}

    private static let suppressed = Counter(label: "prikke_mail_addresses_suppressed_total")
    /// So many soft bounces within a week are as good as a hard one.
    private static let mostSoft = 5
    private static let week: Duration = .seconds(7 * 86_400)

    private let database: Database
    private let credentials: Credentials
    private let logger: Logger

    public init(_ database: Database, credentials: Credentials, logger: Logger) {
        (self.database, self.credentials, self.logger) = (database, credentials, logger)
    }

    /// Whether a request with this header `Authorization` is Mailjet's. Takes as long whatever is wrong with it.
    public func admits(_ authorization: String?) -> Bool {
        let words = (authorization ?? "").split(separator: " ", maxSplits: 1)
        let isBasic = words.count == 2 && words[0].lowercased() == "basic"
        let given = isBasic ? Base64.decode(String(words[1])) ?? [] : []
        return constantTimeEquals(Hash.sha256(given), credentials.digest)
    }

    /// Takes what came in at `now`: an event that was taken before, that is of no mail of ours, or that nothing follows from, changes
    /// nothing. Throws `JSONError`, `NotEvents`, `PostgresError`.
    public func take(_ body: [UInt8], at now: Timestamp) async throws {
        guard let events = MailEvent.list(try JSON(parsing: body)) else { throw NotEvents() }
        guard !events.isEmpty else { return }
        let owned = try await own(events)
        guard !owned.isEmpty else { return }
        for (event, _) in owned where event.effect == .ours {
            logger.error("mail does not arrive", metadata: ["event": "\(event.event)", "why": "\(event.detail)"])
        }
        let count = try await database.transaction { transaction in
            let new = try await record(owned, at: now, in: transaction)
            return try await suppress(new, at: now, in: transaction)
        }
        guard count > 0 else { return }
        Self.suppressed.increment(by: count)
        logger.notice("addresses get no more alerts", metadata: ["count": "\(count)"])
    }

    private typealias Owned = (event: MailEvent, recipient: String)

    /// Those of mails that we know, with whom we wrote to.
    private func own(_ events: [MailEvent]) async throws -> [Owned] {
        let rows = try await database.query(
            """
            SELECT id, provider_id, recipient FROM outbox
            WHERE id = ANY (\(events.compactMap(\.mail))) OR provider_id = ANY (\(events.flatMap(\.providerIDs)))
            """)
        var (byID, byProvider) = ([ID<RenderedMail>: String](), [String: String]())
        for row in rows {
            let recipient: String = try row("recipient")
            byID[try row("id")] = recipient
            if let name = try row("provider_id", as: String?.self) { byProvider[name] = recipient }
        }
        return events.compactMap { event in
            let recipient = event.mail.flatMap { byID[$0] } ?? event.providerIDs.lazy.compactMap { byProvider[$0] }.first
            return recipient.map { (event, $0) }
        }
    }

    /// Answers those that were not there.
    private func record(_ events: [Owned], at now: Timestamp, in transaction: Transaction) async throws -> [Owned] {
        let rows = try await transaction.query(
            """
            INSERT INTO mail_events (digest, event, recipient, is_soft, at)
            SELECT DISTINCT ON (digest) * FROM unnest(
                \(events.map(\.event.digest)), \(events.map(\.event.event)), \(events.map(\.recipient)),
                \(events.map { $0.event.effect == .soft }), \(events.map { min($0.event.at, now) })
            ) AS given(digest, event, recipient, is_soft, at)
            ON CONFLICT DO NOTHING RETURNING digest
            """)
        let new = Set(try rows.map { try $0("digest", as: [UInt8].self) })
        return events.filter { new.contains($0.event.digest) }
    }

    /// Answers how many were not suppressed before.
    private func suppress(_ events: [Owned], at now: Timestamp, in transaction: Transaction) async throws -> Int {
        var causes: [(recipient: String, cause: String, detail: String)] = []
        for (event, recipient) in events {
            if case .suppress(let cause) = event.effect { causes.append((recipient, cause, event.detail)) }
        }
        let soft = events.filter { $0.event.effect == .soft }.map(\.recipient)
        let answers = try await transaction.batch([
            """
            INSERT INTO suppressions (recipient, cause, detail, since)
            SELECT DISTINCT ON (recipient) recipient, cause, nullif(detail, ''), \(now) FROM unnest(
                \(causes.map(\.recipient)), \(causes.map(\.cause)), \(causes.map(\.detail))) AS given(recipient, cause, detail)
            ON CONFLICT DO NOTHING
            """,
            """
            INSERT INTO suppressions (recipient, cause, detail, since)
            SELECT recipient, 'bounce', \("\(Self.mostSoft) times within a week"), \(now) FROM mail_events
            WHERE recipient = ANY (\(soft)) AND is_soft AND at > \(now.adding(.zero - Self.week))
            GROUP BY recipient HAVING count(*) >= \(Self.mostSoft)
            ON CONFLICT DO NOTHING
            """,
        ])
        return answers.reduce(0) { $0 + $1.affected }
    }
}
