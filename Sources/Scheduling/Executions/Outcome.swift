import JSON
import Time

/// Why an execution, or one attempt of it, did not simply succeed: a closed list, each with its sentence for people.
public enum Reason: String, Sendable, CaseIterable {
    case httpStatus = "http_status"
    case connectFailed = "connect_failed"
    case dnsFailed = "dns_failed"
    case tlsFailed = "tls_failed"
    case badResponse = "bad_response"
    case blockedAddress = "blocked_address"
    case deadline
    case assertionFailed = "assertion_failed"
    case overlap
    case startDeadline = "start_deadline"
    case limitReached = "limit_reached"
    case paused
    case deleted
    case breakerOpen = "breaker_open"
    case leaseLost = "lease_lost"
    case pluginCrashed = "plugin_crashed"
    case pluginBadOutput = "plugin_bad_output"
    case pluginLimit = "plugin_limit"
    case pluginMissing = "plugin_missing"
    case noPing = "no_ping"
    case pingFailed = "ping_failed"
    case cancelledByUser = "cancelled_by_user"
    case stoppedByTarget = "stopped_by_target"

    /// One sentence: what happened.
    public var sentence: String {
        switch self {
        case .httpStatus: "The target answered with a status that does not count as success."
        case .connectFailed: "No connection to the target could be made."
        case .dnsFailed: "The target's name could not be resolved."
        case .tlsFailed: "The TLS handshake with the target failed."
        case .badResponse: "The target's answer was not valid HTTP, or broke off."
        case .blockedAddress: "This address is not allowed."
        case .deadline: "The target did not answer within the job's timeout."
        case .assertionFailed: "The answer did not meet the job's rules of success."
        case .overlap: "An earlier execution of the job was still running."
        case .startDeadline: "It could not be started within the job's start deadline."
        case .limitReached: "The plan's executions for this month were used up."
        case .paused: "The job was paused."
        case .deleted: "The job was deleted."
        case .breakerOpen: "The target's host was failing, so it was left alone."
        case .leaseLost: "The machine that was running it stopped."
        case .pluginCrashed: "The plugin crashed."
        case .pluginBadOutput: "The plugin gave an answer that is not in its protocol."
        case .pluginLimit: "The plugin went over one of its limits."
        case .pluginMissing: "The plugin is not installed on this server."
        case .noPing: "No ping came within the grace period."
        case .pingFailed: "The ping reported a failure."
        case .cancelledByUser: "It was cancelled."
        case .stoppedByTarget: "The target asked not to be called again."
        }
    }

    /// Whether trying again can help (`http_status` depends on the status: `Outcome.isWorthRetrying`).
    var isPassing: Bool {
        switch self {
        case .connectFailed, .dnsFailed, .tlsFailed, .badResponse, .deadline, .assertionFailed: true
        default: false
        }
    }
}

/// What one attempt came to. Failing is a value here; an error thrown is a bug or an outage.
public struct Outcome: Sendable {
    /// Nil: success.
    public var reason: Reason?
    /// One sentence for people about this very failure; nil: the reason's own.
    public var message: String?
    public var statusCode: Int?
    public var record: CallRecord
    /// What the target asked for beside.
    public var steering = Steering()

    /// What an attempt came to; without a reason, a success.
    public init(reason: Reason?, message: String? = nil, statusCode: Int? = nil, record: CallRecord = CallRecord()) {
        self.reason = reason
        self.message = message
        self.statusCode = statusCode
        self.record = record
    }

    /// `success`, `failed`, or `timeout`, which always has the reason `deadline`.
    var status: ExecutionStatus {
        switch reason {
        case nil: .success
        case .deadline: .timeout
        default: .failed
        }
    }

    /// Unless the target forbids it: on a failed connection, name, handshake or answer, a deadline, a failed assertion, 408, 425, 429 and 5xx.
    var isWorthRetrying: Bool {
        guard let reason, !steering.endsRetries else { return false }
        guard reason == .httpStatus, let statusCode else { return reason.isPassing }
        return [408, 425, 429].contains(statusCode) || statusCode >= 500
    }
}

/// The request as it was sent, the answer as it came, and how long each phase took.
public struct CallRecord: Sendable {
    /// `{"method","url","headers":[[name, value]],"body"}`, secrets masked; nil: nothing was sent.
    public var request: JSON?
    public var responseHeaders: JSON?
    /// The first 256 KiB, byte for byte; nil: there was no answer.
    public var responseBody: [UInt8]?
    /// How long the answer's body was, as far as it was read.
    public var responseSize: Int?
    public var isTruncated = false
    public var remoteAddress: String?
    /// Microseconds of each phase; nil where there was none.
    public var resolve: Int64?
    public var connect: Int64?
    public var tls: Int64?
    public var firstByte: Int64?

    /// Of a call that was not made.
    public init() {}
}
