import EventLoop
import Logging
import Mail
import Postgres
import ServiceLifecycle
import Synchronization
import Tenancy
import Time

/// Sends deliveries: of each channel one at a time, the longest due first, many channels side by side, so that one that hangs keeps no
/// other waiting. Mail it puts into the outbox, whose rows then say what became of it.
///
/// Any number may run. What one has leased when it dies is tried again by others when the lease ends, under the same id.
public struct Deliverer: Service {
    /// Channels that are called at one time.
    static let mostAtOnce = 32
    /// Longer than a kind may take, with its recording.
    static let lease: Duration = .seconds(60)
    private static let pause: Duration = .seconds(30)
    private static let shortestPause: Duration = .milliseconds(50)
    private static let pruningPause: Duration = .seconds(600)

    let database: Database
    let kinds: ChannelKinds
    let mail: AlertMail
    let signing: SigningSecrets
    let clock: DatabaseClock
    private let bell: Bell
    let logger: Logger
    let complaints: Complaints

    /// Asks over `database`, so that it takes no connection from the engine, whose clock it goes by.
    public init(
        _ engine: Engine, over database: Database, kinds: ChannelKinds, mail: AlertMail, signing: SigningSecrets, logger: Logger
    ) {
        (self.database, self.kinds, self.mail, self.signing, clock) = (database, kinds, mail, signing, engine.clock)
        self.logger = logger
        bell = Bell(on: database.loop)
        complaints = Complaints(to: logger)
    }

    /// Sends until it is asked to stop; what is being sent by then is recorded.
    public func run() async {
        await withGracefulShutdownHandler {
            await withTaskGroup { tasks in
                tasks.addTask { for await _ in database.listen(to: Topic.alerts.rawValue) { bell.ring() } }
                await work()
                tasks.cancelAll()
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    private func work() async {
        let places = FreePlaces()
        var pruningFrom = ContinuousClock.now
        await withDiscardingTaskGroup { tasks in
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                let begin = ContinuousClock.now
                var next = begin + Self.pause
                do {
                    let now = clock.now()
                    if begin >= pruningFrom {
                        try await prune(at: now)
                        pruningFrom = begin + Self.pruningPause
                    }
                    try await tidy(at: now)
                    for leased in try await claim(places.count.load(ordering: .acquiring), at: now) {
                        places.count.subtract(1, ordering: .acquiringAndReleasing)
                        tasks.addTask {
                            await deliver(leased)
                            places.count.add(1, ordering: .acquiringAndReleasing)
                            bell.ring()
                        }
                    }
                    if let time = try await nextDue(after: now) { next = min(next, clock.instant(of: time)) }
                } catch {
                    complaints.tell("deliveries could not be looked at", error)
                    next = begin + .seconds(1)
                }
                await bell.wait(until: max(next, begin + Self.shortestPause))
            }
        }
    }

    /// All that is due now, one after the other; tests call it. Answers how many were tried.
    @discardableResult
    func round(at now: Timestamp) async throws -> Int {
        try await tidy(at: now)
        let leased = try await claim(Self.mostAtOnce, at: now)
        for one in leased { await deliver(one, at: now) }
        return leased.count
    }

    // MARK: - One

    /// `fixed`: the time that a test goes by.
    func deliver(_ leased: LeasedDelivery, at fixed: Timestamp? = nil) async {
        do {
            Failpoint.deliveryLeased.reached()
            if leased.kind == AlertMail.kind { return try await post(leased, at: fixed ?? clock.now()) }
            let begin = fixed ?? clock.now()
            let result = await call(leased, at: begin)
            Failpoint.deliverySent.reached()
            try await record(result, of: leased, from: begin, at: fixed ?? clock.now())
            Failpoint.deliveryRecorded.reached()
        } catch {
            // The lease ends, and it is tried again.
            complaints.tell("what became of a delivery could not be recorded", error)
        }
    }

    private func call(_ leased: LeasedDelivery, at now: Timestamp) async -> Result<DeliveryAnswer, DeliveryFailure> {
        guard let kind = kinds[leased.kind] else {
            return .failure(DeliveryFailure(.refused, "This server knows no channels of the kind \(leased.kind)."))
        }
        guard let message = leased.message, let settings = mail.secrets.open(leased.sealed, of: leased.channel, leased.organization) else {
            return .failure(DeliveryFailure(.refused, "The channel’s settings cannot be opened: save its URL again."))
        }
        do throws(DeliveryFailure) {
            return .success(
                try await kind.deliver(
                    message, id: leased.id, settings: settings, signingSecrets: await signingSecrets(of: leased.organization, at: now),
                    of: leased.organization))
        } catch {
            return .failure(error)
        }
    }

    private func signingSecrets(of organization: ID<Organization>, at now: Timestamp) async throws(DeliveryFailure) -> [[UInt8]] {
        do {
            let sealed = try await database.query(
                """
                SELECT sealed FROM signing_secrets WHERE organization_id = \(organization) AND (expires_at IS NULL OR expires_at > \(now))
                ORDER BY created_at DESC
                """
            ).map { try $0("sealed", as: [UInt8].self) }
            return signing.open(sealed, of: organization)
        } catch {
            throw DeliveryFailure(.passing(after: nil), "Our database did not answer.")
        }
    }
}

/// So many more channels may be called.
private final class FreePlaces: Sendable {
    let count = Atomic<Int>(Deliverer.mostAtOnce)
}
