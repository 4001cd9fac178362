import JSON
import Postgres
import Synchronization
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite(.database, .timeLimit(.minutes(1))) struct WorkerTests {
    @Test func whatIsDueRunsOnceAndIsRecorded() async throws {
        let started = Signals(of: ID<Execution>.self)
        let scene = try await Scene { call in
            started.send(call.executionID)
            return Outcome(reason: nil, statusCode: 204)
        }
        let due = try await scene.backlog(400)
        try await scene.running([scene.worker(maximum: 50)]) { #expect(Set(await started.next(400)) == Set(due)) }
        let ended = try await scene.ended()
        #expect(Set(ended.map(\.id)) == Set(due) && ended.count == 400)
        #expect(ended.allSatisfy { $0.status == .success && $0.statusCode == 204 && $0.latenessMs ?? -1 >= 0 && $0.durationMs ?? -1 >= 0 })
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.count("attempts") == 400)
        #expect(try await scene.lane() == .init(running: 0, nextDue: nil))
    }

    @Test func nothingStartsBeforeItsTime() async throws {
        let started = Signals(of: Duration.self)
        let clock = Mutex<DatabaseClock?>(nil)
        let scene = try await Scene { call in
            if let clock = clock.withLock({ $0 }) { started.send(call.scheduledFor.duration(to: clock.now())) }
            return Outcome(reason: nil)
        }
        clock.withLock { $0 = scene.engine.clock }
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "allow"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: (0..<100).map { now.adding(.milliseconds(100 + 9 * $0)) })
        try await scene.running([scene.worker()]) {
            let lateness = await started.next(100)
            #expect(lateness.allSatisfy { $0 >= .zero }, "\(lateness.min() ?? .zero)")
        }
        #expect(try await scene.ended().allSatisfy { $0.startedAt ?? now >= $0.scheduledFor })
    }

    private func attempts(_ scene: Scene, retries: JSON, untilAttempt last: Int, of tried: Signals<Int>) async throws -> [Attempt] {
        let job = try await scene.jobs.create(.probe(nil, ["retries": retries]), for: scene.acme)
        let execution = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme)
        try await scene.running([scene.worker()]) { #expect(await tried.next(last) == Array(1...last)) }
        return try await scene.executions.find(execution.id.text, for: scene.acme).attempts
    }

    @Test func aFailureIsRetriedUntilItSucceeds() async throws {
        let tried = Signals(of: Int.self)
        let scene = try await Scene { call in
            tried.send(call.attempt)
            return Outcome(reason: call.attempt < 3 ? .connectFailed : nil)
        }
        let attempts = try await attempts(
            scene, retries: ["limit": 5, "backoff": "fixed", "initial": "0s"], untilAttempt: 3, of: tried)
        #expect(attempts.map(\.reason) == [.connectFailed, .connectFailed, nil])
        #expect(try await scene.ended().map(\.attempt) == [3])
        #expect(try await scene.ended().map(\.status) == [.success])
    }

    @Test func afterTheLastRetryTheExecutionHasFailed() async throws {
        let tried = Signals(of: Int.self)
        let scene = try await Scene { call in
            tried.send(call.attempt)
            return Outcome(reason: .deadline)
        }
        let attempts = try await attempts(scene, retries: ["limit": 1, "backoff": ["0s"]], untilAttempt: 2, of: tried)
        #expect(attempts.map(\.status) == [.timeout, .timeout])
        #expect(try await scene.ended().map(\.reason) == [.deadline])
        #expect(try await scene.count("queue") == 0)
    }

    @Test(arguments: [(404, 1), (400, 1), (408, 2), (429, 2), (500, 2), (599, 2)])
    func onlyWhatMayPassIsRetried(status: Int, tries: Int) async throws {
        let tried = Signals(of: Int.self)
        let scene = try await Scene { call in
            tried.send(call.attempt)
            return Outcome(reason: .httpStatus, statusCode: status)
        }
        let attempts = try await attempts(scene, retries: ["limit": 1, "backoff": ["0s"]], untilAttempt: tries, of: tried)
        #expect(attempts.count == tries)
        #expect(try await scene.ended().map(\.statusCode) == [status])
    }

    /// The database cannot keep a NUL in a text: the outcome is recorded without what was received, the others whole.
    @Test func oneOutcomeThatTheDatabaseRefusesKeepsNoOtherFromBeingRecorded() async throws {
        let started = Signals(of: ID<Execution>.self)
        let poisoned = Mutex<Set<ID<Execution>>>([])
        let scene = try await Scene { call in
            var record = CallRecord()
            let isPoison = poisoned.withLock { $0.contains(call.executionID) }
            record.responseHeaders = [["X-A", .string(isPoison ? "\u{0}" : "fine")]]
            record.responseBody = [1]
            started.send(call.executionID)
            return Outcome(reason: .httpStatus, message: isPoison ? "\u{0}" : "No.", statusCode: 404, record: record)
        }
        let due = try await scene.backlog(60)
        let poison = [due[0], due[30], due[59]]
        poisoned.withLock { $0 = Set(poison) }
        try await scene.running([scene.worker()]) { _ = await started.next(60) }
        let ended = try await scene.ended()
        #expect(ended.count == 60 && ended.allSatisfy { $0.status == .failed && $0.statusCode == 404 })
        #expect(Set(ended.filter { $0.response == nil }.map(\.id)) == Set(poison))
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.lane().running == 0)
    }

    @Test func aJobOfAKindThatIsGoneFailsAndSaysSo() async throws {
        let scene = try await Scene()
        try await scene.backlog(1)
        let worker = Worker(
            scene.engine, plugins: JobPlugins([]), signing: try #require(Scene.signing), secrets: try #require(Scene.secrets),
            places: Places(1, upTo: 10), logger: silence)
        try await scene.running([worker]) { try await until("it is not run") { try await scene.count("queue") == 0 } }
        #expect(try await scene.ended().map(\.reason) == [.pluginMissing])
    }

    /// With room for four at a time a fifth waits for one of them to end.
    @Test func noMoreRunAtATimeThanTheWorkerHasRoomFor() async throws {
        let (started, gate) = (Signals(of: Void.self), Signals(of: Void.self))
        let now = Mutex((running: 0, most: 0))
        let scene = try await Scene { _ in
            now.withLock { $0 = ($0.running + 1, max($0.most, $0.running + 1)) }
            started.send()
            _ = await gate.next(1)
            now.withLock { $0.running -= 1 }
            return Outcome(reason: nil)
        }
        try await scene.backlog(12)
        try await scene.running([scene.worker(maximum: 4)]) {
            _ = await started.next(4)
            for _ in 0..<12 { gate.send() }
            _ = await started.next(8)
        }
        #expect(now.withLock { $0.most } == 4)
        #expect(try await scene.ended().count == 12)
    }
}
