import JSON
import Scheduling
import Time

/// What the list of executions is narrowed to, as its address says it. Everything that links to the list makes one of these.
struct ExecutionFilter: Sendable {
    /// Several are written with commas between them: `failed,timeout`.
    var statuses: [ExecutionStatus] = []
    var reason: Reason?
    var trigger: ExecutionTrigger?
    /// A job's id, or `key:` and its key.
    var job: String?
    var tag: String?
    var range: TimeRange?
    var since: Timestamp?
    var until: Timestamp?

    /// A time range that moves with the clock. `since` and `until` go before it.
    enum TimeRange: String, Sendable, CaseIterable {
        case hour, today, week

        var word: String {
            switch self {
            case .hour: "Last hour"
            case .today: "Today (UTC)"
            case .week: "Last 7 days"
            }
        }

        func begin(_ now: Timestamp) -> Timestamp {
            switch self {
            case .hour: now.adding(.seconds(-3_600))
            case .today: Timestamp(seconds: now.seconds - now.seconds % 86_400)
            case .week: now.adding(.seconds(-7 * 86_400))
            }
        }
    }

    /// Statuses that are looked for together, each with its name.
    static let groups: [(label: String, statuses: [ExecutionStatus])] = [
        ("All", []), ("Not ended", [.pending, .running]), ("Succeeded", [.success]), ("Failed", [.failed, .timeout]),
        ("Did not run", [.missed, .skipped, .cancelled]),
    ]

    static let fields = [
        Field("status", .string(1...100, format: .statuses)),
        Field("reason", .choice(Reason.allCases.map(\.rawValue))),
        Field("trigger", .choice(ExecutionTrigger.allCases.map(\.rawValue))),
        Field("job", .string(1...110)), Field("tag", .string(1...100)),
        Field("range", .choice(TimeRange.allCases.map(\.rawValue))),
        Field("since", .string(1...40, format: .inputTime), label: "Since"),
        Field("until", .string(1...40, format: .inputTime), label: "Until"),
    ]

    init() {}

    /// Reads what `fields` let through.
    init(_ query: JSONObject) {
        statuses = Self.statuses(query["status"]?.string ?? "") ?? []
        reason = query["reason"]?.string.flatMap(Reason.init)
        trigger = query["trigger"]?.string.flatMap(ExecutionTrigger.init)
        // Whoever types a key need not know how the API tells it from an id.
        job = query["job"]?.string.map { Jobs.Name($0) == nil ? "key:\($0)" : $0 }
        tag = query["tag"]?.string
        range = query["range"]?.string.flatMap(TimeRange.init)
        since = query["since"]?.string.flatMap(Timestamp.init(input:))
        until = query["until"]?.string.flatMap(Timestamp.init(input:))
        if since != nil || until != nil { range = nil }
    }

    /// The same for the door.
    func filter(now: Timestamp) -> Executions.Filter {
        var filter = Executions.Filter()
        (filter.statuses, filter.reason, filter.trigger, filter.job, filter.tag) = (statuses, reason, trigger, job, tag)
        (filter.since, filter.until) = (since ?? range?.begin(now), until)
        return filter
    }

    /// As it stands in an address; what does not count is empty.
    var parameters: [(String, String?)] {
        [
            ("status", statuses.map(\.rawValue).joined(separator: ",")), ("reason", reason?.rawValue), ("trigger", trigger?.rawValue),
            ("job", job), ("tag", tag), ("range", range?.rawValue), ("since", since?.rfc3339Seconds), ("until", until?.rfc3339Seconds),
        ]
    }

    var isEmpty: Bool { parameters.allSatisfy { $0.1?.isEmpty ?? true } }

    /// The same for these statuses.
    func with(_ statuses: [ExecutionStatus]) -> ExecutionFilter {
        var filter = self
        filter.statuses = statuses
        return filter
    }

    /// Nil: one of them is none.
    static func statuses(_ text: String) -> [ExecutionStatus]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let statuses = parts.compactMap { ExecutionStatus(rawValue: String($0)) }
        return statuses.count == parts.count ? statuses : nil
    }
}

extension TextFormat {
    fileprivate static let statuses = TextFormat(hint: "Use one of the statuses, or several with commas between them.") {
        ExecutionFilter.statuses($0) != nil
    }

    /// What an input of a date and a time sends.
    static let inputTime = TextFormat(hint: "Write a date and a time, as in 2026-11-30T08:00 (UTC).") { Timestamp(input: $0) != nil }
}
