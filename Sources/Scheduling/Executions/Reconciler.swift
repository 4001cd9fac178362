import EventLoop
import JSON
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Tenancy
import Time

/// Looks for the answer to every occurrence that a schedule expects: a row of the queue or of history, or its place in a row of
/// a stretch. What it does not find is counted, told, and shown as a metric that has to be 0.
///
/// It believes nobody: what is expected it works out anew from `schedule_periods`, which say what schedule a job had when. One
/// node of all does it, by an advisory lock; two would do no harm.
public struct Reconciler: Service {
    private static let pause: Duration = .seconds(15)
    /// So long after its time an occurrence has had its answer.
    static let lag: Duration = .seconds(15)
    private static let largestBatch = 500
    private static let mostOccurrences = 5_000
    /// So many in one look, of all jobs: the rest comes with the next.
    private static let mostAtOnce = 20_000
    /// History leaves after a week at the earliest; what is looked for must not have left.
    private static let reach: Duration = .seconds(6 * 86_400)

    private let engine: Engine
    private let logger: Logger
    private let complaints: Complaints

    /// A reconciler of this node; `run` does the work.
    public init(_ engine: Engine, logger: Logger) {
        self.engine = engine
        self.logger = logger
        complaints = Complaints(to: logger)
    }

    /// Looks every 15 s until asked to stop. Throws `PostgresError` of kind `.configuration` alone.
    public func run() async throws {
        let lock = try engine.database.advisoryLock(name: "reconciler")
        let bell = Bell(on: engine.loop)
        await withGracefulShutdownHandler {
            var round = 0
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                do {
                    if try await lock.tryAcquire() {
                        if round % Self.roundsBetweenMends == 0 { try await mend(at: engine.clock.now()) }
                        round += 1
                        while !Task.isShuttingDownGracefully, try await check(at: engine.clock.now()) {}
                        try await engine.database.query(Self.over(at: engine.clock.now()))
                    }
                    try await report()
                } catch {
                    complaints.tell("occurrences could not be accounted for", error)
                }
                await bell.wait(until: .now + Self.pause)
            }
        } onGracefulShutdown: {
            bell.ring()
        }
        await lock.release()
    }

    private static let roundsBetweenMends = 40

    /// Puts periods right that a program wrote, or did not write, which knows nothing of them: the one of before, during a deploy.
    /// What lies between is not checked.
    func mend(at now: Timestamp) async throws {
        let mends = try await engine.database.batch([
            """
            UPDATE schedule_periods p SET ends_at = greatest(p.starts_at, p.checked_until) FROM jobs j
            WHERE p.ends_at IS NULL AND j.organization_id = p.organization_id AND j.id = p.job_id
                AND (j.deleted_at IS NOT NULL OR j.schedule IS NULL OR j.schedule_set_at <> p.schedule_set_at OR j.schedule <> p.schedule)
            RETURNING p.job_id
            """,
            """
            INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
            SELECT j.organization_id, j.id, \(now), j.schedule, j.schedule_set_at, \(now) FROM jobs j
            WHERE j.deleted_at IS NULL AND j.schedule IS NOT NULL AND NOT EXISTS (
                SELECT FROM schedule_periods p WHERE p.organization_id = j.organization_id AND p.job_id = j.id AND p.ends_at IS NULL)
                -- Where the organization is deleted, nothing is expected (`Jobs.stop`).
                AND EXISTS (SELECT FROM organizations o WHERE o.id = j.organization_id AND o.deleted_at IS NULL)
            ON CONFLICT DO NOTHING RETURNING job_id
            """,
        ])
        let mended = mends.map(\.count).reduce(0, +)
        if mended > 0 { logger.notice("periods of schedules were put right", metadata: ["count": "\(mended)"]) }
    }

    /// What one job expects in a stretch of time, and what was found of it.
    struct Window {
        let organization: ID<Organization>
        let job: ID<Job>
        let period: Timestamp
        let seen: Timestamp
        /// Excluded, and included.
        let from: Timestamp
        let until: Timestamp
        let expected: [Timestamp]
        /// Right before the first occurrence that was not looked for.
        let checkedUntil: Timestamp
        var found: Set<Timestamp> = []
        var stretches: [ClosedRange<Timestamp>] = []

        var unexplained: [Timestamp] {
            expected.filter { time in !found.contains(time) && !stretches.contains { $0.contains(time) } }
        }
        var unexpected: [Timestamp] { Set(expected).isSuperset(of: found) ? [] : found.subtracting(expected).sorted() }
    }

    /// Looks at the jobs that have not been looked at for longest. Answers whether there may be more.
    func check(at now: Timestamp) async throws -> Bool {
        let periods = try await engine.database.query(Self.unchecked(at: now))
        var windows: [Window] = []
        var count = 0
        for row in periods where count < Self.mostAtOnce {
            windows.append(try Self.window(row, now: now))
            count += windows.last?.expected.count ?? 0
        }
        for row in try await engine.database.query(Self.answers(to: windows)) {
            let index = Int(try row("number") as Int32)
            let first: Timestamp = try row("scheduled_for")
            let last: Timestamp? = try row("last_scheduled_for")
            if let last { windows[index].stretches.append(first...last) } else { windows[index].found.insert(first) }
        }
        for window in windows { tell(window) }
        try await engine.database.batch([Self.locks(windows), Self.checked(windows, at: now)])
        return periods.count == Self.largestBatch || windows.count < periods.count
    }

    private func tell(_ window: Window) {
        let (missing, surplus) = (window.unexplained, window.unexpected)
        Meters.unexpected.increment(by: surplus.count)
        for (message, times) in [("occurrences have no answer", missing), ("executions were not expected", surplus)] where !times.isEmpty {
            logger.critical(
                "\(message)",
                metadata: ["job": "\(window.job)", "count": "\(times.count)", "first": "\(times[0])", "last": "\(times[times.count - 1])"])
        }
    }

    /// What all nodes with a scheduler show.
    private func report() async throws {
        let now = engine.clock.now()
        let results = try await engine.database.batch([
            """
            SELECT coalesce(sum(unexplained), 0)::bigint AS count FROM schedule_periods
            WHERE unexplained > 0 AND unexplained_at > \(now.adding(.zero - Self.reach))
            """,
            "SELECT min(next_run_at) AS first FROM job_states WHERE next_run_at IS NOT NULL",
        ])
        Meters.unexplained.record(Double(try results[0].only("count") as Int64))
        let first: Timestamp? = try results[1].only("first")
        Meters.lag.record(max(0, Double(first.map { $0.duration(to: now).microseconds } ?? 0) / 1e6))
    }
}

extension Reconciler {
    /// Periods of which something is to be looked for: up to now, less the lag, and not what is not decided yet.
    static func unchecked(at now: Timestamp) -> Query {
        """
        SELECT p.organization_id, p.job_id, p.starts_at, p.schedule, p.schedule_set_at, p.checked_until,
            least(p.ends_at, \(now.adding(.zero - lag))::timestamptz, CASE WHEN p.ends_at IS NULL THEN
                least(s.next_run_at, s.passing_from) - interval '1 us' END) AS until
        FROM schedule_periods p JOIN job_states s ON s.organization_id = p.organization_id AND s.job_id = p.job_id
        WHERE p.checked_until < \(now.adding(.zero - lag))
            AND p.checked_until < least(p.ends_at, CASE WHEN p.ends_at IS NULL THEN
                least(s.next_run_at, s.passing_from, 'infinity') - interval '1 us' END)
        ORDER BY p.checked_until LIMIT \(largestBatch)
        """
    }

    static func window(_ row: Row, now: Timestamp) throws -> Window {
        let (seen, until): (Timestamp, Timestamp) = (try row("checked_until"), try row("until"))
        let from = max(seen, now.adding(.zero - reach))
        let json: JSON? = try? row("schedule")
        let schedule = json.flatMap { json in (try? row("schedule_set_at")).flatMap { JobSchedule.stored(json, setAt: $0) } }
        var expected: [Timestamp] = []
        var next = schedule?.next(after: from)
        while let time = next, time <= until, expected.count < mostOccurrences {
            expected.append(time)
            next = schedule?.next(after: time)
        }
        // What cannot be read now may be readable later: a zone's file is away for a moment during an update.
        let checkedUntil = schedule == nil ? until : next?.adding(.microseconds(-1)) ?? never
        return Window(
            organization: try row("organization_id"), job: try row("job_id"), period: try row("starts_at"), seen: seen, from: from,
            until: min(until, checkedUntil), expected: expected, checkedUntil: checkedUntil)
    }

    /// Of a schedule that is over nothing is left to look for.
    private static let never = Timestamp(seconds: 253_402_300_799)

    static func answers(to windows: [Window]) -> Query {
        """
        SELECT w.number, x.scheduled_for, x.last_scheduled_for
        FROM unnest(
            \(windows.indices.map { Int32($0) }), \(windows.map(\.organization)), \(windows.map(\.job)), \(windows.map(\.from)),
            \(windows.map(\.until))
        ) AS w (number, organization_id, job_id, since, until) CROSS JOIN LATERAL (
            SELECT scheduled_for, NULL::timestamptz AS last_scheduled_for FROM queue
            WHERE organization_id = w.organization_id AND job_id = w.job_id AND trigger IN ('schedule', 'backfill')
                AND scheduled_for > w.since AND scheduled_for <= w.until
            UNION ALL
            SELECT scheduled_for, last_scheduled_for FROM executions
            WHERE organization_id = w.organization_id AND job_id = w.job_id AND trigger IN ('schedule', 'backfill')
                AND scheduled_for > w.since AND scheduled_for <= w.until
            UNION ALL
            SELECT scheduled_for, last_scheduled_for FROM executions
            WHERE organization_id = w.organization_id AND job_id = w.job_id AND count > 1 AND last_scheduled_for > w.since
                AND scheduled_for <= w.since AND scheduled_for > w.since - interval '25 hours'  -- a row spans a day at most
            UNION ALL
            SELECT scheduled_for, last_scheduled_for FROM kept_executions
            WHERE organization_id = w.organization_id AND job_id = w.job_id AND trigger IN ('schedule', 'backfill')
                AND coalesce(last_scheduled_for, scheduled_for) > w.since AND scheduled_for <= w.until
        ) x
        """
    }

    /// In one order, as all who write more than one.
    private static func locks(_ windows: [Window]) -> Query {
        """
        SELECT FROM schedule_periods p WHERE (p.organization_id, p.job_id, p.starts_at) IN (
            SELECT * FROM unnest(\(windows.map(\.organization)), \(windows.map(\.job)), \(windows.map(\.period))))
        ORDER BY p.organization_id, p.job_id, p.starts_at FOR UPDATE
        """
    }

    private static func checked(_ windows: [Window], at now: Timestamp) -> Query {
        """
        UPDATE schedule_periods p SET checked_until = w.checked_until, unexplained = p.unexplained + w.unexplained,
            unexplained_at = CASE WHEN w.unexplained > 0 THEN \(now) ELSE p.unexplained_at END
        FROM unnest(
            \(windows.map(\.organization)), \(windows.map(\.job)), \(windows.map(\.period)), \(windows.map(\.seen)),
            \(windows.map(\.checkedUntil)), \(windows.map { Int64($0.unexplained.count) })
        ) AS w (organization_id, job_id, starts_at, seen, checked_until, unexplained)
        WHERE p.organization_id = w.organization_id AND p.job_id = w.job_id AND p.starts_at = w.starts_at AND p.checked_until = w.seen
        """
    }

    /// Takes away what is over and all explained; what is not stays for some days, to be seen.
    static func over(at now: Timestamp) -> Query {
        """
        DELETE FROM schedule_periods WHERE ends_at <= checked_until AND (unexplained = 0 OR ends_at < \(now.adding(.zero - reach)))
        """
    }
}
