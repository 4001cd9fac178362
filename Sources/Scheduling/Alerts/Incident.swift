import Postgres
import Time

/// A stored time of failing: of one job, or of a host that several jobs call. Opened and closed once, in the transactions that record
/// what caused it; telling people is separate (`Delivery`).
public struct Incident: Sendable, Identified {
    public static let prefix = "inc"

    /// For who knows nothing of databases.
    public typealias Identifier = ID<Incident>

    /// What went wrong.
    public enum Kind: String, Sendable, CaseIterable {
        /// The job's executions end in failure, so many in a row as its alerts say.
        case failing
        /// Occurrences were not run in time.
        case missed
        /// A host fails: its circuit breaker has opened, and the jobs that call it are held.
        case breaker
        /// The job's target asked not to be called again.
        case stopped
        /// The job's next run cannot be computed.
        case setAside = "set_aside"

        /// Whether its end is told: only what was broken gets well.
        public var recovers: Bool { self == .failing || self == .breaker }
    }

    public let id: ID<Incident>
    public let kind: Kind
    /// Nil: of a host.
    public let jobID: ID<Job>?
    /// As host:port; nil where the job calls none, or the host has no part in it.
    public let host: String?
    /// What it is about, and what silences name: `job_…`, or `host:…`, whose incidents are told as one.
    public let subject: String
    public let reason: Reason?
    /// One sentence about the failure that opened it.
    public let detail: String?
    /// The execution that opened it.
    public let executionID: ID<Execution>?
    /// Failures, or missed occurrences, so far.
    public let count: Int
    public let openedAt: Timestamp
    public let closedAt: Timestamp?
    public let closingExecutionID: ID<Execution>?
    /// Why it closed without a success; nil: by one, or not yet.
    public let closedReason: String?
    /// What keeps people from being told of it now; nil: nothing, or the door was not asked.
    public internal(set) var silence: Silence?
}

extension Incident {
    /// SQL: what `init(_:)` reads.
    static let columns: Query = """
        id, kind, job_id, host, subject, reason, detail, execution_id, count, opened_at, closed_at, closing_execution_id, closed_reason
        """

    init(_ row: Row) throws(PostgresError) {
        id = try row("id")
        kind = Kind(rawValue: try row("kind")) ?? .failing
        jobID = try row("job_id")
        host = try row("host")
        subject = try row("subject")
        reason = try row("reason", as: String?.self).flatMap(Reason.init(rawValue:))
        detail = try row("detail")
        executionID = try row("execution_id")
        count = Int(try row("count", as: Int32.self))
        openedAt = try row("opened_at")
        closedAt = try row("closed_at")
        closingExecutionID = try row("closing_execution_id")
        closedReason = try row("closed_reason")
    }
}
