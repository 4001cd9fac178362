import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// What becomes of a job that was deleted.
@Suite(.database, .timeLimit(.minutes(1))) struct DeletedJobsTests {
    private func deleted(_ scene: Scene) async throws -> [Job] {
        try await scene.jobs.deleted(after: nil, limit: 9, for: scene.acme).map(\.job)
    }

    /// As if its job had been deleted so long ago.
    private func age(_ job: Job, days: Int64, _ scene: Scene) async throws {
        try await scene.database.query(
            "UPDATE jobs SET deleted_at = deleted_at - \(days * 86_400 + 60) * interval '1 second' WHERE id = \(job.id)")
    }

    @Test func itIsListedApartAndComesBackAsItWas() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"], ["key": "a", "tags": ["x"]]), for: scene.acme)
        let kept = try await scene.jobs.create(.probe(nil), for: scene.acme)
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        let found = try await deleted(scene)
        #expect(found.map(\.id) == [job.id] && found[0].deletedAt != nil)
        #expect(scene.jobs.json(found[0])["deleted_at"]?.string == found[0].deletedAt?.rfc3339)
        #expect(try await scene.jobs.page(after: nil, limit: 9, for: scene.acme).map(\.id) == [kept.id])

        let restored = try await scene.jobs.restore(.key("a"), for: scene.acme)
        #expect(restored.id == job.id && JSON.object(restored.definition.members) == JSON.object(job.definition.members))
        #expect(restored.deletedAt == nil && restored.version == 3 && restored.nextRunAt == job.nextRunAt)
        #expect(scene.jobs.json(restored)["deleted_at"] == nil)
        #expect(try await deleted(scene).isEmpty)
        #expect(try await scene.count("schedule_periods WHERE ends_at IS NULL") == 1)
        #expect(try await scene.count("audit_log WHERE action = 'job.restored'") == 1)
        await #expect(throws: Refusal.notDeleted) { try await scene.jobs.restore(.id(job.id), for: scene.acme) }
        await #expect(throws: Refusal.notFound) { try await scene.jobs.restore(.id(ID()), for: scene.acme) }
    }

    @Test func nothingIsMadeUpOfTheTimeBetween() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely(["missed": "all", "start_deadline": "1h"])
        try await moved.look(at: .seconds(5))
        try await moved.work()
        try await moved.scene.jobs.delete(.id(job.id), for: moved.scene.acme)
        try await moved.look(at: .seconds(630))
        let restored = try await moved.scene.jobs.restore(.id(job.id), for: moved.scene.acme)
        #expect(restored.nextRunAt == moved.at(.seconds(660)))
        try await moved.look(at: .seconds(665))
        try await moved.work()
        #expect(try await moved.told().filter { $0.hasSuffix("success") } == ["0 success", "11 success"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func itStaysPausedAndWhatRanOnceDoesNotRunAgain() async throws {
        let scene = try await Scene()
        let paused = try await scene.jobs.create(.probe(["every": "1h"], ["enabled": false]), for: scene.acme)
        let once = try await scene.jobs.create(.probe(["at": "2099-01-01T00:00:00Z"]), for: scene.acme)
        for job in [paused, once] { try await scene.jobs.delete(.id(job.id), for: scene.acme) }
        try await scene.database.query(
            "UPDATE jobs SET schedule = '{\"at\": \"2020-01-01T00:00:00.000000Z\"}' WHERE id = \(once.id)")
        let restored = try await scene.jobs.restore(.id(paused.id), for: scene.acme)
        #expect(scene.jobs.json(restored)["health"] == "paused" && restored.nextRunAt == nil)
        #expect(try await scene.jobs.restore(.id(once.id), for: scene.acme).nextRunAt == nil)
    }

    @Test func whereItsKeyIsTakenItIsRefusedAndOfSeveralTheLastComesBack() async throws {
        let scene = try await Scene()
        let draft = JSON.probe(nil, ["key": "a"])
        let first = try await scene.jobs.create(draft, for: scene.acme)
        try await scene.jobs.delete(.key("a"), for: scene.acme)
        let second = try await scene.jobs.create(draft, for: scene.acme)
        await #expect(throws: Refusal.keyTakenSince) { try await scene.jobs.restore(.id(first.id), for: scene.acme) }
        try await scene.jobs.delete(.key("a"), for: scene.acme)
        #expect(try await scene.jobs.restore(.key("a"), for: scene.acme).id == second.id)
    }

    @Test func thePlanBoundsWhatComesBackAlsoWhenTwoAskAtOnce() async throws {
        let scene = try await Scene(.free)
        var gone: [Job] = []
        for _ in 0..<2 {
            let job = try await scene.jobs.create(.call(), for: scene.acme)
            try await scene.jobs.delete(.id(job.id), for: scene.acme)
            gone.append(job)
        }
        for _ in 0..<4 { _ = try await scene.jobs.create(.call(), for: scene.acme) }
        let restored = await withTaskGroup { tasks in
            for job in gone { tasks.addTask { (try? await scene.jobs.restore(.id(job.id), for: scene.acme)) != nil } }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(restored.filter { $0 }.count == 1)
        let left = try await deleted(scene)
        let refusal = await #expect(throws: Refusal.self) { try await scene.jobs.restore(.id(left[0].id), for: scene.acme) }
        guard case .limitReached? = refusal else { return #expect(Bool(false), "\(String(describing: refusal))") }
    }

    @Test func anotherTenantsIsNeitherListedNorRestored() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        let job = try await scene.jobs.create(.probe(nil, ["key": "a"]), for: scene.acme)
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        #expect(try await scene.jobs.deleted(after: nil, limit: 9, for: other).isEmpty)
        for name in [Jobs.Name.id(job.id), .key("a")] {
            await #expect(throws: Refusal.notFound) { try await scene.jobs.restore(name, for: other) }
        }
    }

    @Test func afterSevenDaysItIsErasedAndItsHistoryStays() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"], ["key": "a"]), for: scene.acme)
        let younger = try await scene.jobs.create(.probe(nil), for: scene.acme)
        let busy = try await scene.jobs.create(.probe(nil), for: scene.acme)
        let id = try await scene.enqueue(job, at: [scene.engine.clock.now()])[0]
        try await scene.complete(scene.claim())
        try await scene.enqueue(busy, at: [scene.engine.clock.now()])
        let running = try await scene.claim()
        try await scene.database.query(
            "INSERT INTO kept_executions SELECT e.* FROM executions e WHERE id = \(id)")
        for one in [job, younger, busy] { try await scene.jobs.delete(.id(one.id), for: scene.acme) }
        try await age(job, days: 7, scene)
        try await age(younger, days: 6, scene)
        try await age(busy, days: 7, scene)
        #expect(try await deleted(scene).map(\.id) == [younger.id])
        await #expect(throws: Refusal.notFound) { try await scene.jobs.restore(.id(job.id), for: scene.acme) }

        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await scene.count("jobs") == 2, "one may come back, of one something still runs")
        #expect(try await scene.count("schedule_periods WHERE job_id = \(job.id)") == 0)
        #expect(try await scene.count("kept_executions") == 0)
        let (execution, attempts) = try await scene.executions.find(id.text, for: scene.acme)
        #expect(execution.status == .success && execution.jobKey == nil && attempts.count == 1)
        #expect(try await scene.executions.page(after: nil, limit: 9, for: scene.acme).map(\.id).contains(id))
        await #expect(throws: Refusal.jobDeleted) { try await scene.executions.retry(execution, for: scene.acme) }
        try await scene.complete(running)
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await scene.count("jobs") == 1)
    }

    /// Beyond its days nothing is kept of a job that is not there any more.
    @Test func theLastFiftyOfAnErasedJobAreNotKept() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        let old = scene.engine.clock.now().adding(.seconds(-9 * 86_400))
        try await scene.engine.partitions.ensure([(7, old)])
        try await scene.enqueue(job, at: [old])
        try await scene.complete(scene.claim())
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        try await age(job, days: 7, scene)
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await scene.count("executions") == 0)
        #expect(try await scene.count("kept_executions") == 0)
    }
}
