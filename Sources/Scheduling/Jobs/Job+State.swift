import JSON
import Time

/// What pages say of a job beside its definition.
extension Job {
    /// Whether it rests at an instant, whoever has paused it.
    public func isPaused(at now: Timestamp) -> Bool { definition.isPaused(at: now) }

    /// How it is doing then: `healthy`, `late`, `failing`, `paused`.
    public func shownHealth(at now: Timestamp) -> String { isPaused(at: now) ? "paused" : health }

    /// Its schedule for people.
    public var scheduleInWords: String { JobSchedule.words(definition.schedule, setAt: definition.scheduleSetAt) }
}

extension JobDefinition {
    /// Whether a job so defined rests at an instant.
    func isPaused(at now: Timestamp) -> Bool { !enabled || pausedUntil.map { $0 > now } ?? false }
}
