import EventLoop
import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct SchedulerTests {
    /// As if the job had last been looked at then.
    private func rewind(_ job: Job, to time: Timestamp, in scene: Scene) async throws {
        try await scene.database.query("UPDATE job_states SET next_run_at = \(time) WHERE job_id = \(job.id)")
    }

    /// A whole second well in the past, so that occurrences are easy to name.
    private func start(_ scene: Scene, minutesAgo: Int64) -> Timestamp {
        Timestamp(seconds: scene.engine.clock.now().seconds - minutesAgo * 60)
    }

    private func minutely(from start: Timestamp, _ more: JSONObject = [:]) -> JSON {
        .probe(["every": "1m", "anchor": .string(start.rfc3339)], more)
    }

    @Test func whatIsDueSoonIsQueuedAndTheJobMovesOn() async throws {
        let scene = try await Scene()
        let now = scene.engine.clock.now()
        let (soon, late) = (now.adding(.seconds(60)), now.adding(.seconds(120)))
        let near = try await scene.jobs.create(.probe(["every": "1h", "anchor": .string(soon.rfc3339)]), for: scene.acme)
        let far = try await scene.jobs.create(.probe(["every": "1h", "anchor": .string(late.rfc3339)]), for: scene.acme)
        let wake = try await scene.tick(at: soon.adding(.milliseconds(-1_500)))
        let rows = try await scene.database.query("SELECT job_id, scheduled_for, due_at, id, held, keep_days FROM queue")
        #expect(try rows.only("job_id", as: ID<Job>.self) == near.id)
        #expect(try rows.only("scheduled_for", as: Timestamp.self) == soon && rows.only("due_at", as: Timestamp.self) == soon)
        // The id names its occurrence's millisecond, and so its partition.
        #expect(try rows.only("id", as: ID<Execution>.self).instant == Timestamp(microseconds: soon.microseconds / 1_000 * 1_000))
        #expect(try await scene.lane().nextDue == soon)
        #expect(try await scene.jobs.find(.id(near.id), for: scene.acme).nextRunAt == soon.adding(.seconds(3_600)))
        #expect(try await scene.jobs.find(.id(far.id), for: scene.acme).nextRunAt == late)
        // It looks again when the next one comes into its horizon.
        #expect(abs((scene.engine.clock.time(at: wake).duration(to: late) - Scheduler.horizon) / .milliseconds(1)) < 100)
    }

    @Test func twoEnginesTickingAtOnceMakeEachOccurrenceOnce() async throws {
        let scene = try await Scene()
        let begin = start(scene, minutesAgo: 30)
        let draft = minutely(from: begin, ["missed": "all", "missed_limit": 5, "overlap": "allow"])
        for _ in 0..<20 {
            let job = try await scene.jobs.create(draft, for: scene.acme)
            try await rewind(job, to: begin, in: scene)
        }
        let second = Engine(try Database(TestDatabase.current.configuration, on: TestCluster.loop, logger: silence), on: TestCluster.loop)
        for _ in 0..<3 { try await second.clock.measure(second.database) }
        try await withThrowingTaskGroup { tasks in
            for engine in [scene.engine, second] {
                tasks.addTask { for _ in 0..<5 { _ = try await Scheduler(engine, logger: silence).tick(at: engine.clock.now()) } }
            }
            try await tasks.waitForAll()
        }
        await second.database.close()
        // 31 occurrences each, minute 0 to 30: the last is in time, five are made up, the others missed.
        #expect(try await scene.count("queue") == 20 * 6)
        #expect(try await scene.count("executions WHERE status = 'missed' AND count = 1") == 20 * 25)
        #expect(
            try await scene.count("(SELECT DISTINCT job_id, scheduled_for FROM executions UNION SELECT job_id, scheduled_for FROM queue) x")
                == 20 * 31)
    }

    @Test func whatCouldNotStartInTimeIsRecordedAsMissed() async throws {
        let scene = try await Scene()
        let begin = start(scene, minutesAgo: 3)
        let job = try await scene.jobs.create(minutely(from: begin, ["missed": "skip"]), for: scene.acme)
        try await rewind(job, to: begin, in: scene)
        try await scene.tick()
        let missed = try await scene.ended()
        #expect(missed.map(\.scheduledFor) == (0..<3).map { begin.adding(.seconds($0 * 60)) })
        #expect(missed.allSatisfy { $0.status == .missed && $0.reason == .startDeadline && $0.count == 1 && $0.startedAt == nil })
        #expect(try await scene.count("queue") == 1)
    }

    @Test(arguments: [(99, 100), (100, 101)]) func aLongStretchOfMissedOccurrencesIsOneRow(minutes: Int64, occurrences: Int) async throws {
        let scene = try await Scene()
        // One more is in time.
        let begin = start(scene, minutesAgo: minutes + 1)
        let job = try await scene.jobs.create(minutely(from: begin, ["missed": "skip"]), for: scene.acme)
        try await rewind(job, to: begin, in: scene)
        try await scene.tick()
        let missed = try await scene.ended()
        #expect(missed.map(\.count).reduce(0, +) == occurrences && missed.count == (occurrences > 100 ? 1 : occurrences))
        guard occurrences > 100 else { return }
        #expect(missed[0].scheduledFor == begin)
        let last: Timestamp = try await scene.database.query("SELECT last_scheduled_for FROM executions").only("last_scheduled_for")
        #expect(last == begin.adding(.seconds(minutes * 60)))
    }

    @Test(arguments: [("1m", 30), ("10m", 300), ("1d", 3_600)])
    func theStartDeadlineIsHalfTheIntervalFromHalfAMinuteToAnHour(every: String, seconds: Int64) async throws {
        let scene = try await Scene()
        let length = try #require(ShortDuration(every)).seconds
        let now = scene.engine.clock.now()
        for (offset, expected) in [(Int64(-3), "queue"), (3, "executions")] {
            let time = now.adding(.seconds(-seconds - offset))
            let draft = JSON.probe(["every": .string(every), "anchor": .string(time.rfc3339)], ["missed": "skip", "overlap": "allow"])
            let job = try await scene.jobs.create(draft, for: scene.acme)
            try await rewind(job, to: time, in: scene)
            try await scene.tick(at: now)
            #expect(try await scene.count("\(unsafe: expected) WHERE job_id = \(job.id)") == 1, "\(length)")
        }
    }

    @Test func aJobWithAnUnreadableScheduleIsSetAsideAndTheOthersGoOn() async throws {
        let scene = try await Scene()
        let now = scene.engine.clock.now()
        let soon = now.adding(.seconds(60))
        let bad = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let good = try await scene.jobs.create(.probe(["every": "1h", "anchor": .string(soon.rfc3339)]), for: scene.acme)
        try await scene.database.query("UPDATE jobs SET schedule = '{\"cron\": \"0 0 0\"}' WHERE id = \(bad.id)")
        try await rewind(bad, to: now, in: scene)
        try await scene.tick(at: soon.adding(.seconds(-1)))
        #expect(try await scene.count("queue WHERE job_id = \(good.id)") == 1)
        let found = try await scene.jobs.find(.id(bad.id), for: scene.acme)
        #expect(found.nextRunAt == nil && found.setAside != nil)
        #expect(scene.jobs.json(found)["warnings"]?.array?.last?["code"] == "set_aside")
    }

    /// So deep that the reader of JSON refuses it.
    @Test func aScheduleThatCannotEvenBeReadStopsNobodysTick() async throws {
        let scene = try await Scene()
        let now = scene.engine.clock.now()
        let bad = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let good = try await scene.jobs.create(
            .probe(["every": "1h", "anchor": .string(now.adding(.seconds(1)).rfc3339)]), for: scene.acme)
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        try await scene.database.query("UPDATE jobs SET schedule = \(deep)::text::jsonb WHERE id = \(bad.id)")
        try await rewind(bad, to: now, in: scene)
        try await scene.tick()
        #expect(try await scene.count("queue WHERE job_id = \(good.id)") == 1)
        #expect(try await scene.count("job_states WHERE next_run_at IS NULL AND set_aside IS NOT NULL") == 1)
    }

    @Test func aTickThatCouldNotBeWrittenIsNoSignOfLife() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await rewind(job, to: scene.engine.clock.now(), in: scene)
        try await scene.database.script("ALTER TABLE queue RENAME TO lost")
        await #expect(throws: PostgresError.self) { try await scene.tick() }
        #expect(try await scene.count("nodes WHERE last_tick_at IS NOT NULL") == 0)
        try await scene.database.script("ALTER TABLE lost RENAME TO queue")
        try await scene.tick()
        #expect(try await scene.count("nodes WHERE last_tick_at IS NOT NULL") == 1)
    }

    @Test func anOccurrenceWaitsForOneThatIsStillThereUnlessTheJobAllowsOverlap() async throws {
        let scene = try await Scene()
        let begin = start(scene, minutesAgo: 2)
        for (overlap, held) in [("queue", Int64(2)), ("skip", 2), ("allow", 0)] {
            let draft = minutely(from: begin, ["missed": "all", "overlap": .string(overlap)])
            let job = try await scene.jobs.create(draft, for: scene.acme)
            try await rewind(job, to: begin, in: scene)
            try await scene.tick()
            #expect(try await scene.count("queue WHERE job_id = \(job.id)") == 3)
            #expect(try await scene.count("queue WHERE held AND job_id = \(job.id)") == held, "\(overlap)")
        }
    }

    /// Also on days that history has no table of yet.
    @Test(arguments: ["queue", "skip"]) func whatIsMadeUpRunsOneAfterTheOtherAndNoneOfItIsSkipped(overlap: String) async throws {
        let scene = try await Scene()
        let begin = start(scene, minutesAgo: 3 * 24 * 60 + 300)
        let draft = JSON.probe(
            ["every": "12h", "anchor": .string(begin.rfc3339)], ["missed": "all", "missed_limit": 100, "overlap": .string(overlap)])
        let job = try await scene.jobs.create(draft, for: scene.acme)
        try await rewind(job, to: begin, in: scene)
        try await scene.tick()
        let late = try await scene.count("queue")
        for _ in 0..<late {
            let claims = try await scene.claim()
            #expect(claims.count == 1)
            try await scene.complete(claims)
            try await scene.queue.release(after: nil, now: scene.engine.clock.now())
        }
        #expect(try await scene.ended().map(\.status) == [ExecutionStatus](repeating: .success, count: Int(late)) && late >= 6)
    }

    /// The unique keys are only a net: who comes second finds nothing to do, and the net has nothing to catch.
    @Test func whatWasMovedAlreadyIsNotMovedAgain() async throws {
        let scene = try await Scene()
        let begin = start(scene, minutesAgo: 3)
        let job = try await scene.jobs.create(minutely(from: begin), for: scene.acme)
        try await rewind(job, to: begin, in: scene)
        let now = scene.engine.clock.now()
        let due = try #require(try await scene.database.query(Scheduler.selection(dueBy: now)).map { try DueJob($0) }.first)
        let schedule = try #require(due.schedule.flatMap { JobSchedule.stored($0, setAt: due.scheduleSetAt) })
        var moves = Moves()
        let passage = Passage(of: schedule, from: begin, missed: .last, deadline: .seconds(30), now: now, horizon: now)
        moves.add(due, Decision(due, passage, now: now, catchUp: scene.engine.catchUp))
        #expect(try await moves.write(to: scene.database, now: now) == (1, 3, 0))
        #expect(try await moves.write(to: scene.database, now: now) == (0, 0, 0))
    }

    /// Between looking and writing somebody changed what follows the very same next run.
    @Test func aScheduleThatIsEditedMeanwhileIsNotMovedByTheOldOne() async throws {
        let scene = try await Scene()
        let soon = Timestamp(seconds: scene.engine.clock.now().seconds + 60)
        let job = try await scene.jobs.create(.probe(["every": "1h", "anchor": .string(soon.rfc3339)]), for: scene.acme)
        let seen = try await scene.database.query(Scheduler.selection(dueBy: soon)).map { try DueJob($0) }
        let edit: JSON = ["schedule": ["every": "2h", "anchor": .string(soon.rfc3339)]]
        #expect(try await scene.jobs.change(.id(job.id), edit, for: scene.acme).nextRunAt == soon)
        var moves = Moves()
        for job in seen {
            let schedule = try #require(job.schedule.flatMap { JobSchedule.stored($0, setAt: job.scheduleSetAt) })
            let passage = Passage(of: schedule, from: soon, missed: .last, deadline: nil, now: soon, horizon: soon)
            moves.add(job, Decision(job, passage, now: soon, catchUp: scene.engine.catchUp))
        }
        let counts = try await moves.write(to: scene.database, now: scene.engine.clock.now())
        #expect(counts.queued == 0 && seen.count == 1)
        try await scene.tick(at: soon.adding(.seconds(-1)))
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).nextRunAt == soon.adding(.seconds(7_200)))
        #expect(try await scene.count("queue") == 1)
    }
}
