import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

/// A job that is changed while an execution of it is leased and waits for its instant.
@Suite(.database, .timeLimit(.minutes(1))) struct RecallTests {
    private struct Armed {
        let scene: Scene
        let job: Job
        let worker: Worker
    }

    /// A worker that has leased an execution which is due in a minute.
    private func armed() async throws -> Armed {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1d"], ["timeout_ms": 1_000, "overlap": "allow"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: [now.adding(.seconds(60))])
        let claims = try await scene.queue.claim(1, for: scene.engine.node, now: now, horizon: now.adding(.seconds(61))).claims
        let worker = try scene.worker()
        for claim in claims { await worker.arm(claim) }
        try await #require(worker.armed.count == 1)
        return Armed(scene: scene, job: job, worker: worker)
    }

    @Test func whatIsEditedComesAgainAsItIsNow() async throws {
        let armed = try await armed()
        let (scene, job) = (armed.scene, armed.job)
        _ = try await scene.jobs.change(.id(job.id), ["timeout_ms": 2_000], for: scene.acme)
        await armed.worker.recall(.jobs([job.id]))
        #expect(await armed.worker.armed.isEmpty)
        let now = scene.engine.clock.now()
        let again = try await scene.queue.claim(1, for: scene.engine.node, now: now, horizon: now.adding(.seconds(61))).claims
        #expect(again.map(\.timeout) == [.seconds(2)] && again.map(\.attempt) == [1] && again.map(\.lostLeases) == [0])
        #expect(try await scene.lane().running == 1)
    }

    @Test func whatIsPausedIsTakenOut() async throws {
        let armed = try await armed()
        let scene = armed.scene
        _ = try await scene.jobs.change(.id(armed.job.id), ["enabled": false], for: scene.acme)
        await armed.worker.recall(.jobs([armed.job.id]))
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.ended().map(\.reason) == [.paused])
        #expect(try await scene.lane().running == 0)
    }

    /// It is queued and leased a little before the pause is over.
    @Test func whatIsDueWhenThePauseEndsIsNotTakenOut() async throws {
        let armed = try await armed()
        let scene = armed.scene
        for (end, left) in [("scheduled_for", Int64(1)), ("scheduled_for + interval '1 us'", 0)] {
            try await scene.database.query("UPDATE jobs SET paused_until = \(unsafe: end) FROM queue WHERE job_id = jobs.id")
            let now = scene.engine.clock.now()
            await armed.worker.recall(.any)
            #expect(try await scene.count("queue") == left)
            let again = try await scene.queue.claim(1, for: scene.engine.node, now: now, horizon: now.adding(.seconds(61))).claims
            for claim in again { await armed.worker.arm(claim) }
        }
    }

    @Test func whatIsDeletedIsCancelled() async throws {
        let armed = try await armed()
        let scene = armed.scene
        try await scene.jobs.delete(.id(armed.job.id), for: scene.acme)
        await armed.worker.recall(.jobs([armed.job.id]))
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.ended().map(\.status) == [.cancelled])
        #expect(try await scene.ended().map(\.reason) == [.deleted])
        #expect(try await scene.lane().running == 0)
    }

    @Test func whatIsOfAnotherJobIsLeftAlone() async throws {
        let armed = try await armed()
        await armed.worker.recall(.jobs([ID()]))
        #expect(await armed.worker.armed.count == 1)
        #expect(try await armed.scene.count("queue WHERE leased_by IS NOT NULL") == 1)
    }

    @Test func whoMayHaveMissedSomethingLooksAtEverything() async throws {
        let armed = try await armed()
        await armed.worker.recall(.any)
        #expect(await armed.worker.armed.isEmpty)
        #expect(try await armed.scene.count("queue WHERE leased_by IS NULL AND attempt = 1") == 1)
    }

    @Test func aChangeAndADeletionNameTheirJobToEveryNode() async throws {
        let scene = try await Scene()
        let jobs = [try await scene.jobs.create(.probe(nil), for: scene.acme), try await scene.jobs.create(.probe(nil), for: scene.acme)]
        try await scene.running([EngineBells(scene.engine, logger: silence)]) {
            // The first connection says that something may have been missed.
            try await until("nothing says that something may have been missed") { scene.engine.recalls.take() == .any }
            _ = try await scene.jobs.change(.id(jobs[0].id), ["timeout_ms": 2_000], for: scene.acme)
            try await scene.jobs.delete(.id(jobs[1].id), for: scene.acme)
            var named: Set<ID<Job>> = []
            try await until("not both jobs are named") {
                if case .jobs(let more) = scene.engine.recalls.take() { named.formUnion(more) }
                return named.count >= 2
            }
            #expect(named == Set(jobs.map(\.id)))
        }
    }

    @Test func whereNobodyTakesThemTheyDoNotPileUp() {
        let recalls = Recalls()
        for _ in 0..<1_000 { recalls.add(ID()) }
        guard case .jobs(let jobs) = recalls.take() else { return #expect(Bool(false), "a thousand are told apart") }
        #expect(jobs.count == 1_000)
        for _ in 0..<1_001 { recalls.add(ID()) }
        #expect(recalls.take() == .any && recalls.take() == .jobs([]))
    }
}
