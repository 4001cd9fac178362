import JSON

/// The numbers granted to one organization. Billing writes them, everybody else reads them; the hot path never asks
/// billing. Nil is "unlimited".
public struct Entitlements: Sendable, Equatable {
    /// The word of the plan that they came from: `free`, `pro`, `business`.
    public let plan: String
    public let jobs: Int?
    /// A calendar month (UTC); retries and skipped ticks are not counted.
    public let executionsPerMonth: Int?
    public let shortestIntervalSeconds: Int
    /// How long history is kept: 7, 30 or 90 days.
    public let keepDays: Int
    /// Pending invites count.
    public let members: Int?
    /// Executions at one time.
    public let concurrency: Int
    /// The longest a whole request may take.
    public let timeoutSeconds: Int
    /// The kinds of job it may use; nil: all that the operator enabled.
    public let plugins: [String]?

    public init(
        plan: String, jobs: Int?, executionsPerMonth: Int?, shortestIntervalSeconds: Int, keepDays: Int, members: Int?, concurrency: Int,
        timeoutSeconds: Int, plugins: [String]?
    ) {
        self.plan = plan
        self.jobs = jobs
        self.executionsPerMonth = executionsPerMonth
        self.shortestIntervalSeconds = shortestIntervalSeconds
        self.keepDays = keepDays
        self.members = members
        self.concurrency = concurrency
        self.timeoutSeconds = timeoutSeconds
        self.plugins = plugins
    }
}

extension Entitlements {
    /// As the API tells it; null is "unlimited".
    var json: JSON {
        func number(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
        return [
            "jobs": number(jobs), "executions_per_month": number(executionsPerMonth),
            "shortest_interval_s": number(shortestIntervalSeconds),
            "keep_days": number(keepDays), "members": number(members), "concurrency": number(concurrency),
            "timeout_s": number(timeoutSeconds), "plugins": plugins.map { .array($0.map(JSON.string)) } ?? .null,
        ]
    }

    static let shape = Shape.object([
        Field("jobs", .integer(), nullable: true, example: 200),
        Field("executions_per_month", .integer(), nullable: true, example: 100_000),
        Field("shortest_interval_s", .integer(), example: 1), Field("keep_days", .integer(), example: 30),
        Field("members", .integer(), nullable: true, example: 10), Field("concurrency", .integer(), example: 20),
        Field("timeout_s", .integer(), example: 900), Field("plugins", .list(of: .string()), nullable: true),
    ]).complete.named("Entitlements")
}
