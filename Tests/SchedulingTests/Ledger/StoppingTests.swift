import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// An organization is deleted, and that is undone: nothing runs in between, everything is as it was, and every occurrence that
/// anybody expected has its answer.
@Suite(.database, .timeLimit(.minutes(1))) struct StoppingTests {
    func delete(_ scene: Scene, _ access: Access? = nil) async throws {
        let (id, now) = ((access ?? scene.acme).organization.id, scene.engine.clock.now())
        try await scene.database.transaction { transaction in
            try await transaction.query("UPDATE organizations SET deleted_at = \(now) WHERE id = \(id)")
            try await scene.jobs.stop(id, at: now, in: transaction)
        }
    }

    func undo(_ scene: Scene) async throws {
        let (id, now) = (scene.acme.organization.id, scene.engine.clock.now())
        try await scene.database.transaction { transaction in
            try await transaction.query("UPDATE organizations SET deleted_at = NULL WHERE id = \(id)")
            try await scene.jobs.restart(id, at: now, in: transaction)
        }
    }

    func mend(_ moved: Moved) async throws {
        try await Reconciler(moved.scene.engine, logger: silence).mend(at: moved.scene.engine.clock.now())
    }

    @Test func nothingRunsInBetweenAndEverythingAfterwards() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        try await moved.look(at: .zero)
        try await moved.work()
        try await moved.look(at: .seconds(59))
        #expect(try await moved.scene.count("queue") == 1, "a run waits for its time")
        try await delete(moved.scene)
        #expect(try await moved.scene.count("queue") == 0)
        #expect(try await moved.told() == ["0 success", "1 cancelled deleted"])
        for minute in 2...10 {
            try await moved.look(at: .seconds(minute * 60))
            try await mend(moved)
        }
        #expect(try await moved.told() == ["0 success", "1 cancelled deleted"])
        #expect(try await moved.unexplained() == 0)
        moved.move(to: .seconds(630))
        try await undo(moved.scene)
        #expect(try await moved.scene.jobs.find(.id(job.id), for: moved.scene.acme).nextRunAt == moved.at(.seconds(660)))
        for minute in 11...13 {
            try await moved.look(at: .seconds(minute * 60))
            try await moved.work()
            try await mend(moved)
        }
        #expect(try await moved.told() == ["0 success", "1 cancelled deleted", "11 success", "12 success", "13 success"])
        #expect(try await moved.unexplained() == 0)
        #expect(try await moved.scene.jobs.find(.id(job.id), for: moved.scene.acme).version == 1)
    }

    /// At once: what was cancelled does not come a second time.
    @Test func undoneAtOnceNothingRunsTwice() async throws {
        let moved = try await Moved()
        _ = try await moved.minutely()
        try await moved.look(at: .seconds(-1))
        try await delete(moved.scene)
        try await undo(moved.scene)
        for minute in 0...2 {
            try await moved.look(at: .seconds(minute * 60))
            try await moved.work()
        }
        #expect(try await moved.told() == ["0 cancelled deleted", "1 success", "2 success"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func whatRunsGoesOnAndWhatItWouldRepeatDoesNotRun() async throws {
        let scene = try await Scene()
        try await scene.backlog(2)
        let claims = try await scene.claim()
        try await delete(scene)
        let now = scene.engine.clock.now()
        #expect(try await scene.complete([claims[0]]).recorded == 1)
        try await scene.complete([claims[1]], Outcome(reason: .connectFailed), retryAt: now)
        let again = try await scene.claim()
        #expect(again.map(\.attempt) == [2] && again.allSatisfy(\.isDoubtful))
        #expect(try await scene.queue.withdraw(again, now: now) == Set(again.map(\.lease)))
        #expect(Set(try await scene.ended().map { "\($0.status) \($0.reason?.rawValue ?? "")" }) == ["success ", "cancelled deleted"])
        #expect(try await scene.lane().running == 0)
        #expect(try await scene.count("queue") == 0)
    }

    @Test func aRunThatWasAskedForAtThatMomentIsCancelled() async throws {
        let scene = try await Scene { _ in Outcome(reason: nil) }
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        try await delete(scene)
        _ = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        try await scene.running([scene.worker()]) { try await until("it is gone") { try await scene.count("queue") == 0 } }
        #expect(try await scene.ended().map(\.reason) == [.deleted])
    }

    @Test func aPausedJobStaysPausedAndWhatItHeldBackCanBeMadeUp() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely(["missed": "all"])
        try await moved.look(at: .zero)
        try await moved.work()
        _ = try await moved.scene.jobs.pause(.id(job.id), until: nil, for: moved.scene.acme)
        try await moved.look(at: .seconds(130))
        try await delete(moved.scene)
        for seconds in [250, 500] as [Int64] { try await moved.look(at: .seconds(seconds)) }
        #expect(try await moved.told() == ["0 success", "1 skipped paused", "2 skipped paused"])
        try await undo(moved.scene)
        #expect(try await moved.scene.jobs.find(.id(job.id), for: moved.scene.acme).nextRunAt == nil)
        try await moved.look(at: .seconds(670))
        let told = ["0 success", "1 skipped paused", "2 skipped paused", "9 skipped paused", "10 skipped paused", "11 skipped paused"]
        #expect(try await moved.told() == told)
        #expect(try await moved.unexplained() == 0)
        _ = try await moved.scene.jobs.resume(.id(job.id), makingUp: .all, for: moved.scene.acme)
        try await moved.work()
        #expect(try await moved.told() == ["0 success"] + [1, 2, 9, 10, 11].map { "\($0) success backfill" })
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aLongPauseGoesOnInANewRow() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        _ = try await moved.scene.jobs.pause(.id(job.id), until: nil, for: moved.scene.acme)
        try await moved.look(at: .seconds(150 * 60 + 30))
        try await delete(moved.scene)
        moved.move(to: .seconds(300 * 60 + 30))
        try await undo(moved.scene)
        try await moved.look(at: .seconds(302 * 60 + 30))
        #expect(try await moved.told() == ["0-150 skipped paused", "301 skipped paused", "302 skipped paused"])
        try await moved.look(at: .seconds(450 * 60 + 30))
        #expect(try await moved.told() == ["0-150 skipped paused", "301-450 skipped paused"])
        #expect(try await moved.unexplained() == 0)
    }

    /// To a program of before, which may still run on another node, a deleted organization's jobs are like all others.
    @Test func periodsThatSomebodyOpensInBetweenAreInNobodysWay() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        try await moved.look(at: .seconds(-10))
        try await delete(moved.scene)
        moved.move(to: .seconds(60))
        try await moved.scene.database.query(
            """
            INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
            SELECT organization_id, id, \(moved.at(.seconds(60))), schedule, schedule_set_at, \(moved.at(.seconds(60))) FROM jobs
            """)
        moved.move(to: .seconds(200))
        try await undo(moved.scene)
        #expect(try await moved.scene.jobs.find(.id(job.id), for: moved.scene.acme).nextRunAt == moved.at(.seconds(240)))
        for minute in 4...5 {
            try await moved.look(at: .seconds(minute * 60))
            try await moved.work()
        }
        #expect(try await moved.told() == ["4 success", "5 success"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aPauseThatEndsInBetweenIsOver() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        _ = try await moved.scene.jobs.pause(.id(job.id), until: moved.at(.seconds(90)), for: moved.scene.acme)
        try await delete(moved.scene)
        try await moved.look(at: .seconds(300))
        try await undo(moved.scene)
        try await moved.look(at: .seconds(360))
        try await moved.work()
        #expect(try await moved.told() == ["6 success"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aOneTimeJobRunsIfItsTimeIsStillToComeOrAPauseHeldIt() async throws {
        let moved = try await Moved()
        func once(_ minute: Int, _ more: JSONObject = [:]) async throws -> Job {
            try await moved.scene.jobs.create(.probe(["at": .string(moved.at(.seconds(minute * 60)).rfc3339)], more), for: moved.scene.acme)
        }
        let (past, future, held) = (try await once(2), try await once(20), try await once(1, ["enabled": false]))
        try await moved.look(at: .seconds(70))
        try await delete(moved.scene)
        try await moved.look(at: .seconds(600))
        try await undo(moved.scene)
        func next(_ job: Job) async throws -> Timestamp? { try await moved.scene.jobs.find(.id(job.id), for: moved.scene.acme).nextRunAt }
        for job in [past, held] { #expect(try await next(job) == nil) }
        #expect(try await next(future) == moved.at(.seconds(1_200)))
        _ = try await moved.scene.jobs.resume(.id(held.id), makingUp: .last, for: moved.scene.acme)
        try await moved.look(at: .seconds(1_200))
        try await moved.work()
        #expect(try await moved.told() == ["1 success", "20 success"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func whatWasNotDecidedYetIsNotLookedFor() async throws {
        let moved = try await Moved()
        _ = try await moved.minutely()
        moved.move(to: .seconds(3_600))
        try await delete(moved.scene)
        moved.move(to: .seconds(3_700))
        try await mend(moved)
        #expect(try await moved.told().isEmpty)
        #expect(try await moved.unexplained() == 0)
    }
}
