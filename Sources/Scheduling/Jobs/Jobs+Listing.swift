import Foundation
import JSON
import Postgres
import Secrets
import Tenancy
import Time

/// The organization's jobs as a list, from behind a position.
extension Jobs {
    /// Which jobs are listed.
    public struct Filter: Sendable {
        /// As a job's JSON has it: `healthy`, `late`, `failing`, `paused`.
        public var health: String?
        public var tag: String?
        public var plugin: String?
        public var enabled: Bool?
        /// Stands in the name, the key, the URL or a tag, in whatever case.
        public var search: String?
        /// Those that can be restored, instead of those that are there.
        public var deleted: Bool

        public init(
            health: String? = nil, tag: String? = nil, plugin: String? = nil, enabled: Bool? = nil, search: String? = nil,
            deleted: Bool = false
        ) {
            (self.health, self.tag, self.plugin, self.enabled, self.search) = (health, tag, plugin, enabled, search)
            self.deleted = deleted
        }
    }

    /// In which order. What has no next run comes last either way.
    public enum Order: String, Sendable, CaseIterable {
        case newestFirst = "-created_at"
        case oldestFirst = "created_at"
        case name
        case nameBackwards = "-name"
        case nextRun = "next_run_at"
        case nextRunBackwards = "-next_run_at"
        case changedLast = "-updated_at"
        case changedFirst = "updated_at"
    }

    /// Where a page of a list ends.
    public struct Position: Sendable, Equatable {
        fileprivate let order: Order
        /// What the last job is ordered by; nil: nothing, or its id alone.
        fileprivate let value: String?
        fileprivate let id: ID<Job>

        /// Behind this job, newest first.
        public init(_ job: Job) { (order, value, id) = (.newestFirst, nil, job.id) }

        fileprivate init(_ order: Order, _ value: String?, _ id: ID<Job>) { (self.order, self.value, self.id) = (order, value, id) }

        /// Reads what `cursor` writes in the same order; nil for anything else.
        public init?(_ cursor: String, in order: Order = .newestFirst) {
            let parts = cursor.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard let id = ID<Job>(parts[0]) else { return nil }
            if order.column == nil {
                guard parts.count == 1 else { return nil }
                self.init(order, nil, id)
                return
            }
            guard (2...3).contains(parts.count), parts[1] == order.word else { return nil }
            let value = parts.count == 3 ? Hex.decode(parts[2]).flatMap { String(validating: $0, as: UTF8.self) } : nil
            guard value != nil || parts.count == 2, value?.contains("\0") != true, order.mayBe(value) else { return nil }
            self.init(order, value, id)
        }

        /// The position as a text without meaning to others.
        public var cursor: String {
            guard order.column != nil else { return id.text }
            return ([id.text, order.word] + (value.map { [Hex.encode(Array($0.utf8))] } ?? [])).joined(separator: ".")
        }
    }

    /// One job of a list, and the position behind it.
    public struct Listed: Sendable {
        public let job: Job
        public let position: Position
    }

    /// The organization's jobs, newest first, from behind a position.
    public func page(after position: Position?, limit: Int, for access: Access) async throws -> [Job] {
        try await list(in: .newestFirst, after: position, limit: limit, for: access).map(\.job)
    }

    /// Those that the filter lets through, in an order, from behind a position in the same order.
    public func list(
        _ filter: Filter = Filter(), in order: Order, after position: Position?, limit: Int, for access: Access
    ) async throws -> [Listed] {
        var jobs: [Listed] = []
        for part in order.parts(after: position) where jobs.count < limit {
            let query = listing(filter, in: order, part, after: position, limit: limit - jobs.count, for: access)
            // One may have gone from the first part to the second meanwhile.
            let known = Set(jobs.map(\.job.id))
            jobs += try await database.query(query).map { row in
                let job = try Job(row, plugins)
                return Listed(job: job, position: Position(order, try row("sort_value", as: String?.self), job.id))
            }.filter { !known.contains($0.job.id) }
        }
        return jobs
    }

    func listing(
        _ filter: Filter, in order: Order, _ part: Order.Part = .all, after position: Position?, limit: Int, for access: Access
    ) -> Query {
        let value: Query = order.column ?? "NULL::text"
        // Of ten thousand jobs the states are read only where they count.
        let needsStates = order.isOfState || filter.health != nil
        // Only behind a place of its own part.
        let behind = position.flatMap { part == .withoutValue && $0.value != nil ? nil : order.behind($0) } ?? ""
        // The rows are wide, and most are only looked at: which ones and in which order comes first. The limit stands in the text: a plan
        // that does not know it expects a tenth of all jobs, and sorts them.
        return """
            WITH listed AS MATERIALIZED (
                SELECT j.id, \(value) AS sort_value FROM \(needsStates ? Self.tables : "jobs j")
                WHERE j.organization_id = \(access.organization.id) \(condition(filter)) \(order.condition(of: part))
                    \(behind) ORDER BY \(order.clause(by: order.column, of: part)) LIMIT \(unsafe: String(limit))
            )
            SELECT \(Self.columns), \(order.text(of: "l.sort_value")) AS sort_value FROM listed l
                JOIN jobs j ON j.organization_id = \(access.organization.id) AND j.id = l.id
                JOIN job_states s ON s.organization_id = j.organization_id AND s.job_id = j.id
            ORDER BY \(order.clause(by: order.column == nil ? nil : "l.sort_value", of: part))
            """
    }

    /// These of an organization, deleted ones too.
    func all(_ ids: [ID<Job>], of organization: ID<Organization>) async throws -> [Job] {
        try await database.query(
            "SELECT \(Self.columns) FROM \(Self.tables) WHERE j.organization_id = \(organization) AND j.id = ANY (\(ids)) ORDER BY j.updated_at"
        ).map { try Job($0, plugins) }
    }

    private func condition(_ filter: Filter) -> Query {
        let since = engine.clock.now().adding(.zero - Self.regret)
        var conditions: [Query] = [filter.deleted ? "j.deleted_at > \(since)" : "j.deleted_at IS NULL"]
        let isPaused = Self.isPaused(at: engine.clock.now())
        // In the text, so that a plan knows how many there are; few jobs are ill, and an index knows them.
        switch filter.health {
        case "paused": conditions.append("\(isPaused)")
        case "healthy": conditions.append("s.health = 'healthy' AND NOT (\(isPaused))")
        case "failing": conditions.append("s.health = 'failing' AND s.health <> 'healthy' AND NOT (\(isPaused))")
        case "late": conditions.append("s.health = 'late' AND s.health <> 'healthy' AND NOT (\(isPaused))")
        case _?: conditions.append("false")
        case nil: break
        }
        if let tag = filter.tag { conditions.append("\(tag) = ANY (j.tags)") }
        if let plugin = filter.plugin { conditions.append("j.plugin = \(plugin)") }
        if let enabled = filter.enabled { conditions.append("j.enabled = \(enabled)") }
        // A text to be found, and no pattern: none of its characters means anything.
        if let search = filter.search, !search.isEmpty { conditions.append("strpos(j.search_text, lower(\(search))) > 0") }
        return conditions.reduce("") { $0 + " AND " + $1 }
    }
}

extension Jobs.Order {
    fileprivate var isBackwards: Bool { rawValue.hasPrefix("-") }
    /// Within a cursor.
    fileprivate var word: String { rawValue.replacing("-", with: "~") }

    /// What a list goes by, of `Jobs.tables`; nil: by ids, which go by the time of creation.
    fileprivate var column: Query? {
        switch self {
        case .newestFirst, .oldestFirst: nil
        // The same everywhere, whatever the database's own order is.
        case .name, .nameBackwards: "lower(j.name) COLLATE \"C\""
        case .nextRun, .nextRunBackwards: "s.next_run_at"
        case .changedLast, .changedFirst: "j.updated_at"
        }
    }

    fileprivate var direction: Query { isBackwards ? "DESC" : "ASC" }

    /// What a list is read in, one after the other. So each is read in the order of an index, however many jobs there are.
    enum Part { case all, withValue, withoutValue }

    fileprivate func parts(after position: Jobs.Position?) -> [Part] {
        if !isOfState { return [.all] }
        return position.map { $0.value == nil } ?? false ? [.withoutValue] : [.withValue, .withoutValue]
    }

    fileprivate func condition(of part: Part) -> Query {
        switch part {
        case .all: ""
        case .withValue: "AND s.next_run_at IS NOT NULL"
        case .withoutValue: "AND s.next_run_at IS NULL"
        }
    }

    fileprivate func clause(by value: Query?, of part: Part) -> Query {
        let first: Query = value.map { part == .withoutValue ? "" : "\($0) \(direction), " } ?? ""
        return first + "j.id \(direction)"
    }

    /// Not of the definition; and may be null.
    fileprivate var isOfState: Bool { [.nextRun, .nextRunBackwards].contains(self) }

    private var isTime: Bool { ![.name, .nameBackwards].contains(self) }

    /// As it goes into a cursor: a time in microseconds.
    fileprivate func text(of column: Query) -> Query {
        guard self.column != nil else { return "NULL::text" }
        return isTime ? "(extract(epoch FROM \(column)) * 1000000)::bigint::text" : column
    }

    fileprivate func mayBe(_ value: String?) -> Bool {
        guard let value else { return isOfState }
        // Up to the year 9999.
        return !isTime || Int64(value).map { (0...253_402_300_799_999_999).contains($0) } ?? false
    }

    /// SQL: what comes later in this order.
    fileprivate func behind(_ position: Jobs.Position) -> Query {
        let (id, than) = (position.id, isBackwards ? "<" : ">" as Query)
        guard let column else { return "AND j.id \(than) \(id)" }
        guard let value = position.value else { return "AND j.id \(than) \(id)" }
        let mark: Query = isTime ? "\(Timestamp(microseconds: Int64(value) ?? 0))" : "\(value)"
        return "AND (\(column), j.id) \(than) (\(mark), \(id))"
    }
}
