import JSON
import Postgres
import Tenancy
import Time

@testable import Scheduling

/// What people do to a job.
enum Change: CaseIterable {
    case runByHand, setSchedule, rename, pause, pauseUntil, resume, delete
}

/// What the driver did to a job.
struct JobRecord {
    struct Period {
        let rhythm: Rhythm
        /// Occurrences later than this, up to `until` (included; nil: it goes on), were to come.
        let from: Timestamp
        var until: Timestamp?
    }

    struct Pause {
        let from: Timestamp
        /// Nil: it goes on.
        var until: Timestamp?
        /// Whether people ended it, and so many occurrences at most were to be made up.
        var isEndedByHand = false
        var makesUp: Int
    }

    let id: ID<Job>
    let job: SimulatedJob
    var periods: [Period]
    var pauses: [Pause] = []
    var deletedAt: Timestamp?
    /// When new data of its zone came: around that, what the old and what the new rules say is right (decision 19).
    var newRulesAt: [Timestamp] = []

    var rhythm: Rhythm { periods[periods.count - 1].rhythm }

    func isPaused(at now: Timestamp) -> Bool { pauses.last.map { $0.until.map { $0 > now } ?? true } ?? false }

    /// Right after a change, what is leased already may still run, and may not.
    func isOpen(_ time: Timestamp) -> Bool {
        isMoving(from: time, to: time)
            || (periods.compactMap(\.until) + pauses.map(\.from)).contains { time > $0 && time <= $0.adding(Scheduler.horizon) }
    }

    func isMoving(from first: Timestamp, to last: Timestamp) -> Bool {
        newRulesAt.contains { first <= $0.adding(.seconds(3 * 3_600)) && last >= $0.adding(.seconds(-3 * 3_600)) }
    }

    func deadline(at time: Timestamp) -> Int64? {
        job.deadline(of: periods.last { $0.from < time }?.rhythm ?? rhythm)
    }
}

extension Simulation {
    private var jobs: Jobs { Jobs(nodes[living.first ?? 0].engine, plugins: JobPlugins([Probe()]), secrets: secrets) }
    private var roster: Roster { Roster(start: plan.start, end: plan.end, zoneNames: zones) }

    func createJobs() async throws {
        for job in roster.draw(plan.jobs, using: &random) {
            time.advance(to: moment + 1_000)
            let made = try await jobs.create(job.draft, for: accesses[job.organization])
            numbers[made.id] = records.count
            records.append(JobRecord(id: made.id, job: job, periods: [.init(rhythm: job.rhythm, from: made.createdAt)]))
        }
    }

    /// Somebody does something: now, or right around a job's next run.
    func people() async throws {
        soon(.people, in: within(60_000_000...3 * 3_600_000_000))
        let number = chance(40) ? 19 + 20 * Int(within(0...4)) : Int(within(0...Int64(records.count - 1)))
        var change = Change.runByHand
        if plan.hasChanges, chance(60) { change = Change.allCases.randomElement(using: &random) ?? change }
        guard isDatabaseUp, records.indices.contains(number), chance(50) else { return soon(.change(number, change), in: 1_000) }
        let next: Timestamp? = try await base.database.query("SELECT next_run_at FROM job_states WHERE job_id = \(records[number].id)")
            .only("next_run_at")
        guard let next, next < time.now.adding(.seconds(6 * 3_600)) else { return soon(.change(number, change), in: 1_000) }
        agenda.add(.change(number, change), at: max(moment + 1_000, time.moment(of: next) + within(-2_500_000...500_000)))
    }

    func carryOut(_ change: Change, on number: Int) async throws {
        guard records.indices.contains(number), records[number].deletedAt == nil else { return }
        let isPaused = records[number].isPaused(at: time.now)
        // A change in a time that has been before would rewrite what has happened.
        guard isDatabaseUp, settledAt <= moment, !connected.isEmpty, change == .runByHand || time.now >= highest else {
            if change == .resume { soon(.change(number, change), in: 60_000_000) }
            return
        }
        let (name, access) = (Jobs.Name.id(records[number].id), accesses[records[number].job.organization])
        switch change {
        case .runByHand: try await runByHand(number, access)
        case .rename: _ = try await jobs.change(name, ["name": .string("renamed at \(moment)")], for: access)
        case .setSchedule where !isPaused: try await setSchedule(of: number, access)
        case .pause where !isPaused && canPause(number):
            _ = try await jobs.pause(name, until: nil, for: access)
            notePause(records[number].id, until: nil)
        case .pauseUntil where !isPaused && canPause(number):
            let end = Timestamp(seconds: time.now.adding(.microseconds(within(600_000_000...80_000_000_000))).seconds / 60 * 60)
            _ = try await jobs.pause(name, until: end, for: access)
            notePause(records[number].id, until: end)
        case .resume where isPaused: try await resume(number, name, access)
        case .delete where chance(20):
            try await jobs.delete(name, for: access)
            let now = time.now
            records[number].deletedAt = now
            records[number].periods[records[number].periods.count - 1].until = now
            guard isPaused, let last = records[number].pauses.indices.last else { break }
            (records[number].pauses[last].until, records[number].pauses[last].makesUp) = (now, 0)
            records[number].pauses[last].isEndedByHand = true
        default: return
        }
        note("j\(number): \(change)")
        soon(.recall(job: number), in: within(1_000...50_000))
        try await look()
    }

    private func runByHand(_ number: Int, _ access: Access) async throws {
        let job = try await jobs.find(.id(records[number].id), for: access)
        manualRuns.insert(try await Executions(jobs.engine).trigger(job, override: [:], by: .manual, for: access).id)
    }

    private func setSchedule(of number: Int, _ access: Access) async throws {
        let rhythm = roster.rhythm(number, using: &random)
        // One that would never run again is refused.
        guard rhythm != records[number].rhythm,
            (try? await jobs.change(.id(records[number].id), ["schedule": rhythm.json], for: access)) != nil
        else { return }
        records[number].periods[records[number].periods.count - 1].until = time.now
        records[number].periods.append(.init(rhythm: rhythm, from: time.now))
    }

    /// A one-time job waits for the end of a pause, and one on demand knows none.
    private func canPause(_ number: Int) -> Bool {
        switch records[number].rhythm.kind {
        case .cron, .every: true
        case .at, .onDemand: false
        }
    }

    func notePause(_ id: ID<Job>, until end: Timestamp?) {
        guard let number = numbers[id] else { return }
        let job = records[number].job
        records[number].pauses.append(.init(from: time.now, until: end, makesUp: job.makesUp(by: job.missed)))
        note("j\(number) is paused\(end.map { " until " + $0.rfc3339 } ?? "")")
        if end == nil || chance(30) { soon(.change(number, .resume), in: within(300_000_000...80_000_000_000)) }
    }

    private func resume(_ number: Int, _ name: Jobs.Name, _ access: Access) async throws {
        let answer = [nil, .skip, .last, .all].randomElement(using: &random) ?? Jobs.Answer?.none
        _ = try await jobs.resume(name, makingUp: answer, for: access)
        let (job, last) = (records[number].job, records[number].pauses.count - 1)
        records[number].pauses[last].until = time.now
        records[number].pauses[last].isEndedByHand = true
        records[number].pauses[last].makesUp = job.makesUp(by: answer?.rawValue ?? job.missed)
    }
}
