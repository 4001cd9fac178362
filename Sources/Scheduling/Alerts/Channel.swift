import JSON
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
    /// Since when nothing gets through; nil: the last one did.
    public let failingSince: Timestamp?
    /// Nothing is sent before: its vendor asked for patience.
    public let restingUntil: Timestamp?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    /// What its kind is to know, secrets masked; null where the door was not asked for it, or they cannot be opened any more.
    public internal(set) var settings = JSON.null

    /// How it stands, in a word.
    public enum State: String, Sendable, CaseIterable {
        case on
        /// People have switched it off.
        case off
        /// Prikke has: `switchedOffReason` says why.
        case switchedOff = "switched_off"
        /// An outside address has not confirmed yet.
        case unconfirmed
    }

    /// How it stands.
    public var state: State {
        if switchedOffAt != nil { return .switchedOff }
        return !isEnabled ? .off : isConfirmed ? .on : .unconfirmed
    }
}

extension Channel {
    /// SQL: what `init(_:)` reads.
    static let columns: Query = """
        id, kind, name, shown, confirmed_at, enabled, switched_off_at, switched_off_reason, failing_since, resting_until, created_at, updated_at
        """

    init(_ row: Row) throws(PostgresError) {
        id = try row("id")
        kind = try row("kind")
        name = try row("name")
        shown = try row("shown")
        isConfirmed = try row("confirmed_at", as: Timestamp?.self) != nil
        isEnabled = try row("enabled")
        switchedOffAt = try row("switched_off_at")
        switchedOffReason = try row("switched_off_reason")
        failingSince = try row("failing_since")
        restingUntil = try row("resting_until")
        createdAt = try row("created_at")
        updatedAt = try row("updated_at")
    }
}
