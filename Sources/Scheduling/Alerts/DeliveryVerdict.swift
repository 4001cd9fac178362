import Time

/// What follows from one try: decided by what came back and the time, without a database.
struct DeliveryVerdict: Sendable, Equatable {
    /// So long a delivery is tried; a test shorter, as somebody waits for it.
    static let patience: Duration = .seconds(86_400)
    static let patienceOfTest: Duration = .seconds(60)
    /// After the first try in vain, the second …, and the last ever after.
    static let pauses: [Duration] = [5, 60, 300, 1_800, 7_200, 18_000, 36_000].map { .seconds($0) }
    /// A channel that asks for patience gets so much at most.
    static let longestRest: Duration = .seconds(3_600)
    /// A channel that wants nothing more says so twice, so far apart at least, before it is switched off.
    static let certainty: Duration = .seconds(180)
    /// One that nothing gets through to is switched off after so long (security.md N3).
    static let longestFailing: Duration = .seconds(5 * 86_400)

    var status: Delivery.Status
    /// Nil: it is over.
    var nextTryAt: Timestamp?
    var error: String?
    /// Nothing more to the channel before.
    var restingUntil: Timestamp?
    /// How the channel stands after it.
    var refusedAt: Timestamp?
    var failingSince: Timestamp?
    /// Why the channel is to be switched off, in one sentence; nil: it is not.
    var switchOff: String?

    /// A delivery and its channel as they were before the try.
    struct Before: Sendable, Equatable {
        let isTest: Bool
        /// This one counted.
        let tries: Int
        let createdAt: Timestamp
        let refusedAt: Timestamp?
        let failingSince: Timestamp?
    }

    /// `spread`: what the pause is multiplied by, so that not all come back at one time.
    static func after(
        _ failure: DeliveryFailure?, _ before: Before, now: Timestamp, spread: Double = .random(in: 0.8...1.2)
    ) -> DeliveryVerdict {
        guard let failure else { return DeliveryVerdict(status: .sent) }
        var verdict = DeliveryVerdict(
            status: .failed, error: failure.reason, refusedAt: before.refusedAt, failingSince: before.failingSince ?? now)
        var pause = pauses[min(max(before.tries - 1, 0), pauses.count - 1)] * spread
        switch failure.kind {
        case .refused: return verdict.switchingOff(now)
        case .gone:
            verdict.refusedAt = before.refusedAt ?? now
            pause = max(pause, certainty + .seconds(5))
            if let first = before.refusedAt, first.duration(to: now) >= certainty {
                verdict.switchOff = failure.reason
                return verdict
            }
        case .passing(let after):
            if let after, after > .zero {
                verdict.restingUntil = now.adding(min(after, longestRest))
                pause = max(pause, min(after, longestRest))
            }
        case .unknown: verdict.status = .unknown
        }
        let next = now.adding(pause)
        if next < before.createdAt.adding(before.isTest ? patienceOfTest : patience) {
            (verdict.status, verdict.nextTryAt) = (.waiting, next)
        }
        return verdict.switchingOff(now)
    }

    private func switchingOff(_ now: Timestamp) -> DeliveryVerdict {
        guard let failingSince, failingSince.duration(to: now) >= Self.longestFailing else { return self }
        var verdict = self
        verdict.switchOff = "Nothing has got through to it for five days. The last: \(error ?? "no answer")"
        return verdict
    }
}
