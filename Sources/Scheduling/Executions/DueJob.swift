import JSON
import Postgres
import Tenancy
import Time

/// A job about whose occurrences something is to be decided, as the scheduler reads it.
struct DueJob: Sendable {
    let organizationID: ID<Organization>
    let jobID: ID<Job>
    /// The next occurrence to be queued; nil: none, or the job is off. What the compare-and-swap compares with.
    let nextRunAt: Timestamp?
    /// The first occurrence that a pause passes over; nil: none. Compared too.
    let passingFrom: Timestamp?
    let passAt: Timestamp?
    /// Compared too: the same next run may be followed by another one after an edit.
    let version: Int64
    /// Nil where it cannot be read: a row that threw here would stop the tick of everybody.
    let schedule: JSON?
    let scheduleSetAt: Timestamp
    let enabled: Bool
    let pausedUntil: Timestamp?
    let missed: MissedPolicy
    /// Later than this after its time an occurrence is missed; nil: never too late.
    let startDeadline: Duration?
    let mayOverlap: Bool
    let keepDays: Int
    /// What did not run since the last occurrence that was queued.
    let stretch: Stretch?
    /// So many executions its organization has left this month, what waits not counted; nil: any number.
    var executionsLeft: Int64?

    init(_ row: Row) throws {
        organizationID = try row("organization_id")
        jobID = try row("job_id")
        nextRunAt = try row("next_run_at")
        passingFrom = try row("passing_from")
        passAt = try row("pass_at")
        version = try row("version")
        schedule = try? row("schedule")
        scheduleSetAt = try row("schedule_set_at")
        enabled = try row("enabled")
        pausedUntil = try row("paused_until")
        missed = MissedPolicy(word: try row("missed"), limit: Int(try row("missed_limit") as Int32))
        mayOverlap = try row("overlap") as String == "allow"
        keepDays = Int(try row("keep_days") as Int16)
        let said: Int32? = try row("start_deadline_s")
        let interval: Int64? = try row("shortest_interval_ms")
        startDeadline = said.map { .seconds($0) } ?? interval.map { .milliseconds(min(max($0 / 2, 30_000), 3_600_000)) }
        stretch = try Stretch(row)
        executionsLeft = try row("executions_left")
    }

    /// Whether a pause holds it at that instant.
    func isPaused(at now: Timestamp) -> Bool { !enabled || pausedUntil.map { $0 > now } ?? false }

    func isDue(since time: Timestamp) -> Bool { nextRunAt.map { $0 >= time } ?? false }

    /// Nil: what was stored cannot be read.
    func readSchedule() -> Schedule? { schedule.flatMap { JobSchedule.stored($0, setAt: scheduleSetAt) } }

    /// How it is read, of `job_states s`.
    static func columns(at now: Timestamp) -> Query {
        """
        s.organization_id, s.job_id, s.next_run_at, s.passing_from, s.pass_at, j.version, j.schedule, j.schedule_set_at, \
        j.shortest_interval_ms, j.enabled, j.paused_until, j.missed, j.missed_limit, j.start_deadline_s, j.overlap, e.keep_days, s.stretch_from, \
        s.stretch_reason, s.row_from, s.row_count, e.executions_per_month - \(UsageCounter.used(of: "e", at: now)) AS executions_left
        """
    }
    static let joins: Query = """
        JOIN jobs j ON j.organization_id = s.organization_id AND j.id = s.job_id \
        JOIN entitlements e ON e.organization_id = s.organization_id
        """
}

extension DueJob {
    /// The job and its state, locked in the order that all keep; nil: it is not there, or deleted.
    static func locked(_ id: ID<Job>, of organization: ID<Organization>, at now: Timestamp, in transaction: Transaction) async throws
        -> DueJob?
    {
        try await transaction.query(
            """
            SELECT FROM jobs j JOIN job_states s ON s.organization_id = j.organization_id AND s.job_id = j.id
            WHERE j.organization_id = \(organization) AND j.id = \(id) FOR UPDATE OF j, s
            """)
        var job = try await transaction.query(
            """
            SELECT \(columns(at: now)) FROM job_states s \(joins)
            WHERE s.organization_id = \(organization) AND s.job_id = \(id) AND j.deleted_at IS NULL
            """
        ).first.map { try DueJob($0) }
        if let left = job?.executionsLeft {
            job?.executionsLeft = left - (try await UsageCounter.waiting(of: [organization: left], over: transaction)[organization] ?? 0)
        }
        return job
    }
}

extension Stretch {
    /// Nil where there is none.
    init?(_ row: Row) throws {
        let reason: String? = try row("stretch_reason")
        let (from, rowFrom): (Timestamp?, Timestamp?) = (try row("stretch_from"), try row("row_from"))
        guard let reason = reason.flatMap(Reason.init(rawValue:)), let from, let rowFrom else { return nil }
        self.init(from: from, reason: reason, rowFrom: rowFrom, rowCount: Int(try row("row_count", as: Int32?.self) ?? 0))
    }
}

/// What becomes of occurrences that could not start in time.
enum MissedPolicy: Sendable {
    case skip
    case last
    /// The last so many of them.
    case all(Int)

    init(word: String, limit: Int) {
        self =
            switch word {
            case "skip": .skip
            case "all": .all(limit)
            default: .last
            }
    }

    var makesUp: Int {
        switch self {
        case .skip: 0
        case .last: 1
        case .all(let limit): limit
        }
    }

    /// Whether it makes up for each by itself; otherwise one that is in time makes up for them all.
    var makesUpMany: Bool { if case .all = self { true } else { false } }
}

/// What the scheduler decides about one job at one moment.
struct Passage: Sendable, Equatable {
    /// To be queued, oldest first.
    var queued: [Timestamp] = []
    /// So many of them are made up: the first, which could not start in time.
    var madeUp = 0
    /// Not to be run, and to be recorded as missed, oldest first: earlier than what is queued.
    var missed: [Timestamp] = []
    /// To be recorded as skipped, oldest first, because the month's executions are used up: later than what is queued.
    var overLimit: [Timestamp] = []
    /// The first occurrence that was not looked at; nil: there is none.
    var next: Timestamp?

    /// So many occurrences are passed at one time; a job that is further behind comes back for the rest.
    static let most = 10_000

    /// Passes the occurrences from `next` on that are due by `horizon`, at most `most` of them. Those that are later than
    /// their deadline are missed, but for what the policy makes up; an occurrence that is due now and still in time makes up
    /// for the last. Where the rest of what is due is left to the next pass, so is what is made up.
    init(
        of schedule: Schedule, from next: Timestamp, missed policy: MissedPolicy, deadline: Duration?, now: Timestamp, horizon: Timestamp,
        most: Int = Self.most, left: Int64? = nil
    ) {
        defer { if let left { keep(Int(clamping: max(0, left))) } }
        var due: [Timestamp] = []
        self.next = next
        while let occurrence = self.next, occurrence <= horizon, due.count < most {
            due.append(occurrence)
            self.next = schedule.next(after: occurrence)
        }
        guard let deadline else {
            queued = due
            return
        }
        let oldest = now.adding(.zero - deadline)
        let late = due.filter { $0 < oldest }
        let inTime = due.suffix(due.count - late.count)
        if inTime.isEmpty, let next = self.next, next <= now {
            // What may be made up comes again with the rest; at least one is passed, or it would come for ever.
            let undecided = policy.makesUpMany ? late.suffix(min(policy.makesUp, late.count - 1)) : []
            self.next = undecided.first ?? next
            missed = late.dropLast(undecided.count)
            return
        }
        let isCovered = !policy.makesUpMany && inTime.contains { $0 <= now }
        let makesUp = isCovered ? 0 : policy.makesUp
        missed = Array(late.dropLast(makesUp))
        queued = late.suffix(makesUp) + inTime
        madeUp = queued.count - inTime.count
    }

    /// Queues no more than so many.
    private mutating func keep(_ left: Int) {
        overLimit = Array(queued.dropFirst(left))
        queued = Array(queued.prefix(left))
        madeUp = min(madeUp, left)
    }
}
