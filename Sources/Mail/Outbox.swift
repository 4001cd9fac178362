import JSON
import Postgres
import Secrets
import Time

/// Mail to be sent: rows that are added in the transaction that causes the mail, and that couriers send. A dump of the database
/// holds no content of them: each is sealed for its row and its recipient.
public struct Outbox: Sendable {
    /// So long a mail is tried, unless it expires sooner.
    static let patience: Duration = .seconds(24 * 3_600)
    /// Couriers listen to it.
    static let channel = "outbox"

    private let seal: Seal
    private let bell: Database?

    /// `bell`: the database whose couriers are to be woken; nil: they find the mail when they next look, within 30 s.
    public init(seal: Seal, bell: Database? = nil) {
        self.seal = seal
        self.bell = bell
    }

    /// The statement that adds a mail and wakes the couriers: to be sent within the transaction that causes it. `organization`:
    /// what the mail is deleted with; `at`: now; `expiresAt`: when it will be of no use any more; `id`: its row's, nil: a
    /// new one. Throws `SealError`.
    public func insertion<Of>(
        _ message: Message, to recipient: EmailAddress, of organization: ID<Of>?, at instant: Timestamp, expiresAt: Timestamp? = nil,
        as id: ID<RenderedMail>? = nil
    ) throws -> Query {
        let id = id ?? ID(at: instant)
        let sealed = try seal.seal(message.json.bytes(), in: Self.place(id, recipient.text))
        // A clock that is ahead of the database's must not make the mail wait.
        let insertion: Query = """
            INSERT INTO outbox (id, organization_id, kind, recipient, sealed, created_at, next_try_at, expires_at)
            VALUES (\(id), \(organization), \(message.kind.rawValue), \(recipient.text), \(sealed), \(instant),
                least(\(instant), clock_timestamp()), \(expiresAt))
            """
        guard let bell else { return insertion }
        return "WITH added AS (\(insertion) RETURNING id) SELECT pg_notify(\(bell.qualified(channel: Self.channel)), '') FROM added"
    }

    /// The same for a mail of no organization.
    public func insertion(
        _ message: Message, to recipient: EmailAddress, at instant: Timestamp, expiresAt: Timestamp? = nil
    ) throws -> Query {
        try insertion(message, to: recipient, of: nil as ID<RenderedMail>?, at: instant, expiresAt: expiresAt)
    }

    /// The statement that forgets all mail to an address, sent or not, and what came back of it: to be sent within the transaction that
    /// erases its owner.
    public static func erasure(of recipients: [String]) -> Query {
        """
        WITH events AS (DELETE FROM mail_events WHERE recipient = ANY (\(recipients))),
            suppressed AS (DELETE FROM suppressions WHERE recipient = ANY (\(recipients)))
        DELETE FROM outbox WHERE recipient = ANY (\(recipients))
        """
    }

    /// The statement that takes back all mail of an organization that nobody has begun to send: to be sent within the transaction that
    /// deletes it, before what is to be said of that is added.
    public static func withdrawal<Of>(of organization: ID<Of>) -> Query {
        "DELETE FROM outbox WHERE organization_id = \(organization) AND status = 'waiting'"
    }

    /// Nil where the content is gone, was altered or moved, was sealed with a key that we do not have, or is of a kind unknown here.
    func message(_ sealed: [UInt8]?, id: ID<RenderedMail>, recipient: String) -> Message? {
        guard let sealed, let bytes = try? seal.open(sealed, in: Self.place(id, recipient)) else { return nil }
        return (try? JSON(parsing: bytes)).flatMap(Message.init)
    }

    /// What a row's content was sealed with: `id` and `recipient` are read of it.
    public static func place(of row: Row) throws(PostgresError) -> [String] { place(try row("id"), try row("recipient")) }

    /// The recipient is part of it: whoever can write to the table cannot have somebody else's link sent to himself.
    private static func place(_ id: ID<RenderedMail>, _ recipient: String) -> [String] { ["outbox", id.text, recipient] }
}
