import EventLoop
import Logging
import Postgres
import ServiceLifecycle
import Time

/// Sends what is in the outbox. Any number of couriers may run: each leases the rows that it takes, and none hands a mail over
/// twice while anybody can know that it went out.
///
/// It goes by the database's clock, as nodes whose clocks differ would take each other's leases for over.
public struct Courier: Service {
    static let lease: Duration = .seconds(240)
    /// A mail whose courier was held up for longer is given back rather than handed over: its lease must outlast the handing over.
    private static let freshness: Duration = .seconds(60)
    private static let batch = 10
    private static let pauseAfterError: Duration = .seconds(1)
    private static let pruningPause: Duration = .seconds(600)

    /// So soon it looks again where nobody wakes it.
    var pause: Duration = .seconds(30)

    private let database: Database
    private let outbox: Outbox
    private let transport: (any MailTransport)?
    private let renderer: MessageRenderer
    private let logger: Logger
    private let complaints: Complaints

    /// `transport` nil: mail waits, and is given up when its time is over.
    public init(
        _ database: Database, outbox: Outbox, transport: (any MailTransport)?, renderer: MessageRenderer, logger: Logger
    ) {
        (self.database, self.outbox, self.transport, self.renderer) = (database, outbox, transport, renderer)
        self.logger = logger
        complaints = Complaints(to: logger)
    }

    /// Sends until asked to stop; what has been handed over by then is recorded.
    public func run() async {
        if transport == nil { logger.warning("no mail is sent: no transport is configured, and mail waits") }
        let bell = Bell(on: database.loop)
        await withGracefulShutdownHandler {
            await withTaskGroup { tasks in
                tasks.addTask { for await _ in database.listen(to: Outbox.channel) { bell.ring() } }
                await work(bell)
                tasks.cancelAll()
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    private func work(_ bell: Bell) async {
        var (patience, pruningFrom) = (Patience(), ContinuousClock.now)
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            var pause = pause
            do {
                let now: Timestamp = try await database.query("SELECT clock_timestamp() AS now").only("now")
                if ContinuousClock.now >= pruningFrom {
                    try await prune(at: now)
                    pruningFrom = .now + Self.pruningPause
                }
                let round = try await deliver(at: now, most: patience.most(at: now))
                patience.note(round, at: now)
                pause = round.isFull ? .zero : min(pause, patience.left(at: now) ?? pause)
            } catch {
                complaints.tell("the courier could not look", error)
                pause = Self.pauseAfterError
            }
            if pause > .zero { await bell.wait(until: .now + pause) }
        }
    }

    /// What a batch has come to.
    struct Round: Sendable {
        /// There may be more.
        var isFull = false
        /// The transport takes nothing for so long, or says nothing of what it takes.
        var unavailableFor: Duration?
        /// Something was tried, and nothing was said against trying more.
        var isWell: Bool { unavailableFor == nil && isSomething }
        var isSomething = false
    }

    /// How much is tried: while the transport takes nothing, one mail when its pause is over, so that no more than that one comes to
    /// an unknown end.
    struct Patience {
        private var isTried = false
        private var end: Timestamp?

        func most(at now: Timestamp) -> Int {
            if let end, now < end { return 0 }
            return isTried ? 1 : Courier.batch
        }

        func left(at now: Timestamp) -> Duration? { end.flatMap { $0 > now ? now.duration(to: $0) : nil } }

        mutating func note(_ round: Round, at now: Timestamp) {
            if let pause = round.unavailableFor { (isTried, end) = (true, now.adding(pause)) }
            if round.isWell { (isTried, end) = (false, nil) }
        }
    }

    /// One batch at `now`, which is the database's, of so many mails; tests call it. Its mails go at the same time.
    @discardableResult
    func deliver(at now: Timestamp, most: Int = batch) async throws -> Round {
        let begun = ContinuousClock.now
        try await database.batch([Outbox.expiry(now: now), Outbox.suppression(now: now)])
        guard let transport, most > 0 else { return Round() }
        let claim = Outbox.claim(most, until: now.adding(Self.lease), now: now)
        let mails = try await database.query(claim).compactMap { try LeasedMail($0) }
        if mails.isEmpty { return Round() }
        var round = Round(isFull: mails.count == most)
        var counts: [String: Int] = [:]
        await withTaskGroup(of: (DeliveryStep, Duration?).self) { tasks in
            for mail in mails {
                tasks.addTask { await deliver(mail, by: transport, now: now, begun) }
            }
            for await (step, unavailableFor) in tasks {
                counts[step.word, default: 0] += 1
                round.isSomething = true
                // Who is told to go again at once is due.
                if step.nextTryAt.map({ $0 <= now.adding(begun.duration(to: .now)) }) == true { round.isFull = true }
                if let unavailableFor { round.unavailableFor = max(round.unavailableFor ?? .zero, unavailableFor) }
            }
        }
        let facts = Logger.Metadata(uniqueKeysWithValues: counts.map { ($0, "\($1)") })
        let isWell = counts.keys.allSatisfy { $0 == "sent" }
        logger.log(level: isWell ? .info : .warning, "mail was delivered", metadata: facts)
        return round
    }

    private func deliver(
        _ mail: LeasedMail, by transport: any MailTransport, now: Timestamp, _ begun: ContinuousClock.Instant
    ) async -> (DeliveryStep, Duration?) {
        var unavailableFor: Duration?
        let step: DeliveryStep
        if mail.wasHandedOver {
            let finding = await transport.find(mail.id)
            step = .after(finding, mail, now: now.adding(begun.duration(to: .now)))
        } else {
            let outcome = await send(mail, by: transport, begun)
            switch outcome {
            case .unavailable(_, let after): unavailableFor = after
            case .unknown(_, let pause): unavailableFor = pause
            case .sent, .refused, .tryLater: break
            }
            step = .after(outcome, mail, now: now.adding(begun.duration(to: .now)))
        }
        await record(step, of: mail, isKept: transport.keepsContents, now: now.adding(begun.duration(to: .now)))
        return (step, unavailableFor)
    }

    private func send(_ mail: LeasedMail, by transport: any MailTransport, _ begun: ContinuousClock.Instant) async -> SendOutcome {
        guard begun.duration(to: .now) < Self.freshness else { return .tryLater(reason: "this node was held up", after: nil) }
        guard let message = outbox.message(mail.sealed, id: mail.id, recipient: mail.recipient),
            let recipient = EmailAddress(mail.recipient)
        else { return .refused(reason: "the content cannot be opened: it was altered, or sealed with another key") }
        return await transport.send(renderer.render(message, id: mail.id, to: recipient))
    }

    /// Whoever has no patience for what was handed over has it for this. Where it cannot be written, the lease ends, and the mail is
    /// looked up.
    private func record(_ step: DeliveryStep, of mail: LeasedMail, isKept: Bool, now: Timestamp) async {
        let writing = Task {
            try await database.query(Outbox.record(step, of: mail, isKept: isKept, now: now)).affected
        }
        do {
            guard try await writing.value == 0 else { return }
            logger.warning("a mail's lease was over before it was recorded", metadata: ["mail": "\(mail.id)"])
        } catch {
            complaints.tell("what became of a mail could not be recorded", error)
        }
    }

    /// Forgets what is long over; tests call it.
    func prune(at now: Timestamp) async throws {
        let isMailbox = transport?.keepsContents == true
        try await database.batch(Outbox.pruning(keeping: isMailbox ? 7 : 30, most: isMailbox ? Mailbox.most : nil, now: now))
    }
}

extension DeliveryStep {
    /// For the log.
    fileprivate var word: String {
        switch self {
        case .sent: "sent"
        case .failed: "failed"
        case .expired: "expired"
        case .unknown: "unknown"
        case .lookUp: "to_be_looked_up"
        case .retry, .wait: "to_be_tried_again"
        }
    }
}
