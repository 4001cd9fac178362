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
    /// Those that were deleted, instead.
    var deleted = false

    static let fields: [Field] =
        Jobs.Filter.fields.filter { ["health", "tag", "search"].contains($0.name) } + [
            Field("sort", .choice(Jobs.Order.allCases.map(\.rawValue))), Field("cursor", .string(1...2_000)), Field("deleted", .boolean),
        ]

    /// Everything, from the beginning.
    init() {}

    /// Reads what `fields` let through.
    init(_ query: JSONObject) {
        func text(_ name: String) -> String { query[name]?.string ?? "" }
        (health, tag, search, sort, cursor) = (text("health"), text("tag"), text("search"), text("sort"), text("cursor"))
        deleted = query["deleted"]?.bool ?? false
    }

    /// The address of that list in an organization.
    func path(in slug: String) -> String {
        Paths.query(
            Paths.filled(Paths.jobs, slug),
            [
                ("health", health), ("tag", tag), ("search", search), ("sort", sort), ("cursor", cursor),
                ("deleted", deleted ? "true" : nil),
            ])
    }

    /// The same with something else, from its beginning.
    func with<Value>(_ member: WritableKeyPath<JobsQuery, Value>, _ value: Value) -> JobsQuery {
        var query = self
        query.cursor = ""
        query[keyPath: member] = value
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
