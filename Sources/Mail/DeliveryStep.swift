import Time

/// What becomes of a mail next: decided by what is known of it and the time, without a database.
enum DeliveryStep: Equatable {
    case sent(providerID: String?)
    case failed(reason: String)
    case expired(reason: String)
    /// For good: nobody will say any more whether it went out.
    case unknown(reason: String)
    case lookUp(at: Timestamp, reason: String)
    case retry(at: Timestamp, reason: String)
    /// As if it had not been tried.
    case wait(until: Timestamp, reason: String)

    /// What transports know comes late.
    private static let lookUpAfter: Duration = .seconds(120)
    private static let shortestWait: Duration = .seconds(5)
    private static let longestPause: Duration = .seconds(3_600)

    /// After it was handed over.
    static func after(_ outcome: SendOutcome, _ mail: LeasedMail, now: Timestamp) -> DeliveryStep {
        switch outcome {
        case .sent(let providerID): .sent(providerID: providerID)
        case .refused(let reason): .failed(reason: reason)
        case .tryLater(let reason, let after): again(mail, in: max(pause(after: mail.tries), after ?? .zero), reason, now: now)
        case .unavailable(let reason, let after): .wait(until: now.adding(max(after, shortestWait)), reason: reason)
        // It is looked up also where it will have expired by then: what became of it can still be known.
        case .unknown(let reason, _): .lookUp(at: now.adding(lookUpAfter), reason: reason)
        }
    }

    /// After it was looked up.
    static func after(_ finding: Finding, _ mail: LeasedMail, now: Timestamp) -> DeliveryStep {
        switch finding {
        case .sent(let providerID): return .sent(providerID: providerID)
        case .notFound where mail.kind.mayBeRepeated: return again(mail, in: .zero, "the outcome was unknown", now: now)
        case .notFound: return .unknown(reason: "the outcome is unknown")
        case .cannotTell(let reason):
            let next = now.adding(pause(after: mail.tries))
            return next < mail.end ? .lookUp(at: next, reason: reason) : .unknown(reason: reason)
        }
    }

    private static func again(_ mail: LeasedMail, in pause: Duration, _ reason: String, now: Timestamp) -> DeliveryStep {
        let next = now.adding(pause)
        if next < mail.end { return .retry(at: next, reason: reason) }
        return mail.end == mail.expiresAt ? .expired(reason: reason) : .failed(reason: reason)
    }

    /// One minute after the first try, twice as long after each further one, an hour at most.
    static func pause(after tries: Int) -> Duration { min(.seconds(60) * (1 << min(max(tries - 1, 0), 10)), longestPause) }
}

// MARK: As it is written

extension DeliveryStep {
    var status: String {
        switch self {
        case .sent: "sent"
        case .failed: "failed"
        case .expired: "expired"
        case .unknown, .lookUp: "unknown"
        case .retry, .wait: "waiting"
        }
    }

    var nextTryAt: Timestamp? {
        switch self {
        case .lookUp(let next, _), .retry(let next, _), .wait(let next, _): next
        case .sent, .failed, .expired, .unknown: nil
        }
    }

    /// One line, short.
    var error: String? {
        switch self {
        case .sent: nil
        case .failed(let reason), .expired(let reason), .unknown(let reason), .lookUp(_, let reason), .retry(_, let reason),
            .wait(_, let reason):
            PlainText.line(reason, longest: 300)
        }
    }

    var providerID: String? { if case .sent(let id) = self { id } else { nil } }

    var isUncounted: Bool { if case .wait = self { true } else { false } }
}
