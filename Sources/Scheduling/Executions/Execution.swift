import JSON
import Postgres
import Time

/// Where an execution stands.
public enum ExecutionStatus: String, Sendable, CaseIterable {
    case pending, running, success, failed, timeout, missed, skipped, cancelled
}

/// Why there is an execution.
public enum ExecutionTrigger: String, Sendable, CaseIterable {
    case schedule, manual, api, replay, backfill
}

/// One due occurrence of a job.
public struct Execution: Sendable, Identified {
    public static let prefix = "exe"

    public let id: ID<Execution>
    public let jobID: ID<Job>
    public let jobKey: String?
    public let status: ExecutionStatus
    public let reason: Reason?
    public let trigger: ExecutionTrigger
    public let scheduledFor: Timestamp
    /// When it may begin, or begin again; nil once it has ended.
    public let dueAt: Timestamp?
    public let startedAt: Timestamp?
    public let finishedAt: Timestamp?
    /// The last attempt's number, or the next one's.
    public let attempt: Int
    public let statusCode: Int?
    public let durationMs: Int?
    public let latenessMs: Int?
    public let errorMessage: String?
    /// More than 1: one row for so many occurrences that did not run.
    public let count: Int
    /// The last of these; nil where it is one.
    public let lastScheduledFor: Timestamp?
    /// Which one it runs again.
    public let repeatOf: ID<Execution>?
    public let response: Response?

    /// The last attempt's answer.
    public struct Response: Sendable {
        /// In a list the first 1,024 bytes.
        public let body: [UInt8]
        public let size: Int
        /// Whether `body` is shorter than what came.
        public let isTruncated: Bool
        public let contentType: String?
    }
}

/// One try within an execution.
public struct Attempt: Sendable {
    public let number: Int
    public let status: ExecutionStatus
    public let reason: Reason?
    public let errorMessage: String?
    public let startedAt: Timestamp
    public let finishedAt: Timestamp
    public let statusCode: Int?
    public let remoteAddress: String?
    public let nodeID: ID<Node>
    /// Microseconds by phase: `queue`, `dns`, `connect`, `tls`, `first_byte`, `total`.
    public let timings: [(phase: String, microseconds: Int64?)]
    public let request: JSON?
    public let responseHeaders: JSON?
    public let response: Execution.Response?
}
