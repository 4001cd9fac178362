import EventLoop
import Logging
import Mail
import Postgres
import ServiceLifecycle
import Tenancy
import Time

/// Decides what of incidents and notices is told to whom (`Telling`), and writes it down as deliveries, in one transaction with what was
/// told. Several are harmless: of each organization one at a time does it. It may die at any moment: what is not committed is decided
/// again.
public struct Notifier: Service {
    /// So long it waits for what belongs together: many jobs that fail on one host in one moment are one message.
    static let window: Duration = .milliseconds(700)
    /// So soon it looks again where nobody wakes it.
    private static let pause: Duration = .seconds(30)
    /// Rounds are so far apart at least, however often it is woken.
    private static let shortestPause: Duration = .milliseconds(100)

    let engine: Engine
    let database: Database
    let executions: Executions
    let mail: AlertMail
    let links: AlertLinks
    private let bell: Bell
    private let logger: Logger
    private let complaints: Complaints

    /// A notifier of this node, which asks over `database`, so that it takes no connection from the engine; `run` does the work.
    public init(_ engine: Engine, over database: Database, mail: AlertMail, links: AlertLinks, logger: Logger) {
        (self.engine, self.database, self.mail, self.links, self.logger) = (engine, database, mail, links, logger)
        executions = Executions(engine, over: database)
        bell = Bell(on: database.loop)
        complaints = Complaints(to: logger)
    }

    /// Tells until it is asked to stop.
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
        var isHeld = false
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let begin = ContinuousClock.now
            var next = begin + Self.pause
            do {
                let round = try await look(at: engine.clock.now())
                if round.isHeld != isHeld { say(round) }
                isHeld = round.isHeld
                if let time = round.next { next = min(next, engine.clock.instant(of: time)) }
            } catch {
                complaints.tell("what is to be told could not be looked at", error)
                next = begin + .seconds(1)
            }
            await bell.wait(until: max(next, begin + Self.shortestPause))
            if .now < begin + Self.shortestPause { try? await Task.sleep(until: begin + Self.shortestPause) }
        }
    }

    private func say(_ round: Round) {
        if round.isHeld {
            logger.error("so much fails everywhere that it is likely our own network: alerts are held for up to ten minutes")
        } else {
            logger.notice("alerts are told again")
        }
    }

    /// What a look came to.
    struct Round: Sendable {
        /// When there is something to tell next.
        var next: Timestamp?
        var isHeld = false
    }

    /// One look at all organizations that something is due of; tests call it. One that cannot be told keeps no other from it.
    @discardableResult
    func look(at now: Timestamp) async throws -> Round {
        let due = now.adding(.zero - Self.window)
        let organizations = try await database.query(
            """
            SELECT organization_id FROM incidents WHERE look_at <= \(due)
            UNION SELECT organization_id FROM notices WHERE told_at IS NULL
            """
        ).map { try $0("organization_id", as: ID<Organization>.self) }
        var round = Round()
        if !organizations.isEmpty { round.isHeld = try await NetworkFault.isLikely(at: now, over: database) }
        for organization in organizations {
            do { try await tell(organization, at: now, isHeld: round.isHeld) } catch {
                complaints.tell("an organization's alerts could not be told", error, ["organization": "\(organization)"])
            }
        }
        let first: Timestamp? = try await database.query("SELECT min(look_at) AS first FROM incidents WHERE look_at IS NOT NULL").only(
            "first")
        round.next = first.map { max($0.adding(Self.window), now.adding(.milliseconds(organizations.isEmpty ? 1 : 250))) }
        return round
    }

    /// Tells of one organization, unless another node is at it.
    func tell(_ organization: ID<Organization>, at now: Timestamp, isHeld: Bool = false) async throws {
        try await database.transaction { transaction in
            let isFree: Bool = try await transaction.query(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.notifier.' || \(organization.text), 0)) AS is_free"
            ).only("is_free")
            guard isFree, var context = try await context(of: organization, at: now, in: transaction) else { return }
            let (telling, looks) = try await read(organization, at: now, isHeld: isHeld, in: transaction)
            let decision = telling.decide()
            try await name(decision.news, in: &context, in: transaction)
            var writing = decision.news.map { news in
                Writing(
                    id: ID(at: now), channel: news.channel, subject: news.subject, incident: news.only?.id,
                    message: AlertMessage(news, in: context))
            }
            var statements: [Query] = []
            for notice in try await notices(of: organization, in: transaction) {
                let message = AlertMessage(notice, in: context)
                writing += telling.channels.map { Writing(id: ID(at: now), channel: $0, subject: nil, incident: nil, message: message) }
                statements += try await mail.toOwners(message, in: context, unlessBy: telling.channels, in: transaction)
                statements.append("UPDATE notices SET told_at = \(now) WHERE organization_id = \(organization) AND id = \(notice.id)")
            }
            if !writing.isEmpty { statements.append(Writing.insertion(of: writing, at: now, of: organization)) }
            if !decision.marks.isEmpty { statements.append(Self.marking(decision.marks, of: organization)) }
            statements.append(Self.looking(decision.next, seen: looks, of: organization))
            if !writing.isEmpty { statements += Deliveries.wake(organization, database) }
            Failpoint.alertsDecided.reached()
            try await transaction.batch(statements)
        }
        Failpoint.alertsWritten.reached()
    }
}
