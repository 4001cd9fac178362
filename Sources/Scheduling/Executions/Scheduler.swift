import EventLoop
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Tenancy
import Time

/// Moves jobs on: puts each occurrence into the queue a little before it is due, and the job's next run behind it, in one
/// statement that works only where the next run is still the one that was seen. So two schedulers are harmless, and who
/// leads is a matter of thrift: any node that sees no tick for a while schedules too.
public struct Scheduler: Service {
    /// How far ahead occurrences are queued. What is edited or paused in between is taken out again.
    static let horizon: Duration = .seconds(2)
    private static let longestSleep: Duration = .seconds(1)
    /// A leader that has not ticked for so long is passed over.
    private static let patience: Duration = .milliseconds(1_500)
    static let largestBatch = 1_000
    /// What a tick may write, and think about, before others get their turn.
    private static let mostRows = 10_000
    static let longestThought: Duration = .milliseconds(100)
    /// At least so many occurrences of a job are passed at a time: a stretch that did not run shall be few rows.
    private static let fewestOccurrences = 1_000

    let engine: Engine
    private let logger: Logger
    let complaints: Complaints

    /// A scheduler of this node; `run` does the work.
    public init(_ engine: Engine, logger: Logger) {
        self.engine = engine
        self.logger = logger
        complaints = Complaints(to: logger)
    }

    /// Ticks until asked to stop. Throws `PostgresError` of kind `.configuration` alone: all else is logged and tried again.
    public func run() async throws {
        let lock = try engine.database.advisoryLock(name: "scheduler")
        await withGracefulShutdownHandler {
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                var wake = ContinuousClock.now + Self.longestSleep
                do {
                    if try await mayTick(lock) {
                        wake = min(wake, try await tick(at: engine.clock.now()))
                        wake = min(wake, try await passOver(at: engine.clock.now()))
                    }
                } catch {
                    wake = .now + Engine.pauseAfterError
                    if (error as? PostgresError)?.isOfMissingPartition == true { try? await engine.partitions.ensureWhatIsQueued() }
                    complaints.tell("the scheduler could not tick", error)
                }
                await engine.jobsBell.wait(until: wake)
            }
        } onGracefulShutdown: {
            engine.jobsBell.ring()
        }
        await lock.release()
    }

    private func mayTick(_ lock: AdvisoryLock) async throws -> Bool {
        if try await lock.tryAcquire() { return true }
        let last: Timestamp? = try await engine.database.query("SELECT max(last_tick_at) AS last FROM nodes").only("last")
        return last.map { $0.adding(Self.patience) < engine.clock.now() } ?? true
    }

    /// One pass over what is due by the horizon, as seen at `now`. Answers when to look again.
    func tick(at now: Timestamp) async throws -> ContinuousClock.Instant {
        let horizon = now.adding(Self.horizon)
        let results = try await engine.database.batch([
            Self.selection(dueBy: horizon).plannedAnew,
            "SELECT min(next_run_at) AS next FROM job_states WHERE next_run_at > \(horizon)",
        ])
        let isHerd = results[0].count == Self.largestBatch
        let turns = isHerd ? try await engine.database.query(Self.evenSelection(dueBy: horizon).plannedAnew).map { try DueJob($0) } : []
        let taken = Set(turns.map(\.jobID))
        let due = turns + (try results[0].map { try DueJob($0) }).filter { !taken.contains($0.jobID) }
        if !due.isEmpty { Failpoint.occurrenceRead.reached() }
        let isDone = try await engine.catchUp.unlessItFails { try await pass(Self.inTurns(due, now: now), now: now, horizon: horizon) }
        // Not before: who can read but not write must not keep others from it.
        try await engine.database.query(
            """
            UPDATE nodes SET last_tick_at = \(now) WHERE id = \(engine.node)
                AND (last_tick_at IS NULL OR last_tick_at < \(now.adding(.milliseconds(-500))))
            """)
        if !isDone || isHerd { return .now }
        let next: Timestamp? = try results[1].only("next")
        return next.map { engine.clock.instant(of: $0.adding(.zero - Self.horizon)) } ?? .now + Self.longestSleep
    }

    static func selection(dueBy horizon: Timestamp) -> Query {
        """
        SELECT \(DueJob.columns(at: horizon)) FROM job_states s \(DueJob.joins)
        WHERE s.next_run_at <= \(horizon) ORDER BY s.next_run_at LIMIT \(largestBatch)
        """
    }

    /// What goes first in a herd: the first of each organization, then the second of each, and so on. By time alone everybody
    /// would stand behind the one organization of which a hundred thousand are due. Looks at every lane, so it is not for every
    /// tick, and at a few of each, so that it costs what there are organizations.
    static func evenSelection(dueBy horizon: Timestamp) -> Query {
        """
        SELECT \(DueJob.columns(at: horizon)) FROM (
            SELECT first.* FROM lanes l CROSS JOIN LATERAL (
                SELECT d.*, row_number() OVER (ORDER BY d.next_run_at, d.job_id) AS place FROM (
                    SELECT organization_id, job_id, next_run_at FROM job_states
                    WHERE organization_id = l.organization_id AND next_run_at <= \(horizon) ORDER BY next_run_at LIMIT 16
                ) d
            ) first
            ORDER BY first.place, first.next_run_at LIMIT \(largestBatch)
        ) d JOIN job_states s ON s.organization_id = d.organization_id AND s.job_id = d.job_id \(DueJob.joins)
        ORDER BY d.place, d.next_run_at
        """
    }

    /// The first of each organization, then the second of each, as far as they were read; those that are not far behind go
    /// first in each turn, for they cost little.
    static func inTurns(_ due: [DueJob], now: Timestamp) -> [DueJob] {
        let recently = now.adding(.seconds(-60))
        var counts: [ID<Organization>: Int] = [:]
        var turns: [[DueJob]] = []
        for job in due {
            let turn = counts[job.organizationID, default: 0]
            counts[job.organizationID] = turn + 1
            if turn == turns.count { turns.append([]) }
            turns[turn].append(job)
        }
        return turns.flatMap { turn in turn.filter { $0.isDue(since: recently) } + turn.filter { !$0.isDue(since: recently) } }
    }

    /// Answers whether all that is due was passed: after a long outage not all jobs are, and of some not all occurrences.
    private func pass(_ due: [DueJob], now: Timestamp, horizon: Timestamp) async throws -> Bool {
        let end = engine.clock.monotonic() + Self.longestThought
        let most = max(Self.fewestOccurrences, Passage.most / max(1, due.count))
        var moves = Moves()
        var left = Dictionary(due.compactMap { job in job.executionsLeft.map { (job.organizationID, $0) } }) { first, _ in first }
        for (organization, waiting) in try await UsageCounter.waiting(of: left, over: engine.database) { left[organization]? -= waiting }
        var isDone = true
        for job in due {
            guard moves.rows < Self.mostRows, moves.isEmpty || engine.clock.monotonic() < end else {
                isDone = false
                break
            }
            guard let schedule = job.readSchedule() else {
                await setAside(job)
                continue
            }
            guard let next = job.nextRunAt else { continue }
            let mine = left[job.organizationID]
            let passage = Passage(
                of: schedule, from: next, missed: job.missed, deadline: job.startDeadline, now: now, horizon: horizon, most: most,
                left: mine)
            if let mine { left[job.organizationID] = mine - Int64(passage.queued.count) }
            isDone = isDone && passage.next.map { $0 > horizon } ?? true
            moves.add(job, Decision(job, passage, now: now, catchUp: engine.catchUp))
        }
        guard !moves.isEmpty else { return isDone }
        try await engine.partitions.ensure(moves.days)
        let counts = try await moves.write(to: engine.database, now: now)
        Failpoint.occurrenceQueued.reached()
        if counts.queued > 0 { engine.dueBell.ring() }
        return isDone
    }

    /// SQL: the incident of a job that was set aside.
    private static let aside: Query = """
        SELECT organization_id, job_id, NULL::text AS host, job_subject(job_id) AS subject, NULL::text AS reason, set_aside AS detail,
            NULL::uuid AS execution_id, 1 AS count FROM aside
        """

    /// A job whose next run cannot be computed never stops the tick of anyone else. It is shown, and it is loud.
    func setAside(_ job: DueJob) async {
        do {
            let opening = Incident.opening(.setAside, Self.aside, counting: "i.count", now: engine.clock.now())
            try await engine.database.query(
                """
                WITH aside AS (
                    UPDATE job_states SET next_run_at = NULL, passing_from = NULL, pass_at = NULL,
                        set_aside = 'Its schedule cannot be read. Save the job again.'
                    WHERE organization_id = \(job.organizationID) AND job_id = \(job.jobID)
                        AND next_run_at IS NOT DISTINCT FROM \(job.nextRunAt) AND passing_from IS NOT DISTINCT FROM \(job.passingFrom)
                    RETURNING organization_id, job_id, set_aside
                ),
                opened AS (\(opening)),
                rung AS MATERIALIZED (\(Incident.ringing("opened", engine.database)))
                SELECT count(*) FROM rung
                """)
            Meters.setAside.increment()
            logger.critical("a job was set aside: its schedule cannot be read", metadata: ["job": "\(job.jobID)"])
        } catch {
            logger.error("a job could not be set aside", metadata: ["job": "\(job.jobID)", "error": "\(error)"])
        }
    }
}
