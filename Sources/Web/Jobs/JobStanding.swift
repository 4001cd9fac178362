import Scheduling
import Time

/// How a job stands, as the list and its own page show it: shape and word.
struct JobStanding: Sendable {
    let mark: Mark
    let word: String
    /// Only then the word has a colour too.
    let isFailing: Bool

    /// `health` is the job's; `isRunning`: one of its executions runs now.
    init(_ health: String, isRunning: Bool) {
        isFailing = health == "failing"
        switch health {
        case "failing": (mark, word) = (.bad, "Failing")
        case "paused": (mark, word) = (.still, "Paused")
        case _ where isRunning: (mark, word) = (.running, "Running")
        case "late": (mark, word) = (.late, "Late")
        default: (mark, word) = (.good, "Healthy")
        }
    }
}

extension Bars.Bar {
    /// So late it is said: as late as makes a job late.
    static let noticeableMs = Int(Lateness.tolerance / .milliseconds(1))

    init(_ execution: RecentExecution) {
        switch execution.status {
        case .success: self = (execution.latenessMs ?? 0) >= Self.noticeableMs ? .late : .good
        case .failed, .timeout: self = .bad
        case .missed, .skipped, .cancelled, .pending, .running: self = .still
        }
    }
}
