import JSON
import TestSupport
import Testing
import Time

@testable import Scheduling

/// What a pause passes over has its answer, and is made up as people say.
@Suite(.database, .timeLimit(.minutes(1))) struct PauseTests {
    private func name(_ job: Job) -> Jobs.Name { .id(job.id) }

    @Test func eachRunThatAPauseHoldsBackIsRecordedWhileItLasts() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        try await moved.look(at: .zero)
        try await moved.work()
        let paused = try await moved.scene.jobs.pause(name(job), until: nil, for: moved.scene.acme)
        #expect(moved.scene.jobs.json(paused)["next_run_at"] == .null && moved.scene.jobs.json(paused)["health"] == "paused")
        try await moved.look(at: .seconds(190))
        #expect(try await moved.told() == ["0 success", "1 skipped paused", "2 skipped paused", "3 skipped paused"])
        #expect(
            try await moved.scene.jobs.find(name(job), for: moved.scene.acme).json(now: moved.scene.engine.clock.now())["passed_over"] == 3)
        #expect(try await moved.scene.count("queue") == 0)
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aLongPauseIsOneRowThatGrows() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        _ = try await moved.scene.jobs.pause(name(job), until: nil, for: moved.scene.acme)
        try await moved.look(at: .seconds(60 * 60 + 30))
        #expect(try await moved.told().count == 61)
        try await moved.look(at: .seconds(150 * 60 + 30))
        #expect(try await moved.told() == ["0-150 skipped paused"])
        try await moved.look(at: .seconds(200 * 60 + 30))
        #expect(try await moved.told() == ["0-200 skipped paused"])
        let shown = try #require(try await moved.scene.executions.page(of: job.id, after: nil, limit: 9, for: moved.scene.acme).first).json
        #expect(shown["count"] == 201 && shown["last_scheduled_for"]?.string == moved.at(.seconds(200 * 60)).rfc3339)
        #expect(shown["sentence"] == "The job was paused." && shown["scheduled_for"]?.string == moved.begin.rfc3339)
        _ = try await moved.scene.jobs.resume(name(job), makingUp: .skip, for: moved.scene.acme)
        #expect(try await moved.told() == ["0-200 skipped paused"])
        #expect(try await moved.unexplained() == 0)
    }

    /// Found by the simulated year.
    @Test func nothingIsMadeUpOfAPauseThatOutlastsItsSchedule() async throws {
        let moved = try await Moved()
        let schedule: JSON = ["every": "1m", "anchor": .string(moved.begin.rfc3339), "ends_at": .string(moved.at(.seconds(150)).rfc3339)]
        let job = try await moved.scene.jobs.create(.probe(schedule, ["missed": "all"]), for: moved.scene.acme)
        _ = try await moved.scene.jobs.pause(name(job), until: nil, for: moved.scene.acme)
        for seconds in [30, 90, 160, 3_600] as [Int64] { try await moved.look(at: .seconds(seconds)) }
        #expect(try await moved.scene.count("queue") == 0)
        #expect(try await moved.told() == ["0 skipped paused", "1 skipped paused", "2 skipped paused"])
        _ = try await moved.scene.jobs.resume(name(job), makingUp: .last, for: moved.scene.acme)
        try await moved.work()
        #expect(try await moved.told() == ["0 skipped paused", "1 skipped paused", "2 success backfill"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aPauseOfDaysIsARowADay() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        _ = try await moved.scene.jobs.pause(name(job), until: nil, for: moved.scene.acme)
        try await moved.look(at: .seconds(3_000 * 60))
        #expect(try await moved.told() == ["0-1439 skipped paused", "1440-2879 skipped paused", "2880-3000 skipped paused"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test(arguments: [
        (Jobs.Answer.skip, ["0-150 skipped paused"]),
        (.last, ["0-149 skipped paused", "150 success backfill"]),
        (.all, ["0-147 skipped paused", "148 success backfill", "149 success backfill", "150 success backfill"]),
    ])
    func resumingMakesUpWhatTheAnswerSays(answer: Jobs.Answer, told: [String]) async throws {
        let moved = try await Moved()
        let job = try await moved.minutely(["missed": "skip", "missed_limit": 3])
        _ = try await moved.scene.jobs.pause(name(job), until: nil, for: moved.scene.acme)
        try await moved.look(at: .seconds(150 * 60 + 20))
        let resumed = try await moved.scene.jobs.resume(name(job), makingUp: answer, for: moved.scene.acme)
        #expect(resumed.nextRunAt == moved.at(.seconds(151 * 60)))
        try await moved.work()
        #expect(try await moved.told() == told)
        #expect(try await moved.unexplained() == 0)
    }

    @Test(arguments: [("skip", []), ("last", ["3"]), ("all", ["2", "3"])] as [(String, [String])])
    func withoutAnAnswerTheJobsOwnPolicyHolds(policy: String, madeUp: [String]) async throws {
        let moved = try await Moved()
        let job = try await moved.minutely(["missed": .string(policy), "missed_limit": 2])
        _ = try await moved.scene.jobs.pause(name(job), until: nil, for: moved.scene.acme)
        moved.move(to: .seconds(200))
        _ = try await moved.scene.jobs.resume(name(job), makingUp: nil, for: moved.scene.acme)
        try await moved.work()
        let told = try await moved.told()
        #expect(told == ["0", "1", "2", "3"].map { madeUp.contains($0) ? "\($0) success backfill" : "\($0) skipped paused" })
    }

    /// An edit never fires.
    @Test func switchedOnByAChangeNothingIsMadeUp() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        _ = try await moved.scene.jobs.change(name(job), ["enabled": false], for: moved.scene.acme)
        moved.move(to: .seconds(90))
        _ = try await moved.scene.jobs.change(name(job), ["enabled": true], for: moved.scene.acme)
        #expect(try await moved.scene.count("queue") == 0)
        #expect(try await moved.told() == ["0 skipped paused", "1 skipped paused"])
        try await moved.look(at: .seconds(120))
        try await moved.work()
        #expect(try await moved.told().last == "2 success")
        #expect(try await moved.unexplained() == 0)
    }

    @Test(arguments: [("skip", "3 skipped paused"), ("last", "3 success backfill")])
    func aPauseThatEndsByItselfIsMadeUpByThePolicy(policy: String, last: String) async throws {
        let moved = try await Moved()
        let job = try await moved.minutely(["missed": .string(policy)])
        let paused = try await moved.scene.jobs.pause(name(job), until: moved.at(.seconds(210)), for: moved.scene.acme)
        #expect(paused.nextRunAt == moved.at(.seconds(240)))
        try await moved.look(at: .seconds(130))
        #expect(try await moved.told() == ["0 skipped paused", "1 skipped paused", "2 skipped paused"])
        try await moved.look(at: .seconds(211))
        try await moved.work()
        #expect(try await moved.told() == ["0 skipped paused", "1 skipped paused", "2 skipped paused", last])
        try await moved.look(at: .seconds(240))
        try await moved.work()
        #expect(try await moved.told().last == "4 success")
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aOneTimeJobThatComesDueInAPauseRunsWhenItIsOver() async throws {
        let moved = try await Moved()
        let draft = JSON.probe(["at": .string(moved.at(.seconds(60)).rfc3339)])
        let byHand = try await moved.scene.jobs.create(draft, for: moved.scene.acme)
        let byItself = try await moved.scene.jobs.create(draft, for: moved.scene.acme)
        let given = try await moved.scene.jobs.create(draft, for: moved.scene.acme)
        for job in [byHand, given] { _ = try await moved.scene.jobs.pause(name(job), until: nil, for: moved.scene.acme) }
        _ = try await moved.scene.jobs.pause(name(byItself), until: moved.at(.seconds(300)), for: moved.scene.acme)
        try await moved.look(at: .seconds(299))
        #expect(try await moved.told().isEmpty)
        try await moved.look(at: .seconds(301))
        try await moved.look()
        try await moved.work()
        #expect(try await moved.told() == ["1 success"])
        _ = try await moved.scene.jobs.resume(name(byHand), makingUp: nil, for: moved.scene.acme)
        _ = try await moved.scene.jobs.resume(name(given), makingUp: .skip, for: moved.scene.acme)
        try await moved.look()
        try await moved.work()
        #expect(try await moved.told().sorted() == ["1 skipped paused", "1 success", "1 success"])
        #expect(try await moved.unexplained() == 0)
    }

    /// What its target asked for is a pause like any other.
    @Test func whatATargetsPauseHoldsBackIsRecordedToo() async throws {
        let moved = try await Moved()
        _ = try await moved.minutely()
        try await moved.look(at: .zero)
        moved.move(to: .seconds(1))
        var outcome = Outcome(reason: nil)
        outcome.steering.pause = "Enough."
        try await moved.scene.complete(try await moved.scene.claim(), outcome)
        try await moved.look(at: .seconds(190))
        #expect(try await moved.told() == ["0 success", "1 skipped paused", "2 skipped paused", "3 skipped paused"])
        #expect(try await moved.unexplained() == 0)
    }

    /// It ends in the moment before: what the timed pause held back is decided before the target's pause begins.
    @Test func aTargetsPauseBehindATimedOneDoublesNothing() async throws {
        let moved = try await Moved()
        let (scene, job) = (moved.scene, try await moved.minutely(["overlap": "allow", "missed": "last"]))
        _ = try await scene.jobs.pause(name(job), until: moved.at(.seconds(90)), for: scene.acme)
        moved.move(to: .seconds(120))
        try await scene.tick()
        var outcome = Outcome(reason: nil)
        outcome.steering.pause = "Enough."
        let recorder = Recorder(scene.engine, logger: silence)
        for claim in try await scene.claim() { await recorder.record(claim.ended(outcome, at: scene.engine.clock.now())) }
        try await moved.work()
        try await moved.look(at: .seconds(190))
        #expect(try await moved.told() == ["0 skipped paused", "1 success backfill", "2 success", "3 skipped paused"])
        #expect(try await moved.unexplained() == 0)
    }

    /// Nothing lies within the pause; where it ends is no occurrence.
    @Test func thePlaceholderOfAnEmptyPauseIsNotToldAsARun() async throws {
        let moved = try await Moved()
        let draft = JSON.probe(["every": "1h", "anchor": .string(moved.begin.rfc3339)])
        let job = try await moved.scene.jobs.create(draft, for: moved.scene.acme)
        try await moved.look(at: .zero)
        let claims = try await moved.scene.claim()
        _ = try await moved.scene.jobs.pause(name(job), until: moved.at(.seconds(90)), for: moved.scene.acme)
        var outcome = Outcome(reason: nil)
        outcome.steering.pause = "Enough."
        let recorder = Recorder(moved.scene.engine, logger: silence)
        for claim in claims { await recorder.record(claim.ended(outcome, at: moved.scene.engine.clock.now())) }
        try await moved.look(at: .seconds(600))
        #expect(try await moved.told() == ["0 success"])
        try await moved.look(at: .seconds(3_605))
        #expect(try await moved.told() == ["0 success", "60 skipped paused"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aPauseUntilATimeThatIsPastIsRefused() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        let past = moved.scene.engine.clock.now().adding(.seconds(-1))
        await #expect(throws: InvalidInput.self) { try await moved.scene.jobs.pause(name(job), until: past, for: moved.scene.acme) }
    }
}
