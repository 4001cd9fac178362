import Scheduling
import Time

/// How a job stands, as a sign and a word.
struct JobState: Sendable {
    let mark: Mark
    let word: String
    /// The word has a colour too.
    let isBad: Bool

    init(_ job: Job, isRunning: Bool, now: Timestamp) {
        let health = job.health(now: now)
        (mark, word) =
            switch (health, isRunning) {
            case ("paused", _): (.still, "Paused")
            case ("failing", _): (.bad, "Failing")
            case (_, true): (.running, "Running")
            case ("late", _): (.late, "Late")
            default: (.good, "Healthy")
            }
        isBad = word == "Failing"
    }
}

extension JobCounts {
    /// `1 failing, 1 late.` or `All 12 jobs are healthy.`
    var sentence: String {
        if all == 0 { return "No jobs yet." }
        let parts = [(failing, "failing"), (late, "late")].filter { $0.0 > 0 }.map { "\(Words.count($0.0)) \($0.1)" }
        if !parts.isEmpty { return parts.joined(separator: ", ") + "." }
        let still = paused > 0 ? ", \(Words.count(paused)) paused" : ""
        return "\(Words.count(healthy, "job")) healthy\(still)."
    }
}

extension Job {
    /// Why it is failing or late, by its last execution; nil: it is not.
    func trouble(_ last: RecentExecution?) -> String? {
        guard let last else { return nil }
        switch last.status {
        case .failed, .timeout:
            let took = last.durationMs.map { " after \(Words.duration(milliseconds: $0))" } ?? ""
            let row = consecutiveFailures > 1 ? " · \(Words.count(consecutiveFailures)) in a row" : ""
            return last.what + took + row
        case .missed: return "Missed its last occurrence"
        case .success where (last.latenessMs ?? 0) > 60_000:
            return "Started \(Words.duration(milliseconds: last.latenessMs ?? 0)) late"
        default: return nil
        }
    }
}

extension RecentExecution {
    /// `HTTP 504`, `Timed out`, `Connect failed`
    var what: String { Execution.what(status, reason, statusCode) }

    var bar: Bars.Bar {
        switch status {
        case .success: (latenessMs ?? 0) > 60_000 ? .late : .good
        case .failed, .timeout: .bad
        case .missed: .late
        default: .still
        }
    }
}

extension Bars {
    /// Of executions, newest first.
    init(_ recent: [RecentExecution]) { self.init(recent.reversed().map(\.bar)) }
}

extension Execution {
    /// What went wrong, in a few words; empty: nothing did.
    var shortReason: String { reason == nil ? "" : Self.what(status, reason, statusCode) }

    fileprivate static func what(_ status: ExecutionStatus, _ reason: Reason?, _ code: Int?) -> String {
        if reason == .httpStatus, let code { return "HTTP \(code)" }
        if status == .timeout { return "Timed out" }
        return (reason?.rawValue ?? status.rawValue).replacing("_", with: " ").capitalizedFirst
    }
}

extension ExecutionStatus {
    var mark: Mark {
        switch self {
        case .success: .good
        case .failed, .timeout: .bad
        case .missed: .late
        case .running: .running
        case .pending: .waiting
        case .skipped, .cancelled: .still
        }
    }

    /// The word beside the mark.
    var word: String { rawValue.capitalizedFirst }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
