import JSON
import Postgres
import Tenancy
import Time

/// The door to incidents, for whoever looks: what is failing, since when, whom it was told. (They are opened and closed where outcomes are
/// recorded.)
public struct Incidents: Sendable {
    let database: Database

    /// Asks over `database`.
    public init(_ database: Database) { self.database = database }

    /// Which of them.
    public struct Filter: Sendable {
        /// Nil: open ones and closed ones.
        public var isOpen: Bool?
        public var kind: Incident.Kind?
        /// A job's id, or `key:` and its key.
        public var job: String?

        /// Nil: whatever it is.
        public init(isOpen: Bool? = nil, kind: Incident.Kind? = nil, job: String? = nil) {
            (self.isOpen, self.kind, self.job) = (isOpen, kind, job)
        }
    }

    /// Where a page of the list begins: behind this one.
    public struct Position: Sendable {
        let isClosed: Bool
        let openedAt: Timestamp
        let id: ID<Incident>

        /// Where this one stands in the list.
        public init(_ incident: Incident) {
            (isClosed, openedAt, id) = (incident.closedAt != nil, incident.openedAt, incident.id)
        }

        /// Nil for a text that `cursor` did not write.
        public init?(_ cursor: String) {
            let parts = cursor.split(separator: "-")
            guard parts.count == 3, let isClosed = ["o": false, "c": true][parts[0]], let time = Int64(parts[1]),
                let id = ID<Incident>(String(parts[2]))
            else { return nil }
            (self.isClosed, openedAt, self.id) = (isClosed, Timestamp(microseconds: time), id)
        }

        public var cursor: String { "\(isClosed ? "c" : "o")-\(openedAt.microseconds)-\(id.text)" }
    }

    /// Open ones first, then those that are over, each newest first. Throws `InvalidInput` for a filter by a job that is not there.
    public func page(_ filter: Filter = Filter(), after position: Position? = nil, limit: Int, for access: Access) async throws
        -> [Incident]
    {
        let organization = access.organization.id
        var conditions: [Query] = ["i.organization_id = \(organization)"]
        if let kind = filter.kind { conditions.append("i.kind = \(kind.rawValue)") }
        if let job = filter.job { conditions.append("i.job_id = \(try await self.job(job, for: access))") }
        // Two statements in one, so that either goes along its index.
        let parts = [false, true].filter { isClosed in
            (filter.isOpen.map { $0 != isClosed } ?? true) && (position.map { isClosed || !$0.isClosed } ?? true)
        }.map { isClosed -> Query in
            let state: Query = isClosed ? "i.closed_at IS NOT NULL" : "i.closed_at IS NULL"
            let isBehind = position.map { $0.isClosed == isClosed } ?? false
            let rest: Query = isBehind ? position.map { "AND (i.opened_at, i.id) < (\($0.openedAt), \($0.id))" } ?? "" : ""
            return """
                (SELECT \(Incident.columns), \(Self.silence) FROM incidents i
                WHERE \((conditions + [state]).joined(separator: " AND ")) \(rest)
                ORDER BY i.opened_at DESC, i.id DESC LIMIT \(Int64(limit)))
                """
        }
        if parts.isEmpty { return [] }
        let rows = try await database.query(
            """
            SELECT * FROM (\(parts.joined(separator: " UNION ALL "))) l
            ORDER BY l.closed_at IS NOT NULL, l.opened_at DESC, l.id DESC LIMIT \(Int64(limit))
            """)
        return try rows.map { try Self.incident($0) }
    }

    /// The incident of that id. Throws `Refusal.notFound`, for what is no id too.
    public func find(_ id: String, for access: Access) async throws -> Incident {
        guard let id = ID<Incident>(id) else { throw Refusal.notFound }
        return try await find(id, for: access, over: database)
    }

    /// Those of a job that are open, oldest first.
    public func open(of jobs: [ID<Job>], for access: Access) async throws -> [ID<Job>: [Incident]] {
        let rows = try await database.query(
            """
            SELECT \(Incident.columns), \(Self.silence) FROM incidents i
            WHERE i.organization_id = \(access.organization.id) AND i.job_id = ANY (\(jobs)) AND i.closed_at IS NULL ORDER BY i.opened_at
            """)
        return try Dictionary(grouping: rows.map { try Self.incident($0) }.filter { $0.jobID != nil }) { $0.jobID ?? ID() }
    }

    /// So many are open, up to 100.
    public func openCount(of organization: ID<Organization>) async throws -> Int {
        let count: Int64 = try await database.query(
            """
            SELECT count(*) AS count FROM (
                SELECT FROM incidents WHERE organization_id = \(organization) AND closed_at IS NULL LIMIT 100) i
            """
        ).only("count")
        return Int(count)
    }

    /// What a channel was told of an incident, and when.
    public struct Telling: Sendable {
        public let channelID: ID<Channel>
        public let openedAt: Timestamp
        public let remindedAt: Timestamp?
        public let closedAt: Timestamp?

        /// That it failed was told then, and so far no more.
        public init(channelID: ID<Channel>, openedAt: Timestamp, remindedAt: Timestamp? = nil, closedAt: Timestamp? = nil) {
            (self.channelID, self.openedAt, self.remindedAt, self.closedAt) = (channelID, openedAt, remindedAt, closedAt)
        }
    }

    /// Whom these were told, first ones first, by the incident's id.
    public func tellings(of incidents: [Incident], for access: Access) async throws -> [ID<Incident>: [Telling]] {
        let rows = try await database.query(
            """
            SELECT incident_id, channel_id, opening_told_at, reminded_at, closing_told_at FROM tellings
            WHERE organization_id = \(access.organization.id) AND incident_id = ANY (\(incidents.map(\.id)))
            ORDER BY opening_told_at, channel_id
            """)
        return try Dictionary(grouping: rows) { row in try row("incident_id", as: ID<Incident>.self) }.mapValues { rows in
            try rows.map {
                Telling(
                    channelID: try $0("channel_id"), openedAt: try $0("opening_told_at"), remindedAt: try $0("reminded_at"),
                    closedAt: try $0("closing_told_at"))
            }
        }
    }

    // MARK: -

    func find(_ id: ID<Incident>, for access: Access, over runner: any QueryRunner) async throws -> Incident {
        let rows = try await runner.query(
            """
            SELECT \(Incident.columns), \(Self.silence) FROM incidents i
            WHERE i.organization_id = \(access.organization.id) AND i.id = \(id)
            """)
        guard let row = rows.first else { throw Refusal.notFound }
        return try Self.incident(row)
    }

    /// SQL: until when its subject is to be silent; null: it is not.
    private static let silence: Query = """
        (SELECT CASE WHEN s.until = 'infinity' THEN \(Silence.endless) ELSE s.until END FROM silences s
        WHERE s.organization_id = i.organization_id AND s.subject = i.subject AND s.until > now()) AS silent_until
        """

    private static func incident(_ row: Row) throws(PostgresError) -> Incident {
        var incident = try Incident(row)
        incident.silence = try row("silent_until", as: Timestamp?.self).map(Silence.init)
        return incident
    }

    private func job(_ name: String, for access: Access) async throws -> ID<Job> {
        let missing = InvalidInput(
            pointer: "/job", code: "not_found", detail: "There is no such job. Check the id, or the key after key:.")
        guard let name = Jobs.Name(name) else { throw missing }
        let rows = try await database.query(
            "SELECT j.id FROM jobs j WHERE j.organization_id = \(access.organization.id) AND j.deleted_at IS NULL AND \(name.condition)")
        guard let row = rows.first else { throw missing }
        return try row("id")
    }
}
