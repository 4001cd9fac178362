import Postgres
import Time

@testable import Scheduling

/// All that the targets have seen, with what must be true of it at each new call.
struct Calls {
    struct Call {
        let claim: Claim
        let job: Int
        let startedAt: Timestamp
        /// The database's clock was not set between its lease and its start.
        let isClockSettled: Bool
        var endedAt: Timestamp?
        var outcome: Outcome?
        /// Its node died, was stopped or was cut off while it ran: it may be repeated, and what it came to may be lost.
        var isDisturbed = false
        /// Its node has written what it came to, as far as it knows.
        var isRecorded = false
        /// When it is to be tried again, as its node has said.
        var retryAt: Timestamp?

        /// Whether somebody may still be at work on it, and nobody else should be.
        var isUndisturbed: Bool { endedAt == nil && !isDisturbed }
        var isFirst: Bool { claim.attempt - claim.lostLeases == 1 }
    }

    private(set) var all: [ID<Execution>: [Call]] = [:]
    private var running: [Int: Set<ID<Execution>>] = [:]
    private(set) var count = 0

    mutating func begin(_ call: Call, mayOverlap: Bool) throws(Violation) {
        let (claim, what) = (call.claim, "j\(call.job) \(call.claim.scheduledFor.rfc3339) attempt \(call.claim.attempt)")
        if call.isClockSettled, call.startedAt < claim.scheduledFor {
            throw Violation("\(what) began too early, at \(call.startedAt.rfc3339)")
        }
        for earlier in all[claim.id] ?? [] {
            if earlier.claim.attempt >= claim.attempt { throw Violation("\(what) follows attempt \(earlier.claim.attempt)") }
            if earlier.isUndisturbed { throw Violation("\(what) began while attempt \(earlier.claim.attempt) was running") }
            if !earlier.isDisturbed, earlier.isRecorded, earlier.retryAt == nil {
                throw Violation("\(what) repeats attempt \(earlier.claim.attempt), which was the last")
            }
        }
        if !mayOverlap, call.isFirst {
            for other in running[call.job] ?? [] where other != claim.id {
                guard let last = all[other]?.last, last.isUndisturbed, last.isFirst else { continue }
                throw Violation("\(what) overlaps \(last.claim.scheduledFor.rfc3339)")
            }
        }
        all[claim.id, default: []].append(call)
        running[call.job, default: []].insert(claim.id)
        count += 1
    }

    /// The target has answered.
    mutating func end(_ claim: Claim, _ outcome: Outcome, at now: Timestamp, retryAt: Timestamp?) {
        change(claim) { call in (call.endedAt, call.outcome, call.retryAt) = (now, outcome, retryAt) }
        if let call = call(claim), all[claim.id]?.last?.claim.attempt == claim.attempt { running[call.job]?.remove(claim.id) }
    }

    mutating func disturb(_ claim: Claim) { change(claim) { $0.isDisturbed = true } }
    mutating func record(_ claim: Claim) { change(claim) { $0.isRecorded = true } }

    func call(_ claim: Claim) -> Call? { all[claim.id]?.first { $0.claim.attempt == claim.attempt } }

    private mutating func change(_ claim: Claim, _ body: (inout Call) -> Void) {
        guard let index = all[claim.id]?.firstIndex(where: { $0.claim.attempt == claim.attempt }) else { return }
        if var call = all[claim.id]?[index] {
            body(&call)
            all[claim.id]?[index] = call
        }
    }
}
