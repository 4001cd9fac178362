import EventLoop
import Logging
import Postgres
import Secrets
import ServiceLifecycle
import Synchronization
import Time

/// Sees that the system's zone data was updated under the running program: this node goes by the new rules, and the next runs
/// that the old ones gave are computed again, with a line in the audit log for each job that moved.
///
/// Every node has one, because every node keeps rules in memory. What was computed by which rules is in `zone_rules`, so data
/// that changed while the program was down is seen too.
public final class ZoneWatch: Service {
    /// Between two looks. A look reads the files of the zones in use, and asks the database one question.
    private static let interval: Duration = .seconds(10)
    /// Jobs are looked at again so long after a change, because other nodes, and a tick under way, still moved some on by the old
    /// rules; and so often while a node goes on doing so.
    static let patience: Duration = .seconds(30)

    private let engine: Engine
    private let logger: Logger
    private let complaints: Complaints
    /// The fingerprints that this node has brought before the database: on each it insists once.
    private let said = Mutex<[String: [UInt8]]>([:])

    /// A watch of this node; `run` does the work.
    public init(_ engine: Engine, logger: Logger) {
        self.engine = engine
        self.logger = logger
        complaints = Complaints(to: logger)
    }

    /// Looks at once and then every 10 seconds, until asked to stop.
    public func run() async {
        let bell = Bell(on: engine.loop)
        await withGracefulShutdownHandler {
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                do { try await cancelWhenGracefulShutdown { try await self.look(version: ZoneData.version()) } } catch {
                    if !Task.isShuttingDownGracefully { complaints.tell("time zones could not be looked at", error) }
                }
                await bell.wait(until: .now + Self.interval)
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    /// One look, by data of that release; tests call it.
    func look(version: String) async throws {
        let unread = ZoneData.reload()
        if !unread.isEmpty { complaints.tell("zone files could not be read; the old rules stay", Missing(zones: unread), at: .warning) }
        guard try await settle(version, mayMove: false) else { return }
        let lock = try engine.database.advisoryLock(name: "zones")
        do {
            // Another node may have done it by the time that the lock is ours.
            if try await lock.tryAcquire() { _ = try await settle(version, mayMove: true) }
        } catch {
            await lock.release()
            throw error
        }
        await lock.release()
    }

    /// Does for each zone in use what is to be done; answers whether something is left that needs the lock.
    private func settle(_ version: String, mayMove: Bool) async throws -> Bool {
        var (isLeft, failure) = (false, nil as (any Error)?)
        for zone in try await engine.database.query(ZoneInUse.all).map({ try ZoneInUse($0) }) {
            guard let rules = ZoneRules.named(zone.name) else {
                complaints.tell("jobs go by a time zone that the system does not have", Missing(zones: [zone.name]), at: .critical)
                continue
            }
            let own = Hash.sha256(rules.outline)
            let step = zone.step(own, version, insisted: said.withLock { $0[zone.name] == own }, now: engine.clock.now())
            if case .move = step, !mayMove {
                isLeft = true
                continue
            }
            do {
                try await take(step, zone, own, version)
                said.withLock { $0[zone.name] = own }
            } catch {
                // What keeps one zone must not keep the others.
                failure = error
            }
        }
        if let failure { throw failure }
        return isLeft
    }

    private func take(_ step: ZoneInUse.Step, _ zone: ZoneInUse, _ own: [UInt8], _ version: String) async throws {
        let now = engine.clock.now()
        switch step {
        case .nothing: return
        case .note:
            // Never over what another node has noted meanwhile.
            try await engine.database.query(
                """
                INSERT INTO zone_rules (zone, fingerprint, version, changed_at) VALUES (\(zone.name), \(own), \(version), \(now))
                ON CONFLICT (zone) DO UPDATE SET version = excluded.version WHERE zone_rules.fingerprint = excluded.fingerprint
                """)
        case .contest:
            complaints.tell("this node goes by other rules of a time zone than the database", Contest(zone, version), at: .warning)
            try await engine.database.query("UPDATE zone_rules SET contested_at = \(now) WHERE zone = \(zone.name)")
        case .move(let isNews):
            let moved = try await ZoneMove(zone: zone, version: version, isNews: isNews, engine: engine).run()
            try await engine.database.query(
                """
                UPDATE zone_rules SET fingerprint = \(own), version = \(version), changed_at = \(now),
                    contested_at = CASE WHEN \(isNews) THEN \(now.adding(.microseconds(1))) ELSE contested_at END
                WHERE zone = \(zone.name)
                """)
            Meters.movedByZones.increment(by: moved)
            guard isNews || moved > 0 else { return }
            logger.notice(
                "next runs were computed again for a time zone",
                metadata: ["zone": "\(zone.name)", "from": "\(zone.recorded?.version ?? "")", "to": "\(version)", "moved": "\(moved)"])
        }
    }

    private struct Missing: Error, CustomStringConvertible {
        let zones: [String]
        var description: String { zones.joined(separator: ", ") }
    }

    private struct Contest: Error, CustomStringConvertible {
        let description: String

        init(_ zone: ZoneInUse, _ version: String) {
            description = "\(zone.name): \(version) here, \(zone.recorded?.version ?? "") there; update tzdata on every node"
        }
    }
}

/// A zone that jobs go by, and by which rules their next runs were computed.
struct ZoneInUse: Sendable {
    let name: String
    /// Nil: none are known; no job had this zone before.
    let recorded: (fingerprint: [UInt8], version: String, changedAt: Timestamp, contestedAt: Timestamp?)?

    /// What a node does about it.
    enum Step: Equatable {
        case nothing
        /// Write down by which rules, or which release of them, next runs are computed.
        case note
        /// Compute next runs again. Not news: the rules are those of before, but another node moves jobs on by others.
        case move(isNews: Bool)
        /// Let the others know that jobs are moved on by other rules than theirs.
        case contest
    }

    /// The step of a node with the fingerprint `own` out of the release `version`. Newer rules go before older ones. Where the
    /// releases are the same, or one of them is unknown, a node insists on its rules once, when it starts or sees them change
    /// (`insisted`): so two that differ do not undo each other's work for ever.
    func step(_ own: [UInt8], _ version: String, insisted: Bool, now: Timestamp) -> Step {
        guard let recorded else { return .note }
        let isNewer = Self.isRelease(version, laterThan: recorded.version)
        if own == recorded.fingerprint {
            let isContested = recorded.contestedAt.map { $0 > recorded.changedAt } ?? false
            if isContested, recorded.changedAt.adding(ZoneWatch.patience) <= now { return .move(isNews: false) }
            return isNewer ? .note : .nothing
        }
        if Self.isRelease(recorded.version, laterThan: version) || insisted && !isNewer { return .contest }
        return .move(isNews: true)
    }

    /// Whether `2026a` is later than `2025b`. No other texts have an order.
    private static func isRelease(_ a: String, laterThan b: String) -> Bool {
        [a, b].allSatisfy { $0.utf8.count >= 5 && $0.utf8.prefix(4).allSatisfy { 48...57 ~= $0 } } && a > b
    }

    /// Looks each zone up by its index: there may be a million jobs, in a dozen zones.
    static let all: Query = """
        WITH RECURSIVE used (zone) AS (
            (SELECT schedule ->> 'timezone' FROM jobs WHERE deleted_at IS NULL AND schedule ? 'cron' ORDER BY 1 LIMIT 1)
            UNION ALL
            SELECT (SELECT schedule ->> 'timezone' FROM jobs
                WHERE deleted_at IS NULL AND schedule ? 'cron' AND schedule ->> 'timezone' > used.zone ORDER BY 1 LIMIT 1)
            FROM used WHERE used.zone IS NOT NULL
        )
        SELECT used.zone, fingerprint, version, changed_at, contested_at FROM used LEFT JOIN zone_rules r ON r.zone = used.zone
        WHERE used.zone IS NOT NULL ORDER BY 1
        """

    init(_ row: Row) throws(PostgresError) {
        name = try row("zone")
        guard let fingerprint = try row("fingerprint", as: [UInt8]?.self) else {
            recorded = nil
            return
        }
        recorded = (fingerprint, try row("version"), try row("changed_at"), try row("contested_at"))
    }

    init(name: String, recorded: (fingerprint: [UInt8], version: String, changedAt: Timestamp, contestedAt: Timestamp?)?) {
        (self.name, self.recorded) = (name, recorded)
    }
}
