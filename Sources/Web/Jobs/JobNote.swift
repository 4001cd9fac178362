import Scheduling
import Time

/// What is wrong with a job, or why it rests: the line that a row has only then.
struct JobNote: Sendable {
    /// Who has paused it, as far as that is known, and when.
    struct Pause: Sendable { let by: String, at: Timestamp }

    let noteWords: String
    /// The class that it is coloured by.
    let noteTone: String

    init(_ words: String, tone: String = "quiet") { (noteWords, noteTone) = (words, tone) }
}

extension JobNote {
    /// Of a job with its latest executions, newest first.
    static func all(of job: Job, _ recent: [RecentExecution], pausedBy pause: Pause?, now: Timestamp) -> [JobNote] {
        let setAside = job.setAside.map { [JobNote($0, tone: "bad")] } ?? []
        switch job.shownHealth(at: now) {
        case "paused": return setAside + [JobNote(words(of: job, pausedBy: pause, now: now))]
        case "failing": return setAside + (failure(recent).map { [JobNote($0, tone: "bad")] } ?? [])
        case "late": return setAside + (lateness(recent, now: now).map { [JobNote($0, tone: "warn")] } ?? [])
        default: return setAside
        }
    }

    private static func words(of job: Job, pausedBy pause: Pause?, now: Timestamp) -> String {
        if let target = job.pausedByTarget {
            return "Paused by its target \(Moment.words(target.since, now: now)): \(target.reason)"
        }
        var words = "Paused"
        if let pause {
            words += (pause.by.isEmpty ? "" : " by \(pause.by)") + " \(Moment.words(pause.at, now: now))"
        }
        guard job.definition.enabled, let end = job.definition.pausedUntil else { return words }
        return words + ", until \(end.rfc3339Seconds.prefix(16).replacing("T", with: " ")) UTC"
    }

    /// `Started 4 min late`
    private static func lateness(_ recent: [RecentExecution], now: Timestamp) -> String? {
        for execution in recent {
            if execution.status == .missed { return "Missed the run of \(Moment.words(execution.scheduledFor, now: now))" }
            if let late = execution.latenessMs, late >= Bars.Bar.noticeableMs {
                return "Started \(Words.duration(milliseconds: late)) late"
            }
        }
        return nil
    }

    /// `HTTP 504 after 30.0 s · 5 in a row`
    private static func failure(_ recent: [RecentExecution]) -> String? {
        let failed = recent.first { $0.status == .failed || $0.status == .timeout }
        guard let failed else { return nil }
        let row = recent.prefix { $0.status != .success }.count { $0.status == .failed || $0.status == .timeout }
        let isAll = row > 1 && row == recent.count && recent.count >= 24
        return Ending(failed).words + (row > 1 ? " · \(row)\(isAll ? " or more" : "") in a row" : "")
    }
}

/// What came of an execution, in a few words.
struct Ending: Sendable {
    let words: String

    init(_ e: RecentExecution) { self.init(e.status, e.reason, code: e.statusCode, took: e.durationMs, message: e.errorMessage) }

    init(_ e: Execution) { self.init(e.status, e.reason, code: e.statusCode, took: e.durationMs, message: e.errorMessage) }

    /// Empty for what has simply succeeded, or not ended.
    init(_ status: ExecutionStatus, _ reason: Reason?, code: Int?, took: Int?, message: String?) {
        let after = took.map { " after \(Words.duration(milliseconds: $0))" } ?? ""
        switch reason {
        case .httpStatus where code != nil: words = "HTTP \(code ?? 0)\(after)"
        case .deadline: words = "Timed out\(after)"
        case .assertionFailed, .pluginCrashed, .pluginBadOutput, .pluginLimit: words = message ?? reason?.sentence ?? ""
        case let reason?: words = reason.sentence
        case nil: words = ""
        }
    }
}
