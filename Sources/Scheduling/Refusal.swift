import JSON

/// What is understood and not done, with the reason and the way out.
public enum Refusal: Error, Sendable, Equatable {
    /// Not there, or not this organization's: told alike.
    case notFound
    /// The plan does not reach so far. `pointer` names the member at fault; nil: the whole.
    case limitReached(pointer: String?, sentence: String)
    /// Somebody changed it since the version that was named.
    case changedSince
    /// So many jobs would be deleted, which nobody has confirmed.
    case deletionNotConfirmed(Int)
    /// Jobs that people manage have these keys. `pointers` name them.
    case notManaged(pointers: [String])
    /// As it stands, that cannot be done to it.
    case conflict(_ code: String, sentence: String)
}

extension Refusal {
    static let alreadyEnded = Refusal.conflict(
        "already_ended", sentence: "The execution has ended. Run it again with …/retry, if that is wanted.")
    static let notEnded = Refusal.conflict(
        "not_ended", sentence: "The execution has not ended yet. Wait for its end, or cancel it first.")
    static let alreadyBegun = Refusal.conflict(
        "already_begun", sentence: "The execution has begun, so it keeps its time. Cancel it, or wait for its end.")
    static let keepsItsTime = Refusal.conflict(
        "keeps_its_time",
        sentence: "The execution belongs to its job's schedule. Change the schedule; or cancel it and trigger the job later.")
    static let jobDeleted = Refusal.conflict(
        "job_deleted",
        sentence: "The execution's job is deleted, so it cannot be run again. Restore the job within 7 days, or make it again.")

    static func jobs(_ limit: Int, plan: String) -> Refusal {
        let sentence = "The plan \(plan) has \(limit) jobs, and all are in use. Delete one, or choose a larger plan."
        return .limitReached(pointer: nil, sentence: sentence)
    }

    static func executions(_ limit: Int, used: Int64, plan: String) -> Refusal {
        let sentence = "The plan \(plan) has \(limit) executions a month, and \(used) are used or waiting."
        return .limitReached(pointer: nil, sentence: sentence + " Wait for the next month (UTC), or choose a larger plan.")
    }

    static func replay(of count: Int, _ limit: Int, used: Int64, plan: String) -> Refusal {
        let sentence = "These are \(count) executions; the plan \(plan) has \(limit) a month, and \(used) are used or waiting."
        return .limitReached(pointer: nil, sentence: sentence + " Replay fewer, wait for the next month (UTC), or choose a larger plan.")
    }

    static func interval(_ seconds: Int64, limit: Int, plan: String) -> Refusal {
        let sentence = "The shortest interval of the plan \(plan) is \(limit) s; this schedule has two runs \(seconds) s apart."
        return .limitReached(pointer: "/schedule", sentence: sentence + " Use a longer interval, or choose a larger plan.")
    }

    static func timeout(_ limit: Int, plan: String) -> Refusal {
        let sentence = "The longest timeout of the plan \(plan) is \(limit) s. Use less, or choose a larger plan."
        return .limitReached(pointer: "/timeout_ms", sentence: sentence)
    }

    static func plugin(_ kind: String, plan: String) -> Refusal {
        .limitReached(pointer: "/plugin", sentence: "The plan \(plan) does not include \(kind) jobs. Choose a larger plan.")
    }
}
