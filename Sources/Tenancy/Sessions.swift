import Postgres
import Time

/// The door to sessions: 30 days since last use, 90 in all. Nothing is remembered between calls, so one that is ended is refused from
/// the next request on, on every node.
public struct Sessions: Sendable {
    private let database: Database

    /// Asks over `database`.
    public init(_ database: Database) { self.database = database }

    /// The session that a browser's cookie names; nil: there is none, or it is over.
    public func find(_ cookie: String) async throws -> Session? {
        guard let token = Token(cookie) else { return nil }
        let rows = try await database.query(
            """
            SELECT \(Session.columns), s.last_used_at < now() - interval '5 minutes' AS is_news
            FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = \(token.hash) AND \(Self.isLive)
            """)
        guard let row = rows.first else { return nil }
        let session = try Session(row)
        if try row("is_news") { try await database.query("UPDATE sessions SET last_used_at = now() WHERE id = \(session.id)") }
        return session
    }

    /// The user's sessions, the latest used first.
    public func all(of user: ID<User>) async throws -> [Session] {
        try await database.query(
            """
            SELECT \(Session.columns) FROM sessions s JOIN users u ON u.id = s.user_id
            WHERE s.user_id = \(user) AND \(Self.isLive) ORDER BY s.last_used_at DESC, s.id DESC
            """
        ).map { try Session($0) }
    }

    /// Ends one session of the user. Throws `Denial.notFound`.
    public func end(_ id: String, of user: ID<User>) async throws {
        guard let id = ID<Session>(id) else { throw Denial.notFound }
        let ended = try await database.query("DELETE FROM sessions WHERE id = \(id) AND user_id = \(user)")
        if ended.affected == 0 { throw Denial.notFound }
    }

    /// Ends all of the user's sessions but one; nil: all.
    public func endAll(of user: ID<User>, but kept: ID<Session>?) async throws {
        try await database.query(Self.ending(of: user, but: kept))
    }

    static func ending(of user: ID<User>, but kept: ID<Session>?) -> Query {
        "DELETE FROM sessions WHERE user_id = \(user) AND id IS DISTINCT FROM \(kept)"
    }

    /// What a sign-in is told of the browser that it comes from.
    public struct Visitor: Sendable {
        /// The value that the browser keeps, whoever uses it.
        public let browser: String
        public let userAgent: String
        public let address: String?
        /// The address, or the network it belongs to: what is counted.
        public let network: String

        /// `network`: what requests are counted by, an IPv4 address or an IPv6 /64.
        public init(browser: String, userAgent: String, address: String?, network: String) {
            (self.browser, self.userAgent, self.address, self.network) = (browser, userAgent, address, network)
        }
    }

    static func insertion(_ token: Token, id: ID<Session>, of user: ID<User>, in visitor: Visitor, at now: Timestamp) -> Query {
        """
        INSERT INTO sessions (id, token_hash, user_id, device, address, created_at, last_used_at)
        VALUES (\(id), \(token.hash), \(user), \(Session.device(named: visitor.userAgent)), \(visitor.address), \(now), \(now))
        """
    }

    private static let isLive: Query =
        "s.last_used_at > now() - interval '30 days' AND s.created_at > now() - interval '90 days'"
}
