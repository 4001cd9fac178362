/// Who waits for which name, which names are being looked up, and what is known already: the decisions of `Resolver`,
/// behind its mutex.
struct ResolverState {
    struct Waiter {
        let ticket: UInt64
        let continuation: CheckedContinuation<Resolver.Answer?, Never>
    }

    enum Asked {
        case answered(Resolver.Answer)
        case mustWait(needsThread: Bool)
    }

    private struct Lookup {
        var waiters: [Waiter] = []
        /// In whose queues it stands.
        var tenants: [UInt64] = []
        var begun: ContinuousClock.Instant?
        /// Another thread has its thread's place.
        var isReplaced = false
        var isRunning: Bool { begun != nil }
    }

    /// Long enough to spare a lookup a call to a busy target, short enough to follow one that moves. What is known is judged
    /// anew by the policy for every call.
    private static let keptAnswer = Duration.seconds(15)
    private static let keptFailure = Duration.seconds(5)
    private static let mostKnown = 10_000

    /// So many times `mostThreads` may there be, with those that are replaced.
    private static let mostTimes = 16

    private let mostThreads: Int
    private var threads = 0
    private var replaced = 0
    private var runningOf: [UInt64: Int] = [:]
    private var lookups: [String: Lookup] = [:]
    /// The names that each tenant waits for, and the tenants that have some, in the order of their turns.
    private var queues: [UInt64: [String]] = [:]
    private var turns: [UInt64] = []
    private var known: [String: (answer: Resolver.Answer, until: ContinuousClock.Instant)] = [:]
    private var lastTicket: UInt64 = 0

    init(mostThreads: Int) { self.mostThreads = mostThreads }

    mutating func makeTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    func known(_ name: String, at now: ContinuousClock.Instant = .now) -> Resolver.Answer? {
        known[name].flatMap { $0.until > now ? $0.answer : nil }
    }

    mutating func ask(_ name: String, for tenant: UInt64, _ waiter: Waiter) -> Asked {
        if let answer = known(name) { return .answered(answer) }
        var lookup = lookups[name] ?? Lookup()
        lookup.waiters.append(waiter)
        // Also a name that waits already: it may be waiting behind another tenant's slow ones.
        let mustQueue = !lookup.isRunning && !lookup.tenants.contains(tenant)
        if mustQueue { lookup.tenants.append(tenant) }
        lookups[name] = lookup
        guard mustQueue else { return .mustWait(needsThread: false) }
        if queues[tenant] == nil { turns.append(tenant) }
        queues[tenant, default: []].append(name)
        guard threads < mostThreads else { return .mustWait(needsThread: false) }
        threads += 1
        return .mustWait(needsThread: true)
    }

    /// The waiter, unless it was answered already. A name that nobody waits for any more is not begun.
    mutating func withdraw(_ name: String, _ ticket: UInt64) -> CheckedContinuation<Resolver.Answer?, Never>? {
        guard let index = lookups[name]?.waiters.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        let waiter = lookups[name]?.waiters.remove(at: index)
        if let lookup = lookups[name], lookup.waiters.isEmpty, !lookup.isRunning { lookups[name] = nil }
        return waiter?.continuation
    }

    /// The next name for a thread that has nothing to do, and the tenant on whose account it is looked up. Nil ends the
    /// thread: there is no name, or only such of tenants that have their share.
    mutating func takeNext() -> (name: String, tenant: UInt64)? {
        for _ in 0..<turns.count {
            let tenant = turns.removeFirst()
            let isWithinShare = runningOf[tenant, default: 0] < max(1, mostThreads / 4)
            let name = isWithinShare ? popName(of: tenant) : nil
            if queues[tenant] != nil { turns.append(tenant) }
            guard let name else { continue }
            lookups[name]?.begun = .now
            runningOf[tenant, default: 0] += 1
            return (name, tenant)
        }
        threads -= 1
        return nil
    }

    /// Whether a thread is to be started in place of the one that looks up `name`, because that one takes long and others
    /// wait. How many a tenant has under way still counts against its share.
    mutating func replace(_ name: String, runningFor time: Duration) -> Bool {
        guard let begun = lookups[name]?.begun, begun + time <= .now, lookups[name]?.isReplaced == false,
            threads + replaced < mostThreads * Self.mostTimes
        else { return false }
        lookups[name]?.isReplaced = true
        replaced += 1
        threads -= 1
        guard !turns.isEmpty else { return false }
        threads += 1
        return true
    }

    /// There is no memory for a thread. With none at all nobody would ever be answered: these are, now.
    mutating func threadDidNotStart() -> [Waiter] {
        threads -= 1
        guard threads + replaced == 0 else { return [] }
        (queues, turns) = ([:], [])
        defer { lookups = [:] }
        return lookups.values.flatMap(\.waiters)
    }

    private mutating func popName(of tenant: UInt64) -> String? {
        guard let queue = queues[tenant] else { return nil }
        // Some were given up meanwhile, or begun on another tenant's account.
        let index = queue.firstIndex { lookups[$0]?.isRunning == false }
        let name = index.map { queue[$0] }
        queues[tenant]?.removeFirst(index.map { $0 + 1 } ?? queue.count)
        if queues[tenant]?.isEmpty == true { queues[tenant] = nil }
        return name
    }

    /// Whom to tell, and whether the thread may take another name: not when it was replaced and there are enough.
    mutating func finish(_ name: String, of tenant: UInt64, with answer: Resolver.Answer) -> (waiters: [Waiter], mayGoOn: Bool) {
        runningOf[tenant, default: 1] -= 1
        if runningOf[tenant] == 0 { runningOf[tenant] = nil }
        let now = ContinuousClock.now
        if known.count >= Self.mostKnown { known = known.filter { $0.value.until > now } }
        if known.count >= Self.mostKnown { known = [:] }
        let isSuccess = if case .addresses = answer { true } else { false }
        known[name] = (answer, now + (isSuccess ? Self.keptAnswer : Self.keptFailure))
        let lookup = lookups.removeValue(forKey: name)
        guard lookup?.isReplaced == true else { return (lookup?.waiters ?? [], true) }
        replaced -= 1
        let mayGoOn = threads < mostThreads
        if mayGoOn { threads += 1 }
        return (lookup?.waiters ?? [], mayGoOn)
    }
}
