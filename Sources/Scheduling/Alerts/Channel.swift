import Postgres
import Time

/// Where an organization's alerts go. Its address or URL is a secret: this value holds what may be shown of it.
public struct Channel: Sendable, Identified {
    public static let prefix = "chn"

    /// For who knows nothing of databases.
    public typealias Identifier = ID<Channel>

    public let id: ID<Channel>
    /// The word of its `ChannelKind`.
    public let kind: String
    public let name: String
    /// A host and the last four characters, or whom mail goes to.
    public let shown: String
    /// False: an outside address has not confirmed yet, and gets nothing.
    public let isConfirmed: Bool
    /// False: by people, or because Prikke switched it off.
    public let isEnabled: Bool
    public let switchedOffAt: Timestamp?
    /// Why Prikke switched it off; nil: it did not.
    public let switchedOffReason: String?
    public let createdAt: Timestamp
}

extension Channel {
    /// SQL: what `init(_:)` reads.
    static let columns: Query = "id, kind, name, shown, confirmed_at, enabled, switched_off_at, switched_off_reason, created_at"

    init(_ row: Row) throws(PostgresError) {
        id = try row("id")
        kind = try row("kind")
        name = try row("name")
        shown = try row("shown")
        isConfirmed = try row("confirmed_at", as: Timestamp?.self) != nil
        isEnabled = try row("enabled")
        switchedOffAt = try row("switched_off_at")
        switchedOffReason = try row("switched_off_reason")
        createdAt = try row("created_at")
    }
}
