import EventLoop
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Tenancy
import Time

/// Starts executions at their exact time and records how they ended.
///
/// What falls due within `lead` is leased ahead and waits in the loop's timer heap, so the start itself costs no query: a
/// herd at :00 starts from memory.
///
/// It runs on the loop of its database connections: leasing, firing and recording touch one thread and take no lock.
public actor Worker: Service {
    /// How long before its time an execution is leased. Longer holds a place in its organization's share for nothing;
    /// shorter than a claim takes would make starts late.
    static let lead: Duration = .milliseconds(300)
    /// So long it sleeps at most: a notification wakes it, polling guarantees.
    static let longestSleep: Duration = .seconds(1)
    private static let largestBatch = 256

    /// An attempt under way.
    struct Run {
        let claim: Claim
        let startedAt: Timestamp
        let task: Task<Void, Never>
        /// Whether people are told when it started; those that end soon need not be.
        var isMarked = false
    }

    let loop: EventLoop
    let queue: ExecutionQueue
    private let recorder: Recorder
    let clock: DatabaseClock
    let pulse: Pulse
    private let recalls: Recalls
    let breakers: Breakers
    let plugins: JobPlugins
    private let signing: SigningSecrets
    private let jobSecrets: JobSecrets
    let node: ID<Node>
    private let places: Places
    let grace: Duration
    let bell: Bell
    let logger: Logger
    let complaints: Complaints

    /// Leased and not yet recorded, in all; at most `places.maximum`.
    var held: Set<Claim.Lease> = []
    /// Leased, waiting for their instant.
    var armed: [Claim.Lease: (claim: Claim, timer: EventLoop.TimerID)] = [:]
    /// Due, waiting for their turn: what a node died under is started with care.
    var suspects: [Claim] = []
    var isTryingOut = false
    /// Due, and they call a host that is left alone.
    var callers: [ExecutionQueue.Caller] = []
    var isHolding = false
    var running: [Claim.Lease: Run] = [:]
    /// Leases that the database says are ours and that we do not know of, when we last looked.
    var strays: Set<Claim.Lease> = []
    var strayLook = ContinuousClock.now
    var cancelLook = ContinuousClock.now
    var isStopping = false
    /// When the grace period ends; nil: no end has been asked for.
    var deadline: ContinuousClock.Instant?
    /// The grace period is over, or was cut short: what still runs is handed over and cut off.
    var isGivingUp = false

    nonisolated public var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// `places` bounds the calls in flight at one time. On a graceful stop, what runs has `grace` to end.
    public init(
        _ engine: Engine, plugins: JobPlugins, signing: SigningSecrets, secrets: JobSecrets, places: Places,
        grace: Duration = .seconds(30), logger: Logger
    ) {
        loop = engine.loop
        queue = ExecutionQueue(database: engine.database)
        recorder = Recorder(engine, logger: logger)
        clock = engine.clock
        pulse = engine.pulse
        recalls = engine.recalls
        breakers = engine.breakers
        node = engine.node
        bell = engine.dueBell
        self.plugins = plugins
        self.signing = signing
        jobSecrets = secrets
        self.places = places
        self.grace = grace
        self.logger = logger
        complaints = Complaints(to: logger)
    }

    public func run() async {
        await withGracefulShutdownHandler {
            while !isStopping, !Task.isCancelled {
                // Each step may wait for the database, and a stop is not to wait for all of them.
                let named = recalls.take()
                await recall(named)
                if isStopping { break }
                await endWhatIsCancelled(isTold: named != .jobs([]))
                if isStopping { break }
                let wake = await claim()
                if isStopping { break }
                await markLongRuns()
                if isStopping { break }
                await handBackStrays()
                await bell.wait(until: wake)
            }
            // No child of this task: in a cancelled one the database would refuse to take the leases back.
            let ending = Task { await self.stop() }
            await withTaskCancellationHandler {
                await ending.value
            } onCancel: {
                Task { await self.giveUp() }
            }
        } onGracefulShutdown: {
            Task { await self.beginToStop() }
        }
    }

    // MARK: Claim

    /// Leases what is due soon; answers when to look again.
    private func claim() async -> ContinuousClock.Instant {
        let latest = ContinuousClock.now + Self.longestSleep
        let limit = min(places.free(beside: held.count), Self.largestBatch)
        guard limit > 0, pulse.isFresh else { return latest }
        let now = clock.now()
        do {
            let (claims, nextDue) = try await queue.claim(limit, for: node, now: now, horizon: now.adding(Self.lead))
            if !claims.isEmpty { Failpoint.claimed.reached() }
            held.formUnion(claims.map(\.lease))
            guard !isStopping else {
                await handBack(claims)
                suspects += claims.filter { held.contains($0.lease) }
                return latest
            }
            Meters.claimed.increment(by: claims.count)
            for claim in claims where !claim.isDoubtful { arm(claim) }
            let doubtful = claims.filter(\.isDoubtful)
            // The worker goes on while they wait for whoever is changing these jobs.
            if !doubtful.isEmpty { Task { await reconsider(doubtful) } }
            if !claims.isEmpty { Failpoint.claimAnswered.reached() }
            if claims.count == limit { return .now }
            // Where something is due and nothing was got, somebody else has it locked: not again at once.
            let soonest = ContinuousClock.now + (claims.isEmpty ? .milliseconds(5) : .zero)
            return max(soonest, min(latest, nextDue.map { clock.instant(of: $0) - Self.lead } ?? latest))
        } catch {
            complaints.tell("no executions could be leased", error)
            return .now + Engine.pauseAfterError
        }
    }

    func arm(_ claim: Claim) {
        let instant = clock.instant(of: claim.dueAt)
        guard instant > .now else { return startOrWait(claim) }
        let timer = loop.schedule(at: instant) { [self] in assumeIsolated { $0.fire(claim) } }
        armed[claim.lease] = (claim, timer)
    }

    // MARK: Run

    private func fire(_ claim: Claim) {
        guard armed.removeValue(forKey: claim.lease) != nil else { return }
        startOrWait(claim)
    }

    private func startOrWait(_ claim: Claim) {
        if isHeld(claim) { return }
        startUnlessSuspect(claim)
    }

    func startUnlessSuspect(_ claim: Claim) {
        if claim.crashes == 0 { start(claim) } else { wait(suspect: claim) }
    }

    func start(_ claim: Claim) {
        // It may be somebody else's by now. If it is not, it is a stray, and goes back.
        guard pulse.isFresh else { return letGo(claim.lease) }
        let startedAt = max(clock.now(), claim.dueAt)
        let secrets = signing.open(claim.sealedSecrets, of: claim.organizationID)
        if secrets.count < claim.sealedSecrets.count { Meters.unsigned.increment() }
        let plugin = plugins[claim.plugin]
        let config = jobSecrets.config(of: claim, by: plugin)
        if config == nil { Meters.unopened.increment() }
        let call = JobCall(claim, config: config ?? claim.config, startedAt: startedAt, signingSecrets: secrets)
        // A backfill was not to be in time.
        if claim.trigger != .backfill { Meters.lateness.recordMicroseconds(call.lateness.microseconds) }
        let task = Task {
            Failpoint.attemptBegun.reached()
            Failpoint.trap(on: claim.config)
            let outcome: Outcome =
                if !claim.isReadable {
                    .unreadable
                } else if config == nil {
                    .unopened
                } else {
                    await plugin?.run(call) ?? Outcome(reason: .pluginMissing)
                }
            Failpoint.requestAnswered.reached()
            await self.finish(claim, outcome, startedAt: startedAt)
        }
        running[claim.lease] = Run(claim: claim, startedAt: startedAt, task: task)
    }

    private func finish(_ claim: Claim, _ outcome: Outcome, startedAt: Timestamp) async {
        running[claim.lease] = nil
        // Cut off by our own end, it came to nothing: it has been handed over.
        if !(isGivingUp && outcome.reason == .cancelledByUser) {
            let finishedAt = max(clock.now(), startedAt)
            var random = SystemRandomNumberGenerator()
            await recorder.record(
                Finished(
                    claim: claim, outcome: outcome, startedAt: startedAt, finishedAt: finishedAt,
                    retryAt: claim.retryTime(after: outcome, endedAt: finishedAt, using: &random), host: host(of: claim)))
        }
        letGo(claim.lease)
    }

    func letGo(_ leases: [Claim]) { held.subtract(leases.map(\.lease)) }

    func letGo(_ lease: Claim.Lease) {
        held.remove(lease)
        bell.ring()
    }
}
