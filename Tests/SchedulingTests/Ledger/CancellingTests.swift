import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

/// What a person cancels ends so, once, wherever it was.
@Suite(.database, .timeLimit(.minutes(1))) struct CancellingTests {
    private func triggered(_ scene: Scene, _ more: JSONObject = [:]) async throws -> Execution {
        let job = try await scene.jobs.create(.probe(nil, more), for: scene.acme)
        return try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
    }

    private func endings(_ scene: Scene) async throws -> [String] {
        try await scene.ended().map { "\($0.status.rawValue) \($0.reason?.rawValue ?? "")" }
    }

    private func refusal(_ body: () async throws -> Void) async throws -> Refusal? {
        do {
            try await body()
            return nil
        } catch let refusal as Refusal { return refusal }
    }

    @Test func whatWaitsEndsAtOnceAndOnce() async throws {
        let scene = try await Scene()
        let execution = try await triggered(scene)
        let cancelled = try await scene.executions.cancel(execution, for: scene.acme)
        #expect(cancelled.status == .cancelled && cancelled.reason == .cancelledByUser && cancelled.finishedAt != nil)
        #expect(try await scene.claim().isEmpty)
        #expect(try await refusal { _ = try await scene.executions.cancel(execution, for: scene.acme) } == .alreadyEnded)
        #expect(try await endings(scene) == ["cancelled cancelled_by_user"])
        #expect(try await scene.count("audit_log WHERE action = 'execution.cancelled'") == 1)
        #expect(try await scene.count("usage_counters") == 0)
    }

    @Test func whatWaitedForItGoesOn() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        let first = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        let second = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        _ = try await scene.executions.cancel(first, for: scene.acme)
        #expect(try await scene.claim().map(\.id) == [second.id])
    }

    /// Nobody tells the worker but the database, or a notification does. The call was begun, and counts.
    @Test(arguments: [true, false]) func whatRunsIsCutOffByWhoeverRunsIt(isTold: Bool) async throws {
        let begun = Signals<Void>()
        let scene = try await Scene { _ in
            begun.send()
            try? await Task.sleep(for: .seconds(3_600))
            return Outcome(reason: Task.isCancelled ? .cancelledByUser : nil)
        }
        let execution = try await triggered(scene, ["retries": ["limit": 5]])
        try await scene.running([scene.worker()] + (isTold ? [EngineBells(scene.engine, logger: silence)] : [])) {
            _ = await begun.next(1)
            #expect(try await scene.executions.cancel(execution, for: scene.acme).status == .running)
            // A second time it is the same, unless it has ended by now.
            _ = try await refusal { _ = try await scene.executions.cancel(execution, for: scene.acme) }
            try await until("it is cut off") { try await scene.count("queue") == 0 }
        }
        #expect(try await endings(scene) == ["cancelled cancelled_by_user"])
        #expect(try await scene.count("attempts WHERE status = 'failed' AND reason = 'cancelled_by_user'") == 1)
        #expect(try await scene.count("usage_counters WHERE executions = 1") == 1)
        #expect(try await scene.count("audit_log WHERE action = 'execution.cancelled'") == 1)
        #expect(try await scene.lane().running == 0)
        let job = try await scene.jobs.find(.id(execution.jobID), for: scene.acme)
        #expect(job.health == "healthy" && job.lastExecution?.status == "cancelled", "it says nothing about the job")
    }

    /// Its own end came first.
    @Test func whatHasSucceededMeanwhileHasSucceeded() async throws {
        let scene = try await Scene()
        let execution = try await triggered(scene)
        let claims = try await scene.claim()
        _ = try await scene.executions.cancel(execution, for: scene.acme)
        try await scene.complete(claims)
        #expect(try await endings(scene) == ["success "])
    }

    enum Way: CaseIterable { case failed, handedBack, nodeDied }

    /// It fails, its worker stops, its node dies: it does not begin again.
    @Test(arguments: Way.allCases) func whatIsCancelledDoesNotBeginAgain(way: Way) async throws {
        let scene = try await Scene()
        let execution = try await triggered(scene)
        let node = ID<Node>()
        let now = scene.engine.clock.now()
        try await scene.live(node, until: now.adding(.seconds(60)))
        let claims = try await scene.claim(for: node)
        _ = try await scene.executions.cancel(execution, for: scene.acme)
        switch way {
        case .failed: try await scene.complete(claims, Outcome(reason: .connectFailed), retryAt: now.adding(.seconds(3_600)))
        case .handedBack: try await scene.queue.handBack(claims.map { ($0.organizationID, $0.lease) }, now: now)
        case .nodeDied:
            try await scene.live(node, until: now.adding(.seconds(-1)))
            #expect(try await scene.queue.lose(.deadNodes, now: scene.engine.clock.now()) == 1)
        }
        let again = try await scene.claim()
        #expect(again.map(\.isDoubtful) == [true])
        #expect(try await scene.queue.withdraw(again, now: scene.engine.clock.now()).count == 1)
        #expect(try await endings(scene) == ["cancelled cancelled_by_user"])
        #expect(try await scene.lane().running == 0)
    }

    // MARK: - At another time

    @Test func whatIsPutOffWaitsForItsTimeAndNothingWaitsForIt() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        let first = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        let later = scene.engine.clock.now().adding(.seconds(3_600))
        let moved = try await scene.executions.reschedule(first, to: later, for: scene.acme)
        #expect(moved.status == .pending && moved.dueAt == later && moved.scheduledFor == first.scheduledFor)
        try await scene.queue.release(after: nil, now: scene.engine.clock.now())
        let second = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        let claims = try await scene.claim()
        #expect(claims.map(\.id) == [second.id])
        try await scene.complete(claims)
        try await scene.queue.release(after: nil, now: later)
        let then = try await scene.queue.claim(9, for: scene.engine.node, now: later, horizon: later).claims
        #expect(then.map(\.id) == [first.id])
        #expect(then.first?.wasDueAt == later, "it is not late")
    }

    /// Somebody has put a run off to this many milliseconds after an occurrence that is still to come, and the one before it ends shortly
    /// before both: the earlier one goes first.
    @Test(arguments: ["queue", "skip"], [300, -300]) func whatIsPutOffTakesItsTurnByItsTime(overlap: String, behind: Int) async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil, ["overlap": .string(overlap)]), for: scene.acme)
        let first = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        let tick = scene.engine.clock.now().adding(.seconds(3_600))
        let time = tick.adding(.milliseconds(behind))
        _ = try await scene.executions.reschedule(first, to: time, for: scene.acme)
        let occurrences = try await scene.enqueue(job, at: [tick], held: true)
        try await scene.queue.release(after: nil, now: tick.adding(.milliseconds(-1_400)))
        #expect(try await scene.count("queue WHERE NOT held") == 1)
        let then = max(tick, time)
        let claims = try await scene.queue.claim(9, for: scene.engine.node, now: then, horizon: then).claims
        #expect(claims.map(\.id) == (behind > 0 ? occurrences : [first.id]))
        try await scene.complete(claims)
        try await scene.queue.release(after: nil, now: then)
        let rest = try await scene.queue.claim(9, for: scene.engine.node, now: then, horizon: then).claims
        // What is due by the schedule while something runs is skipped under `skip`; what a person asked for is not.
        #expect(rest.map(\.id) == (behind > 0 ? [first.id] : overlap == "queue" ? occurrences : []))
    }

    /// Under `skip` what is due is skipped, and not let go, also where something that was put off is close.
    @Test func whatIsDueIsSkippedBesideWhatIsPutOff() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "skip"]), for: scene.acme)
        let first = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        let now = scene.engine.clock.now()
        let time = now.adding(.seconds(3_600))
        _ = try await scene.executions.reschedule(first, to: time, for: scene.acme)
        let late = try await scene.enqueue(job, at: [now], held: true)
        try await scene.queue.release(after: nil, now: time.adding(.seconds(-1)))
        #expect(try await scene.ended().map(\.id) == late)
        #expect(try await scene.queue.claim(9, for: scene.engine.node, now: time, horizon: time).claims.map(\.id) == [first.id])
    }

    @Test func aRetryIsBroughtForward() async throws {
        let scene = try await Scene()
        let execution = try await triggered(scene)
        let now = scene.engine.clock.now()
        try await scene.complete(scene.claim(), Outcome(reason: .connectFailed), retryAt: now.adding(.seconds(3_600)))
        let soon = scene.engine.clock.now().adding(.seconds(5))
        _ = try await scene.executions.reschedule(execution, to: soon, for: scene.acme)
        #expect(try await scene.queue.claim(9, for: scene.engine.node, now: soon, horizon: soon).claims.map(\.attempt) == [2])
    }

    @Test func whatRunsHasEndedOrBelongsToAScheduleKeepsItsTime() async throws {
        let scene = try await Scene()
        let later = scene.engine.clock.now().adding(.seconds(60))
        let execution = try await triggered(scene)
        func refused(_ execution: Execution) async throws -> Refusal? {
            try await refusal { _ = try await scene.executions.reschedule(execution, to: later, for: scene.acme) }
        }
        let claims = try await scene.claim()
        #expect(try await refused(execution) == .alreadyBegun)
        try await scene.complete(claims)
        #expect(try await refused(execution) == .alreadyEnded)
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let ids = try await scene.enqueue(job, at: [scene.engine.clock.now()])
        #expect(try await refused(try await scene.executions.execution(ids[0], for: scene.acme)) == .keepsItsTime)
        #expect(try await scene.count("queue WHERE due_at = scheduled_for") == 1)
        let other = try await triggered(scene)
        for offset in [-1, 8 * 86_400] {
            await #expect(throws: InvalidInput.self) {
                _ = try await scene.executions.reschedule(
                    other, to: scene.engine.clock.now().adding(.seconds(offset)), for: scene.acme)
            }
        }
    }
}
