import JSON
import Scheduling

/// What the list of jobs shows, as its address says it: filters, order and place.
struct JobsQuery: Sendable, Equatable {
    var health = ""
    var tag = ""
    var search = ""
    /// A `Jobs.Order`; empty: what is wrong first, then the newest.
    var sort = ""
    var cursor = ""
    /// The ids of those that stood before the others on the first page, whatever their place: a page behind it does not show them again.
    var shown: [String] = []
    /// Those that were deleted, instead.
    var deleted = false

    static let fields: [Field] =
        Jobs.Filter.fields.filter { ["health", "tag", "search"].contains($0.name) } + [
            Field("sort", .choice(Jobs.Order.allCases.map(\.rawValue))), Field("cursor", .string(1...2_000)),
            Field("shown", .string(1...1_000)), Field("deleted", .boolean),
        ]

    /// Everything, from the beginning.
    init() {}

    /// Reads what `fields` let through.
    init(_ query: JSONObject) {
        func text(_ name: String) -> String { query[name]?.string ?? "" }
        (health, tag, search, sort, cursor) = (text("health"), text("tag"), text("search"), text("sort"), text("cursor"))
        shown = text("shown").split(separator: ",").map(String.init)
        deleted = query["deleted"]?.bool ?? false
    }

    /// The address of that list in an organization.
    func path(in slug: String) -> String {
        Paths.query(
            Paths.filled(Paths.jobs, slug),
            [
                ("health", health), ("tag", tag), ("search", search), ("sort", sort), ("cursor", cursor),
                ("shown", shown.joined(separator: ",")), ("deleted", deleted ? "true" : nil),
            ])
    }

    /// The same with something else, from its beginning.
    func with<Value>(_ member: WritableKeyPath<JobsQuery, Value>, _ value: Value) -> JobsQuery {
        var query = self
        (query.cursor, query.shown) = ("", [])
        query[keyPath: member] = value
        return query
    }

    /// The page behind a position; `first` were shown before their place.
    func behind(_ position: Jobs.Position, _ first: [Job]) -> JobsQuery {
        var query = self
        query.cursor = position.cursor
        query.shown += first.map(\.id.text)
        return query
    }

    var filter: Jobs.Filter {
        Jobs.Filter(health: health.isEmpty ? nil : health, tag: tag.isEmpty ? nil : tag, search: search.isEmpty ? nil : search)
    }

    var order: Jobs.Order { Jobs.Order(rawValue: sort) ?? .newestFirst }

    /// Nil: from the beginning, and for what is no place of this order.
    var position: Jobs.Position? { cursor.isEmpty ? nil : Jobs.Position(cursor, in: order) }

    /// Whether all jobs are listed, from the beginning, in the usual order.
    var isPlain: Bool { self == JobsQuery() }
}
