import Scheduling
import Time

extension Incident {
    /// What is wrong, or was: `Nightly export fails`. `job` is its job's name.
    func title(_ job: String) -> String {
        let isOver = closedAt != nil
        switch kind {
        case .failing: return "\(job) \(isOver ? "failed" : "fails")"
        case .missed: return "\(job) missed \(Words.count(count, "run"))"
        case .breaker: return "\(host ?? "A host") \(isOver ? "failed" : "fails"), and its jobs \(isOver ? "were" : "are") held"
        case .stopped: return "\(job) was stopped by its target"
        case .setAside: return "\(job) has no next run"
        }
    }

    var mark: Mark {
        if closedAt != nil { return .good }
        return kind == .missed ? .late : kind == .stopped ? .still : .bad
    }

    /// How it stands.
    var word: String { closedAt == nil ? "Open" : "Closed" }

    /// What it is about besides its job: what muting mutes.
    var mutes: String { subject.hasPrefix("host:") ? "everything on \(subject.dropFirst(5))" : "this job" }

    /// `3 failures`, where there is something to count.
    var counted: String {
        switch kind {
        case .failing, .breaker: Words.count(count, "failure")
        case .missed: Words.count(count, "missed run")
        case .stopped, .setAside: ""
        }
    }

    /// How long it has lasted, or did.
    func length(now: Timestamp) -> String {
        let span = openedAt.duration(to: closedAt ?? now).components.seconds
        return Words.duration(milliseconds: Int(max(0, span)) * 1_000)
    }
}

extension Silence {
    /// `Muted until 2026-12-01 08:00 UTC`
    var words: String { until.map { "Muted until \($0.words)" } ?? "Muted until somebody ends that" }
}

extension Channel.State {
    var mark: Mark {
        switch self {
        case .on: .good
        case .off: .still
        case .switchedOff: .bad
        case .unconfirmed: .waiting
        }
    }

    var word: String {
        switch self {
        case .on: "On"
        case .off: "Off"
        case .switchedOff: "Switched off"
        case .unconfirmed: "Not confirmed"
        }
    }
}

extension Channel {
    /// What is to be known of it beyond its state; nil: nothing.
    func note(now: Timestamp) -> JobNote? {
        switch state {
        case .switchedOff:
            let since = switchedOffAt.map { " \(Moment.words($0, now: now))" } ?? ""
            return JobNote("Prikke switched it off\(since): \(switchedOffReason ?? "nothing got through.")", tone: "bad")
        case .unconfirmed: return JobNote("Waits for \(shown) to agree: the link in the mail does that.", tone: "warn")
        case .off: return nil
        case .on:
            if let failingSince { return JobNote("Nothing has got through since \(failingSince.words).", tone: "warn") }
            guard let restingUntil, restingUntil > now else { return nil }
            return JobNote("It asked us to wait; nothing is sent before \(restingUntil.words).", tone: "warn")
        }
    }
}

extension Delivery {
    /// What kind of message it is.
    var eventWord: String {
        switch event {
        case "incident.opened": "Failure"
        case "incident.continued": "Still failing"
        case "incident.recovered": "Recovery"
        case "incidents.digest": "Digest"
        case "test": "Test"
        default: "Notice"
        }
    }
}

extension Delivery.Status {
    var mark: Mark {
        switch self {
        case .waiting: .waiting
        case .sending: .running
        case .sent, .joined: .good
        case .failed: .bad
        case .unknown: .late
        }
    }

    var word: String {
        switch self {
        case .waiting: "Waiting"
        case .sending: "Sending"
        case .sent: "Sent"
        case .failed: "Failed"
        case .unknown: "Not known"
        case .joined: "Told together"
        }
    }
}
