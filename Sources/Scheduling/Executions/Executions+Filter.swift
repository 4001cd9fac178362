import JSON
import Postgres
import Tenancy
import Time

extension Executions {
    /// Which executions are asked for; what is nil, or empty, does not count.
    public struct Filter: Sendable, Equatable {
        public var statuses: [ExecutionStatus] = []
        public var reason: Reason?
        public var trigger: ExecutionTrigger?
        /// A job's id, or `key:` and its key.
        public var job: String?
        /// By the time of occurrence: not before, and before.
        public var since: Timestamp?
        public var until: Timestamp?
        /// A tag that the job has now.
        public var tag: String?

        /// Everything.
        public init() {}

        /// Reads what `fields` let through, of a query or of a body.
        public init(_ members: JSONObject) {
            let status = members["status"]
            statuses = (status?.array ?? [status ?? .null]).compactMap { $0.string.flatMap(ExecutionStatus.init) }
            reason = members["reason"]?.string.flatMap(Reason.init)
            trigger = members["trigger"]?.string.flatMap(ExecutionTrigger.init)
            job = members["job"]?.string
            since = members["since"]?.string.flatMap { Timestamp(rfc3339: $0) }
            until = members["until"]?.string.flatMap { Timestamp(rfc3339: $0) }
            tag = members["tag"]?.string
        }

        /// Whether the queue, and history, can have any of these.
        var canWait: Bool { reason == nil && (statuses.isEmpty || statuses.contains { !$0.isFinal }) }
        var canHaveEnded: Bool { statuses.isEmpty || statuses.contains(where: \.isFinal) }
        /// Whether none of these simply succeeded: there are indexes for them.
        var isOfTrouble: Bool { reason != nil || !statuses.isEmpty && !statuses.contains(.success) }
    }
}

extension Executions.Filter {
    private static let ofJob: [Field] = [
        Field("reason", .choice(Reason.allCases.map(\.rawValue)), help: "Why they did not simply succeed."),
        Field("trigger", .choice(ExecutionTrigger.allCases.map(\.rawValue)), help: "Why there are these executions."),
        Field("since", .string(20...40, format: .instant), help: "By scheduled_for: not before."),
        Field("until", .string(20...40, format: .instant), help: "By scheduled_for: before."),
        Field("tag", .string(1...100), help: "Of jobs that have this tag now."),
    ]
    private static let job = Field("job", .string(1...110), help: "Of this job: its id, or key: and its key.")

    /// The parameters of a job's list.
    public static let fieldsOfJob = [Field("status", .choice(ExecutionStatus.allCases.map(\.rawValue)))] + ofJob
    /// Those of the whole organization's list.
    public static let fields = fieldsOfJob + [job]
    /// The same members in a body that says which are to be run again.
    static let fieldsOfReplay =
        [
            Field(
                "status", .list(of: .choice(ExecutionStatus.allCases.filter(\.isFinal).map(\.rawValue)), 1...6),
                default: ["failed", "timeout", "missed"], help: "Of any of these.")
        ] + ofJob + [job]
}

extension ExecutionStatus {
    /// Whether it stays so for ever.
    public var isFinal: Bool { self != .pending && self != .running }
}
