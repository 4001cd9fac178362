import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// What is folded is what history says, whenever and however it was written.
@Suite(.database, .timeLimit(.minutes(2))) struct TallierTests {
    private func job(in scene: Scene) async throws -> Job { try await scene.jobs.create(.probe(nil), for: scene.acme) }

    /// What the pages show of a job; folding may never change it.
    private func shown(_ job: Job, in scene: Scene) async throws -> [String] {
        let recent = try await scene.executions.recent(of: [job.id], for: scene.acme)[job.id] ?? []
        let days = try await scene.executions.days(of: job.id, for: scene.acme)
        return recent.map { "\($0.id) \($0.status) \($0.count)" }
            + days.map { "\($0.succeeded) \($0.failed) \($0.notRun) \($0.medianMs ?? -1) \($0.latenessP99Ms ?? -1)" }
    }

    @Test func whatIsShownIsTheSameBeforeAndAfterADayIsFolded() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await scene.record(
            (0..<40).map {
                Entry(at: scene.day($0 / 8, at: 60 * ($0 % 8)), status: $0 % 7 == 0 ? .failed : .success, durationMs: 10 + Int($0))
            }, of: job)
        try await scene.record([Entry(at: scene.day(1, at: 30), status: .missed, count: 9)], of: job)
        try await scene.unfold()
        let before = try await shown(job, in: scene)
        try await scene.fold(before: 2)
        #expect(try await scene.talliedUntil(job) == scene.day(2))
        #expect(try await shown(job, in: scene) == before)
        try await scene.fold()
        #expect(try await scene.talliedUntil(job) == scene.day(0))
        #expect(try await shown(job, in: scene) == before)
        #expect(try await scene.count("recent_executions") == 24)
        #expect(try await scene.count("job_days") == 4)
    }

    @Test func aLateEndingUnfoldsItsDayAtOnceAndIsFoldedAgain() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await scene.record([Entry(at: scene.day(3)), Entry(at: scene.day(2)), Entry(at: scene.day(1))], of: job)
        try await scene.fold()
        let late = try await scene.record([Entry(at: scene.day(2, at: 5), status: .timeout)], of: job)[0]
        #expect(try await scene.talliedUntil(job) == scene.day(2))
        for _ in 0..<2 {
            let recent = try await scene.executions.recent(of: [job.id], for: scene.acme)[job.id] ?? []
            #expect(recent.map(\.scheduledFor) == [scene.day(1), scene.day(2, at: 5), scene.day(2), scene.day(3)])
            #expect(recent[1].id == late && recent[1].status == .timeout)
            let days = try await scene.executions.days(of: job.id, count: 4, for: scene.acme)
            #expect(days.map(\.succeeded) == [1, 1, 1, 0] && days.map(\.failed) == [0, 1, 0, 0])
            try await scene.fold()
        }
    }

    /// A stretch that did not run stands for more by and by, and for less once some of it is made up.
    @Test func aRowThatComesToStandForMoreOrGoesIsFoldedAgain() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        let id = try await scene.record([Entry(at: scene.day(2), status: .missed, count: 120), Entry(at: scene.day(1))], of: job)[0]
        try await scene.fold()
        func notRun() async throws -> [Int] { try await scene.executions.days(of: job.id, count: 3, for: scene.acme).map(\.notRun) }
        #expect(try await notRun() == [120, 0, 0])
        try await scene.database.query("UPDATE executions SET count = 150 WHERE id = \(id)")
        #expect(try await notRun() == [150, 0, 0])
        try await scene.fold()
        #expect(try await notRun() == [150, 0, 0])
        #expect(try await scene.executions.recent(of: [job.id], for: scene.acme)[job.id]?.map(\.count) == [1, 150])
        try await scene.database.query("DELETE FROM executions WHERE id = \(id)")
        try await scene.fold()
        #expect(try await notRun() == [0, 0, 0])
        #expect(try await scene.executions.recent(of: [job.id], for: scene.acme)[job.id]?.count == 1)
    }

    /// Nothing is folded of a job that was written of since it was looked at.
    @Test func whatIsWrittenWhileADayIsFoldedIsNotLost() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await scene.record([Entry(at: scene.day(2))], of: job)
        let seen = try await scene.database.query("SELECT \(Tally.columns) FROM job_states s").map { try Tally($0) }
        try await scene.record([Entry(at: scene.day(2, at: 5))], of: job)
        let (end, now) = (scene.day(0), scene.engine.clock.now())
        #expect(try await scene.database.query(Tally.folding(seen, before: end, now: now)).isEmpty)
        #expect(try await scene.talliedUntil(job) == scene.day(2))
        try await scene.fold()
        #expect(try await scene.executions.days(of: job.id, count: 3, for: scene.acme).map(\.succeeded) == [2, 0, 0])
    }

    @Test func severalAtOnceFoldEachJobOnce() async throws {
        let scene = try await Scene()
        let jobs = try await (0..<30).asyncMap { _ in try await job(in: scene) }
        for job in jobs { try await scene.record([Entry(at: scene.day(1)), Entry(at: scene.day(2))], of: job) }
        try await scene.unfold()
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 { group.addTask { try await scene.fold() } }
            try await group.waitForAll()
        }
        // One that found another at it has left it the rest.
        try await scene.fold()
        #expect(try await scene.count("recent_executions") == 60)
        #expect(try await scene.count("job_days WHERE succeeded = 1") == 60)
        #expect(try await scene.count("job_states WHERE tallied_until = \(scene.day(0))") == 30)
    }

    /// A row that its own organization writes is being written to: its job is left for later, and nobody is waited for.
    @Test func aJobThatIsLockedHoldsUpNoOther() async throws {
        let scene = try await Scene()
        let (locked, free) = (try await job(in: scene), try await job(in: scene))
        for job in [locked, free] { try await scene.record([Entry(at: scene.day(1))], of: job) }
        try await scene.unfold()
        try await scene.database.transaction { transaction in
            try await transaction.query("SELECT FROM job_states WHERE job_id = \(locked.id) FOR UPDATE")
            try await scene.fold()
        }
        #expect(try await scene.talliedUntil(locked) == Tally.never)
        #expect(try await scene.talliedUntil(free) == scene.day(0))
    }

    @Test func countsOutliveTheHistoryTheyWereMadeFromForThirtyDays() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await scene.record([Entry(at: scene.day(35)), Entry(at: scene.day(9)), Entry(at: scene.day(8))], of: job)
        try await scene.unfold()
        try await scene.fold()
        try await Pruner(scene.engine, logger: silence).prune()
        // Of a day that has begun to leave, a late ending is not taken for all that there was.
        try await scene.record([Entry(at: scene.day(9, at: 9), status: .failed), Entry(at: scene.day(2))], of: job)
        try await scene.fold()
        let days = try await scene.executions.days(of: job.id, count: 10, for: scene.acme)
        #expect(days.map(\.succeeded) == [1, 1, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(try await scene.count("job_days") == 3)
        let recent = try await scene.executions.recent(of: [job.id], for: scene.acme)[job.id] ?? []
        #expect(
            recent.map(\.scheduledFor) == [scene.day(2), scene.day(9, at: 9), scene.day(9), scene.day(8)].sorted(by: >) + [scene.day(35)])
    }

    @Test func aDeletedJobLeavesNothingAndIsCountedAnewWhenItIsBroughtBack() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await scene.record([Entry(at: scene.day(1))], of: job)
        try await scene.fold()
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        try await scene.fold()
        #expect(try await scene.count("recent_executions") == 0)
        #expect(try await scene.count("job_days") == 0)
        try await scene.database.query("UPDATE jobs SET deleted_at = NULL")
        try await scene.fold()
        #expect(try await scene.executions.days(of: job.id, count: 2, for: scene.acme).map(\.succeeded) == [1, 0])
    }

    /// By the rule that both go by: no day is folded while a transaction may still be writing of it without saying so.
    @Test func aDayIsFoldedAnHourAfterItsEnd() {
        let midnight = Timestamp(seconds: 86_400 * 20_000)
        #expect(Tally.end(at: midnight.adding(.seconds(3_599))) == midnight.adding(.seconds(-86_400)))
        #expect(Tally.end(at: midnight.adding(.seconds(3_600))) == midnight)
    }

    @Test func theServiceFoldsAndStops() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await scene.record([Entry(at: scene.day(3))], of: job)
        try await scene.running([Tallier(scene.engine, logger: silence)]) {
            try await until("the days were not folded") { try await scene.talliedUntil(job) == Tally.end(at: scene.engine.clock.now()) }
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
