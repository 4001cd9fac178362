import Synchronization

/// How often a key, and all keys of its organization, may ask in a minute, over all nodes. A node takes its requests out of the
/// common count by the hundredth part, so that most of them cost nothing; a limit is met to within that, times the nodes.
public final class RequestBudgets: Sendable {
    /// How the budget of a key stands after a request.
    public struct Verdict: Sendable {
        public let isAllowed: Bool
        /// Requests in a window, and how long one is.
        public let most: Int
        public let windowSeconds: Int
        /// At least so many are left in this window.
        public let left: Int
        public let secondsLeft: Int
    }

    private struct Grant {
        var left: Int
        /// Of the whole window, when this was granted.
        var leftElsewhere: Int
        let end: ContinuousClock.Instant
    }

    private let limits: RateLimits
    private let perKey: RateLimit
    private let perOrganization: RateLimit
    private let isOff: Bool
    private let grants = Mutex<[String: Grant]>([:])

    /// `perMinute` for a key, twice that for an organization; 0: no limit.
    public init(_ limits: RateLimits, perMinute: Int) {
        self.limits = limits
        isOff = perMinute == 0
        perKey = RateLimit(name: "requests of key", most: perMinute, window: .seconds(60))
        perOrganization = RateLimit(name: "requests of organization", most: 2 * perMinute, window: .seconds(60))
    }

    /// Counts one request; nil where there is no limit, or nobody it is counted for.
    public func take(for access: Access) async throws -> Verdict? {
        guard !isOff, case .key(let key) = access.actor else { return nil }
        let ofKey = try await take(perKey, key.text)
        guard ofKey.isAllowed else { return ofKey }
        let ofOrganization = try await take(perOrganization, access.organization.id.text)
        return ofOrganization.isAllowed ? ofKey : ofOrganization
    }

    private func take(_ limit: RateLimit, _ subject: String) async throws -> Verdict {
        let name = "\(limit.name) \(subject)"
        if let verdict = grants.withLock({ Self.use(&$0, name, limit) }) { return verdict }
        let amount = max(1, limit.most / 100)
        let window = try await limits.take(amount, of: (limit, subject))
        let granted = max(0, amount - max(0, window.used - limit.most))
        return grants.withLock { grants in
            if grants.count > 10_000 { grants = grants.filter { $0.value.end > .now } }
            let other = grants[name].flatMap { $0.end > .now ? $0.left : nil } ?? 0
            grants[name] = Grant(
                left: granted + other, leftElsewhere: max(0, limit.most - window.used), end: .now + .seconds(window.secondsLeft))
            return Self.use(&grants, name, limit) ?? Self.verdict(false, limit, left: 0, until: .now + .seconds(window.secondsLeft))
        }
    }

    /// Nil: nothing is known of this window, or what was granted is used up and more may be had.
    private static func use(_ grants: inout [String: Grant], _ name: String, _ limit: RateLimit) -> Verdict? {
        guard var grant = grants[name], grant.end > .now else { return nil }
        if grant.left == 0 {
            return grant.leftElsewhere > 0 ? nil : verdict(false, limit, left: 0, until: grant.end)
        }
        grant.left -= 1
        grants[name] = grant
        return verdict(true, limit, left: grant.left + grant.leftElsewhere, until: grant.end)
    }

    private static func verdict(_ isAllowed: Bool, _ limit: RateLimit, left: Int, until end: ContinuousClock.Instant) -> Verdict {
        let seconds = ContinuousClock.now.duration(to: end).components.seconds
        return Verdict(
            isAllowed: isAllowed, most: limit.most, windowSeconds: Int(limit.window.components.seconds), left: left,
            secondsLeft: Int(max(1, seconds + 1)))
    }
}
