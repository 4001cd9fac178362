import Foundation
import JSON
import Postgres
import Secrets

/// What requests with an `Idempotency-Key` were answered, for a day: the same request is carried out once, whichever node it meets,
/// however often it is sent, and whoever dies meanwhile.
public struct IdempotencyKeys: Sendable {
    let database: Database
    private let seal: Seal

    public init(_ database: Database, seal: Seal) { (self.database, self.seal) = (database, seal) }

    /// What a client calls its request: 1 to 255 printable ASCII characters. Kept as a hash.
    public struct Name: Sendable {
        let hash: [UInt8]

        /// Nil for anything else.
        public init?(_ text: String) {
            guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
            hash = Hash.sha256(text.utf8)
        }
    }

    /// A request that is to be carried out once.
    public struct Request: Sendable {
        let name: Name
        /// Of all that it says.
        let content: [UInt8]
        /// Whoever has not answered by then has died.
        let time: Duration

        /// `parts` are all that the request says.
        public init(named name: Name, saying parts: [[UInt8]], mayTake time: Duration) {
            (self.name, self.time) = (name, time)
            content = Hash.sha256(parts.flatMap { Array("\($0.count):".utf8) + $0 })
        }
    }

    /// An answer as it is kept.
    public struct Answer: Sendable, Equatable {
        public let status: Int
        /// Each name once.
        public let headers: [String: String]
        public let body: [UInt8]

        public init(status: Int, headers: [String: String], body: [UInt8]) {
            (self.status, self.headers, self.body) = (status, headers, body)
        }
    }

    /// Why a request is not carried out.
    public enum Refusal: Error, Sendable, Equatable {
        /// The name belongs to another request.
        case reused
        /// The first one is still being carried out.
        case inProgress
        /// The first one was carried out, and its answer lost with its process. What it was done on, by ids as they are written outside.
        case answerLost(subjects: [String])
    }

    /// Which request is being carried out under which name. What it changes is written into the audit log under it.
    struct Reservation: Sendable, Equatable {
        let key: ID<APIKey>
        let name: [UInt8]
        let request: UUID
    }

    /// Where the answers are kept.
    public static let column = SealedColumn(
        "idempotency_keys", key: ["organization_id", "api_key_id", "name"], bytes: ["name"]
    ) { row throws(PostgresError) in
        place(try row("organization_id"), try row("api_key_id"), try row("name"))
    }

    private static func place(_ organization: ID<Organization>, _ key: ID<APIKey>, _ name: [UInt8]) -> [String] {
        ["idempotency_keys", organization.text, key.text, Hex.encode(name)]
    }

    func seal(_ answer: Answer, under reservation: Reservation, of organization: ID<Organization>) throws(SealError) -> [UInt8] {
        try seal.seal(answer.body, in: Self.place(organization, reservation.key, reservation.name))
    }

    /// Nil where it was altered, or moved, or its key is not ours.
    func open(_ envelope: [UInt8], under reservation: Reservation, of organization: ID<Organization>) -> [UInt8]? {
        try? seal.open(envelope, in: Self.place(organization, reservation.key, reservation.name))
    }

    /// How long an answer is kept.
    static let life: Query = "interval '1 day'"

    /// Forgets what is over: called by `Eraser`.
    static func prune(_ database: Database) async throws {
        let batch = 10_000
        for _ in 0..<50 {
            let gone = try await database.query(
                """
                DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM idempotency_keys WHERE created_at < now() - \(life) LIMIT \(batch)))
                """)
            if gone.affected < batch { return }
        }
    }
}
