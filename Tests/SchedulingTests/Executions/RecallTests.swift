import JSON
import Postgres
import Synchronization
import TestSupport
import Testing
import Time

@testable import Scheduling

/// A job that is changed while an execution of it is leased and waits for its instant.
@Suite(.database, .timeLimit(.minutes(1))) struct RecallTests {
    /// Runs `body` when the execution, due in 250 ms, has been leased; then waits until its instant is well over.
    private func whileArmed(_ body: @Sendable (Scene, Job) async throws -> Void) async throws -> (scene: Scene, ran: [JSON]) {
        let ran = Mutex<[JSON]>([])
        let scene = try await Scene { call in
            ran.withLock { $0.append(call.config) }
            return Outcome(reason: nil)
        }
        let job = try await scene.jobs.create(.probe(["every": "1d"], ["config": ["word": "old"], "overlap": "allow"]), for: scene.acme)
        try await scene.running([EngineBells(scene.engine, logger: silence), scene.worker()]) {
            let listening: Query = "pg_stat_activity WHERE application_name = \(TestDatabase.current.schema) AND query LIKE 'LISTEN%jobs%'"
            while try await scene.count(listening) == 0 { await Task.yield() }
            let instant = scene.engine.clock.now().adding(.milliseconds(250))
            try await scene.enqueue(job, at: [instant])
            scene.engine.dueBell.ring()
            while try await scene.count("queue WHERE leased_by IS NOT NULL") == 0 { await Task.yield() }
            try await body(scene, job)
            try await Task.sleep(until: scene.engine.clock.instant(of: instant.adding(.milliseconds(150))))
        }
        return (scene, ran.withLock { $0 })
    }

    @Test func whatIsEditedRunsAsItIsNow() async throws {
        let (scene, ran) = try await whileArmed { scene, job in
            _ = try await scene.jobs.change(.id(job.id), ["config": ["word": "new"]], for: scene.acme)
        }
        #expect(ran == [["word": "new"]])
        #expect(try await scene.ended().map(\.attempt) == [1])
        #expect(try await scene.lane().running == 0)
    }

    @Test func whatIsPausedDoesNotRun() async throws {
        let (scene, ran) = try await whileArmed { scene, job in
            _ = try await scene.jobs.change(.id(job.id), ["enabled": false], for: scene.acme)
        }
        #expect(ran.isEmpty)
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.ended().isEmpty)
        #expect(try await scene.lane().running == 0)
    }

    @Test func whatIsDeletedIsCancelled() async throws {
        let (scene, ran) = try await whileArmed { scene, job in try await scene.jobs.delete(.id(job.id), for: scene.acme) }
        #expect(ran.isEmpty)
        #expect(try await scene.ended().map(\.status) == [.cancelled])
        #expect(try await scene.ended().map(\.reason) == [.deleted])
        #expect(try await scene.lane().running == 0)
    }

    @Test func whatIsOfAnotherJobIsLeftAlone() async throws {
        let (scene, ran) = try await whileArmed { scene, _ in
            let other = try await scene.jobs.create(.probe(nil), for: scene.acme)
            try await scene.jobs.delete(.id(other.id), for: scene.acme)
        }
        #expect(ran == [["word": "old"]])
        #expect(try await scene.ended().map(\.status) == [.success])
    }
}
