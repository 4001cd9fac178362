import Postgres
import Time

/// One message to one channel.
public struct Delivery: Sendable, Identified {
    public static let prefix = "dlv"

    /// For who knows nothing of databases.
    public typealias Identifier = ID<Delivery>

    /// What became of it.
    public enum Status: String, Sendable, CaseIterable {
        case waiting, sending, sent, failed
        /// It was handed over, and nobody can say whether it arrived.
        case unknown
        /// Not sent by itself: what waited long for its channel was told in one message.
        case joined
    }

    public let id: ID<Delivery>
    public let channelID: ID<Channel>
    public let event: String
    /// Nil: a digest, a notice or a test.
    public let incidentID: ID<Incident>?
    public let title: String
    public let status: Status
    public let tries: Int
    public let nextTryAt: Timestamp?
    public let createdAt: Timestamp
    public let finishedAt: Timestamp?
    public let error: String?

    /// One try.
    public struct Attempt: Sendable {
        public let number: Int
        /// Mail: to whom.
        public let recipient: String?
        public let startedAt: Timestamp
        /// Nil: mail that still waits, or is on its way.
        public let finishedAt: Timestamp?
        public let statusCode: Int?
        /// The first of what was answered, without the URL; of mail, what became of it.
        public let answer: String?
        public let error: String?
    }
}

extension Delivery {
    /// SQL: what `init(_:)` reads.
    static let columns: Query = """
        id, channel_id, event, incident_id, message->>'title' AS title, status, tries, next_try_at, created_at, finished_at, error
        """

    init(_ row: Row) throws(PostgresError) {
        id = try row("id")
        channelID = try row("channel_id")
        event = try row("event")
        incidentID = try row("incident_id")
        title = try row("title")
        status = Status(rawValue: try row("status")) ?? .waiting
        tries = Int(try row("tries", as: Int32.self))
        nextTryAt = try row("next_try_at")
        createdAt = try row("created_at")
        finishedAt = try row("finished_at")
        error = try row("error")
    }
}

extension Delivery.Attempt {
    init(_ row: Row) throws(PostgresError) {
        number = Int(try row("number", as: Int32.self))
        recipient = try row("recipient")
        startedAt = try row("started_at")
        finishedAt = try row("finished_at")
        statusCode = try row("status_code", as: Int16?.self).map(Int.init)
        answer = try row("answer")
        error = try row("error")
    }
}
