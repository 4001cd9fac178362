import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

/// When a job is late, and when it is not any more.
@Suite(.database, .timeLimit(.minutes(1))) struct LatenessTests {
    private func health(_ job: Job, _ scene: Scene) async throws -> String {
        try await scene.jobs.find(.id(job.id), for: scene.acme).health
    }

    /// Ends an occurrence of the job that was due some seconds ago and starts now.
    private func end(
        _ job: Job, late seconds: Int64, as reason: Reason? = nil, trigger: String = "schedule", in scene: Scene
    ) async throws {
        let id = try await scene.enqueue(job, at: [scene.engine.clock.now().adding(.seconds(-seconds))])[0]
        try await scene.database.query("UPDATE queue SET trigger = \(trigger) WHERE id = \(id)")
        let claims = try await scene.claim()
        let now = scene.engine.clock.now()
        let ended = claims.map { Finished(claim: $0, outcome: Outcome(reason: reason), startedAt: now, finishedAt: now, retryAt: nil) }
        #expect(try await scene.queue.complete(ended, by: scene.engine.node, now: now).recorded == 1)
    }

    @Test func whatStartsLateAndSucceedsMakesItLateUntilTheNextInTime() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1d"], ["start_deadline": "1h"]), for: scene.acme)
        try await end(job, late: 30, in: scene)
        #expect(try await health(job, scene) == "healthy")
        try await end(job, late: 90, in: scene)
        #expect(try await health(job, scene) == "late")
        #expect(try await scene.jobs.list(.init(health: "late"), in: .name, after: nil, limit: 9, for: scene.acme).count == 1)
        #expect(try await scene.jobs.counts(for: scene.acme).late == 1)
        try await end(job, late: 0, in: scene)
        #expect(try await health(job, scene) == "healthy")
    }

    @Test func failingIsShownInsteadAndARunByHandTakesNothingBack() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1d"], ["start_deadline": "1h"]), for: scene.acme)
        try await end(job, late: 90, in: scene)
        try await end(job, late: 0, as: .httpStatus, in: scene)
        #expect(try await health(job, scene) == "failing")
        try await end(job, late: 0, trigger: "manual", in: scene)
        #expect(try await health(job, scene) == "late", "it succeeds, and has not yet been in time")
        try await end(job, late: 0, in: scene)
        #expect(try await health(job, scene) == "healthy")
        try await end(job, late: 600, trigger: "manual", in: scene)
        #expect(try await health(job, scene) == "healthy", "nobody promised when")
    }

    /// One long after its time, one in time, ended in one batch, whichever comes first in it.
    @Test(arguments: [false, true]) func ofABatchTheLastOccurrenceCounts(isReversed: Bool) async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1d"], ["start_deadline": "1h", "overlap": "allow"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: [now.adding(.seconds(-300)), now.adding(.seconds(-1))])
        let claims = try await scene.claim()
        let ended = claims.enumerated().map { index, claim in
            let finishedAt = now.adding(.milliseconds(isReversed ? 10 - index : 10 + index))
            return Finished(claim: claim, outcome: Outcome(reason: nil), startedAt: now, finishedAt: finishedAt, retryAt: nil)
        }
        _ = try await scene.queue.complete(ended, by: scene.engine.node, now: now)
        #expect(try await health(job, scene) == "healthy")
    }

    @Test func whatTheSchedulerFindsMissedMakesItLateUnlessSomethingMakesUpForIt() async throws {
        let moved = try await Moved()
        let skipping = try await moved.minutely(["missed": "skip"])
        let last = try await moved.minutely(["missed": "last", "start_deadline": "1h"])
        try await moved.look(at: .seconds(645))
        #expect(try await health(skipping, moved.scene) == "late")
        #expect(try await health(last, moved.scene) == "healthy", "its last occurrence is about to run")
        try await moved.look(at: .seconds(661))
        try await moved.work()
        #expect(try await health(skipping, moved.scene) == "healthy")
    }

    @Test func whatComesToNoStartInTimeMakesItLate() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1d"], ["start_deadline": "10s", "missed": "skip"]), for: scene.acme)
        try await scene.enqueue(job, at: [scene.engine.clock.now().adding(.seconds(-60))])
        let claims = try await scene.claim()
        #expect(try await scene.queue.withdraw(claims, now: scene.engine.clock.now()).count == 1)
        #expect(try await scene.ended().map(\.status) == [.missed])
        #expect(try await health(job, scene) == "late")
    }

    @Test func anotherScheduleBeginsAnew() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1d"], ["start_deadline": "1h"]), for: scene.acme)
        try await end(job, late: 90, in: scene)
        #expect(try await scene.jobs.change(.id(job.id), ["name": "Other"], for: scene.acme).health == "late")
        #expect(try await scene.jobs.change(.id(job.id), ["schedule": ["every": "2d"]], for: scene.acme).health == "healthy")
    }
}
