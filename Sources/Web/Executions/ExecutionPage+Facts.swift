import JSON
import Scheduling
import Time

extension ExecutionPage.Subject {
    /// What happened, in a sentence.
    func outcome(now: Timestamp) -> String {
        let took = execution.durationMs.map { Words.duration(milliseconds: $0) }
        switch execution.status {
        case .pending: return waiting(now: now)
        case .running:
            return execution.startedAt.map { "Running for \(Words.span(seconds: $0.seconds(until: now)))." } ?? "It begins at this moment."
        case .success:
            let code = execution.statusCode.map { " with \($0)" } ?? ""
            return "Succeeded\(code)" + (took.map { ", after \($0)." } ?? ".")
        case .timeout: return "Timed out" + (took.map { " after \($0)." } ?? ".")
        default: return execution.sentence
        }
    }

    private func waiting(now: Timestamp) -> String {
        let due = execution.dueAt ?? execution.scheduledFor
        let last = attempts.last.map { " Attempt \($0.number) came to this: \($0.sentence)" } ?? ""
        let what = execution.attempt > 1 ? "Attempt \(execution.attempt)" : "It"
        guard due <= now else { return "\(what) is due \(Moment.words(due, now: now)).\(last)" }
        return "\(what) is due and waits for its turn: behind an earlier execution of its job, or for a free place.\(last)"
    }
}

extension Attempt {
    /// What came of it.
    var sentence: String { errorMessage ?? reason?.sentence ?? "It succeeded." }
}

extension ExecutionPage {
    static func facts(_ subject: Subject, _ frame: Frame) -> [Fact] {
        let execution = subject.execution
        func fact(_ label: String, _ time: Timestamp?) -> Fact? {
            time.map { time in Fact(label, at: [Moment(time, now: frame.now)], ", " + time.exactWords) }
        }
        func fact(_ label: String, milliseconds: Int?) -> Fact? { milliseconds.map { Fact(label, Words.duration(milliseconds: $0)) } }
        let isPutOff = execution.status == .pending && execution.dueAt != execution.scheduledFor
        let reason = subject.around.override?["reason"]?.string.map { " “\($0.cut(300))”" } ?? ""
        let trigger = execution.trigger.word + (subject.askedBy.map { ", by \($0)" } ?? "") + (reason.isEmpty ? "" : ":\(reason)")
        let repeated = execution.repeatOf.map { [Link(linkText: $0.text, linkPath: frame.path(Paths.execution, $0))] }
        let all: [Fact?] = [
            fact(execution.count > 1 ? "First due" : "Due", execution.scheduledFor),
            fact("Last due", execution.lastScheduledFor),
            isPutOff ? fact(execution.attempt > 1 ? "Next attempt" : "Put off to", execution.dueAt) : nil,
            fact(execution.attempt > 1 ? "Last attempt" : "Started", execution.startedAt),
            fact("Lateness", milliseconds: execution.latenessMs),
            fact("Duration", milliseconds: execution.durationMs), fact("Ended", execution.startedAt == nil ? execution.finishedAt : nil),
            Fact("Trigger", trigger), repeated.map { Fact("Repeats", "", $0) }, subject.cancelledBy.map { Fact("Cancelled by", $0) },
            Fact("Id", execution.id.text),
        ]
        return all.compactMap(\.self)
    }

    /// A row takes some room by itself.
    private static let bytesOfRow = 1_050

    static func rows(_ subject: Subject, _ frame: Frame, _ room: inout Room) -> [Row] {
        let timeline = Timeline(subject.attempts)
        let path = frame.path(Paths.execution, subject.execution.id)
        return subject.attempts.enumerated().map { index, attempt in
            let times = Timeline.microseconds(attempt)
            func time(_ phase: Timeline.Phase) -> String {
                times[phase.rawValue] == 0 ? "–" : Words.duration(microseconds: times[phase.rawValue])
            }
            room.spend(Self.bytesOfRow)
            let trouble = attempt.status == .success ? "" : room.take(attempt.sentence, atMost: 300).text + " "
            let code = attempt.statusCode.map { " \($0)" } ?? ""
            let place = [attempt.remoteAddress, attempt.nodeID.text].compactMap(\.self).joined(separator: " from ")
            return Row(
                attemptName: "Attempt \(attempt.number)", attemptPath: Paths.query(path, [("attempt", "\(attempt.number)")]),
                isShown: attempt.number == subject.shown?.number, attemptMark: attempt.status.mark.svg,
                attemptWord: attempt.status.word + code, isBad: attempt.status != .success,
                attemptNote: trouble + place,
                track: timeline.svg(index, attempt.status), late: time(.late), resolve: time(.resolve), connect: time(.connect),
                tls: time(.tls), firstByte: time(.firstByte), rest: time(.rest),
                total: Words.duration(microseconds: times.dropFirst().reduce(0, +)))
        }
    }
}

extension Words {
    /// What a part of a call took: `0.4 ms`, `12 ms`, `1.2 s`.
    static func duration(microseconds: Int64) -> String {
        guard microseconds < 10_000 else { return duration(milliseconds: Int(clamping: microseconds / 1_000)) }
        return "\(microseconds / 1_000).\(microseconds % 1_000 / 100)\u{A0}ms"
    }
}

extension Timestamp {
    fileprivate func seconds(until other: Timestamp) -> Double { max(0, Double(other.microseconds - microseconds) / 1_000_000) }
}
