import JSON
import Postgres
import Time

/// The door to the audit log. It is written where the changes are made, with `AuditEntry.insertion`.
public struct AuditLog: Sendable {
    private let database: Database

    /// Asks over `database`.
    public init(_ database: Database) { self.database = database }

    /// Which entries are asked for; nil members do not count.
    public struct Filter: Sendable, Equatable {
        /// A whole word such as `member.removed`, or its beginning, `member`.
        public var action: String?
        /// A user's or key's id, `system` or `operator`.
        public var actor: String?
        /// The id of what it was done on.
        public var subject: String?
        public var since: Timestamp?
        public var until: Timestamp?

        /// All of them nil: everything.
        public init(
            action: String? = nil, actor: String? = nil, subject: String? = nil, since: Timestamp? = nil, until: Timestamp? = nil
        ) {
            (self.action, self.actor, self.subject, self.since, self.until) = (action, actor, subject, since, until)
        }

        fileprivate var condition: Query {
            var condition: Query = ""
            if let action { condition = "\(condition) AND (action = \(action) OR starts_with(action, \(action + ".")))" }
            if let subject { condition = "\(condition) AND subject = \(subject)" }
            if let since { condition = "\(condition) AND at >= \(since)" }
            if let until { condition = "\(condition) AND at < \(until)" }
            guard let actor else { return condition }
            if let user = ID<User>(actor) { return "\(condition) AND actor = 'user' AND actor_id = \(user)" }
            if let key = ID<APIKey>(actor) { return "\(condition) AND actor = 'key' AND actor_id = \(key)" }
            return "\(condition) AND actor = \(actor)"
        }
    }

    /// Where a page of the list ends.
    public struct Position: Sendable {
        fileprivate let id: ID<AuditEntry>

        /// Behind this entry.
        public init(_ entry: AuditEntry) { id = entry.id }

        /// Reads what `cursor` writes; nil for anything else.
        public init?(_ cursor: String) {
            guard let id = ID<AuditEntry>(cursor) else { return nil }
            self.id = id
        }

        /// The position as a text without meaning to others.
        public var cursor: String { id.text }
    }

    /// The organization's entries, newest first, from behind a position.
    public func page(
        _ filter: Filter = Filter(), after position: Position?, limit: Int, for access: Access
    ) async throws -> [AuditEntry] {
        let position: Query = position.map { "AND id < \($0.id)" } ?? ""
        return try await database.query(
            """
            SELECT \(AuditEntry.columns) FROM audit_log
            WHERE organization_id = \(access.organization.id) \(filter.condition) \(position) ORDER BY id DESC LIMIT \(limit)
            """
        ).map { try AuditEntry($0) }
    }

    /// The last entry of an action on each of these subjects, by subject.
    public func latest(_ action: String, on subjects: [String], for access: Access) async throws -> [String: AuditEntry] {
        let rows = try await database.query(
            """
            SELECT x.* FROM unnest(\(subjects)) AS s (sought) CROSS JOIN LATERAL (
                SELECT \(AuditEntry.columns) FROM audit_log
                WHERE organization_id = \(access.organization.id) AND subject = s.sought AND action = \(action) ORDER BY id DESC LIMIT 1
            ) x
            """)
        return Dictionary(try rows.map { try AuditEntry($0) }.map { ($0.subject, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The addresses of the members and the names of the keys among the actors, by their ids: for people to read.
    public func names(of entries: [AuditEntry], for access: Access) async throws -> [String: String] {
        var (users, keys) = ([ID<User>](), [ID<APIKey>]())
        for entry in entries {
            switch entry.actor {
            case .user(let id): users.append(id)
            case .key(let id): keys.append(id)
            case .system, .operator, .erased: break
            }
        }
        let answers = try await database.batch([
            // Of members alone: what address somebody has who left is nobody's business here.
            """
            SELECT u.id, u.email FROM users u JOIN memberships m ON m.user_id = u.id AND m.organization_id = \(access.organization.id)
            WHERE u.id = ANY (\(users))
            """,
            "SELECT id, name FROM api_keys WHERE id = ANY (\(keys)) AND organization_id = \(access.organization.id)",
        ])
        var names: [String: String] = [:]
        for row in answers[0] { names[try row("id", as: ID<User>.self).text] = try row("email") }
        for row in answers[1] { names[try row("id", as: ID<APIKey>.self).text] = try row("name") }
        return names
    }

    /// So much is exported at a time, at most.
    public static let longestExport = 100_000
}

extension AuditEntry {
    /// As the API tells it.
    public var json: JSON {
        [
            "id": .string(id.text), "at": .string(at.rfc3339), "actor": actor.json, "action": .string(action), "subject": .string(subject),
            "before": before ?? .null, "after": after ?? .null, "via": .string(way.rawValue),
            "address": address.map(JSON.string) ?? .null,
        ]
    }

    /// What `json` looks like.
    public static let shape = Shape.object([
        Field("id", .string(), example: "aud_01jd3w8k4dfk1q2v7c9r5t0xyz"), Field("at", .instant),
        Field(
            "actor", .object([Field("type", .string()), Field("id", .string(), nullable: true)]),
            example: ["type": "user", "id": "usr_01jd3w8k4dfk1q2v7c9r5t0xyz"]), Field("action", .string(), example: "job.paused"),
        Field("subject", .string(), help: "The id of what it was done on.", example: "job_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("before", .anything, nullable: true),
        Field("after", .anything, nullable: true), Field("via", .string(), example: "api"),
        Field("address", .string(), nullable: true, example: "203.0.113.7"),
    ]).complete.named("AuditEntry")

    /// The columns of the export.
    public static let columnNames = ["at", "actor", "actor_id", "action", "subject", "before", "after", "via", "address"]

    /// The entry's cells in the columns of the export.
    public var cells: [String] {
        [
            at.rfc3339, actor.word, actor.json["id"]?.string ?? "", action, subject,
            before.map { String(decoding: $0.bytes(), as: UTF8.self) } ?? "",
            after.map { String(decoding: $0.bytes(), as: UTF8.self) } ?? "",
            way.rawValue, address ?? "",
        ]
    }
}
