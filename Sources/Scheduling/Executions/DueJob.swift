import JSON
import Postgres
import Tenancy
import Time

/// A job whose next occurrence is near, as the scheduler reads it.
struct DueJob: Sendable {
    let organizationID: ID<Organization>
    let jobID: ID<Job>
    /// What the compare-and-swap compares with.
    let nextRunAt: Timestamp
    /// Compared too: the same next run may be followed by another one after an edit.
    let version: Int64
    /// Nil where it cannot be read: a row that threw here would stop the tick of everybody.
    let schedule: JSON?
    let scheduleSetAt: Timestamp
    let missed: MissedPolicy
    /// Later than this after its time an occurrence is missed; nil: never too late.
    let startDeadline: Duration?
    let mayOverlap: Bool
    let keepDays: Int

    init(_ row: Row) throws {
        organizationID = try row("organization_id")
        jobID = try row("job_id")
        nextRunAt = try row("next_run_at")
        version = try row("version")
        schedule = try? row("schedule")
        scheduleSetAt = try row("schedule_set_at")
        missed = MissedPolicy(word: try row("missed"), limit: Int(try row("missed_limit") as Int32))
        mayOverlap = try row("overlap") as String == "allow"
        keepDays = Int(try row("keep_days") as Int16)
        let said: Int32? = try row("start_deadline_s")
        let interval: Int64? = try row("shortest_interval_ms")
        startDeadline = said.map { .seconds($0) } ?? interval.map { .milliseconds(min(max($0 / 2, 30_000), 3_600_000)) }
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
    /// Not to be run, and to be recorded as missed, oldest first.
    var missed: [Timestamp] = []
    /// The first occurrence that was not looked at; nil: there is none.
    var next: Timestamp?

    /// So many occurrences are passed at one time; a job that is further behind comes back for the rest.
    static let most = 10_000

    /// Passes the occurrences from `next` on that are due by `horizon`, at most `most` of them. Those that are later than
    /// their deadline are missed, but for what the policy makes up; an occurrence that is due now and still in time makes up
    /// for the last. Where the rest of what is due is left to the next pass, so is what is made up.
    init(
        of schedule: Schedule, from next: Timestamp, missed policy: MissedPolicy, deadline: Duration?, now: Timestamp, horizon: Timestamp,
        most: Int = Self.most
    ) {
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
    }
}
