import JSON
import Postgres

/// Who does something.
public enum Actor: Sendable, Equatable {
    case user(ID<User>)
    case key(ID<APIKey>)
    /// The program, of itself.
    case system
    /// Whoever runs the program, at its command line.
    case `operator`
    /// A user or key that was there when it was written down, and has been erased since.
    case erased
}

/// By which way a change comes in.
public enum Way: String, Sendable {
    case page, api, sync, cli, billing
    /// None: the engine makes it.
    case engine
}

/// From where: for the audit log.
public struct Origin: Sendable, Equatable {
    public let way: Way
    /// The client's address, where there is one.
    public let address: String?
    /// What a request with an `Idempotency-Key` holds; nil: it has none.
    var reservation: IdempotencyKeys.Reservation?

    /// `address` as it is to be written down.
    public init(_ way: Way, from address: String? = nil) { (self.way, self.address) = (way, address) }
}

extension Actor {
    var word: String {
        switch self {
        case .user: "user"
        case .key: "key"
        case .system: "system"
        case .operator: "operator"
        case .erased: "erased"
        }
    }

    var user: ID<User>? { if case .user(let id) = self { id } else { nil } }
    var key: ID<APIKey>? { if case .key(let id) = self { id } else { nil } }

    /// SQL: whose account or key it is. Both share a column, so they are told apart by the word beside it.
    var bearer: Query {
        switch self {
        case .user(let id): "\(id)"
        case .key(let id): "\(id)"
        case .system, .operator, .erased: "NULL"
        }
    }

    /// As it is written outside: `{"type": "user", "id": "usr_…"}`.
    var json: JSON {
        switch self {
        case .user(let id): ["type": "user", "id": .string(id.text)]
        case .key(let id): ["type": "key", "id": .string(id.text)]
        case .system, .operator, .erased: ["type": .string(word), "id": .null]
        }
    }

    init(_ row: Row) throws(PostgresError) {
        switch try row("actor") as String {
        case "user": self = .user(try row("actor_id"))
        case "key": self = .key(try row("actor_id"))
        case "operator": self = .operator
        case "erased": self = .erased
        default: self = .system
        }
    }
}
