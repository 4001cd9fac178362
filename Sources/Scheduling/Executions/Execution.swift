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

    /// For who knows nothing of databases.
    public typealias Identifier = ID<Execution>

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

        /// What came, of so many bytes.
        public init(body: [UInt8], size: Int, isTruncated: Bool = false, contentType: String? = nil) {
            (self.body, self.size, self.isTruncated, self.contentType) = (body, size, isTruncated, contentType)
        }
    }

    /// As it stands; what is not said is not known.
    public init(
        id: ID<Execution>, jobID: ID<Job>, jobKey: String? = nil, status: ExecutionStatus, reason: Reason? = nil, trigger: ExecutionTrigger,
        scheduledFor: Timestamp, dueAt: Timestamp? = nil, startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil, attempt: Int = 1,
        statusCode: Int? = nil, durationMs: Int? = nil, latenessMs: Int? = nil, errorMessage: String? = nil, count: Int = 1,
        lastScheduledFor: Timestamp? = nil, repeatOf: ID<Execution>? = nil, response: Response? = nil
    ) {
        (self.id, self.jobID, self.jobKey, self.status, self.reason, self.trigger) = (id, jobID, jobKey, status, reason, trigger)
        (self.scheduledFor, self.dueAt, self.startedAt, self.finishedAt) = (scheduledFor, dueAt, startedAt, finishedAt)
        (self.attempt, self.statusCode, self.durationMs, self.latenessMs) = (attempt, statusCode, durationMs, latenessMs)
        (self.errorMessage, self.count, self.lastScheduledFor) = (errorMessage, count, lastScheduledFor)
        (self.repeatOf, self.response) = (repeatOf, response)
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

    /// As it ended.
    public init(
        number: Int, status: ExecutionStatus, reason: Reason? = nil, errorMessage: String? = nil, startedAt: Timestamp,
        finishedAt: Timestamp, statusCode: Int? = nil, remoteAddress: String? = nil, nodeID: ID<Node>,
        timings: [(phase: String, microseconds: Int64?)], request: JSON? = nil, responseHeaders: JSON? = nil,
        response: Execution.Response? = nil
    ) {
        (self.number, self.status, self.reason, self.errorMessage) = (number, status, reason, errorMessage)
        (self.startedAt, self.finishedAt, self.statusCode) = (startedAt, finishedAt, statusCode)
        (self.remoteAddress, self.nodeID, self.timings) = (remoteAddress, nodeID, timings)
        (self.request, self.responseHeaders, self.response) = (request, responseHeaders, response)
    }
}
