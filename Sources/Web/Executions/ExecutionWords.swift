import Scheduling
import Time

extension ExecutionStatus {
    /// The sign that stands beside the word.
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

    /// As pages call it.
    var word: String {
        switch self {
        case .pending: "Pending"
        case .running: "Running"
        case .success: "Success"
        case .failed: "Failed"
        case .timeout: "Timed out"
        case .missed: "Missed"
        case .skipped: "Skipped"
        case .cancelled: "Cancelled"
        }
    }

    var isFailure: Bool { self == .failed || self == .timeout }
}

extension ExecutionTrigger {
    /// As pages call it.
    var word: String {
        switch self {
        case .schedule: "Schedule"
        case .manual: "By hand"
        case .api: "API"
        case .replay: "Run again"
        case .backfill: "Made up"
        }
    }
}

extension Reason {
    /// As a choice among others: `http_status` is "HTTP status".
    var word: String {
        let words = rawValue.split(separator: "_").map { ["http", "dns", "tls"].contains($0) ? $0.uppercased() : String($0) }
        return words.joined(separator: " ").capitalizedFirst
    }
}

extension Execution {
    /// What came of it that is no plain success, in a sentence; empty where nothing is to be said.
    var sentence: String {
        guard count == 1 else {
            let last = lastScheduledFor.map { " to \($0.words)" } ?? ""
            return "\(Words.grouped(count)) occurrences from \(scheduledFor.words)\(last) did not run. \(reason?.sentence ?? "")"
        }
        guard let reason else { return "" }
        return errorMessage ?? reason.sentence
    }
}

extension Refusal {
    /// What cannot be done to an execution as it stands, for whoever pressed the button; nil: there is nothing there.
    var words: String? {
        switch self {
        case .limitReached(_, let sentence): sentence
        case .conflict("already_ended", _): "It had ended already, so nothing was changed."
        case .conflict("not_ended", _): "It has not ended yet. Wait for its end, or cancel it first."
        case .conflict("already_begun", _): "It has begun, so it keeps its time."
        case .conflict("keeps_its_time", _): "It belongs to its job's schedule. Change the schedule, or cancel it and run the job later."
        case .conflict("job_deleted", _): "Its job is deleted, so it cannot be run again. Restore the job first."
        case .conflict(_, let sentence): sentence
        default: nil
        }
    }
}

extension Timestamp {
    /// As an input of a date and a time shows it: `2026-11-30T08:05`, UTC.
    var inputText: String { String(rfc3339.prefix(16)) }

    /// To the millisecond, for people: `2026-11-30 08:05:00.003 UTC`.
    var exactWords: String { rfc3339.prefix(23).replacing("T", with: " ") + " UTC" }

    /// Reads what an input of a date and a time sends (HTML, "local date and time"), as UTC; and RFC 3339. Nil for anything else.
    init?(input text: String) {
        switch text.utf8.count {
        case 16: self.init(rfc3339: text + ":00Z")
        case 19...23 where !text.hasSuffix("Z"): self.init(rfc3339: text + "Z")
        default: self.init(rfc3339: text)
        }
    }
}
