import Postgres
import Synchronization
import TestSupport
import Testing
import Time

@testable import Scheduling

/// What takes its node with it must not go round; what merely ran beside it must not be punished.
@Suite(.database, .timeLimit(.minutes(1))) struct SuspectTests {
    /// What a node held when it died, oldest first, leased to another node that will die too.
    private func suspects(_ count: Int, in scene: Scene) async throws -> [Claim] {
        try await scene.backlog(count)
        _ = try await scene.claim(for: ID())
        #expect(try await scene.queue.lose(.deadNodes, now: scene.engine.clock.now()) == count)
        return try await scene.claim(for: ID())
    }

    private func die(_ scene: Scene) async throws { _ = try await scene.queue.lose(.deadNodes, now: scene.engine.clock.now()) }

    @Test func theOneOnTrialIsEnded() async throws {
        let scene = try await Scene()
        let claims = try await suspects(3, in: scene)
        #expect(claims.map(\.crashes) == [1, 1, 1])
        let now = scene.engine.clock.now()
        #expect(try await scene.queue.tryOut([claims[0]], after: [], now: now) == [claims[0].lease])
        #expect(try await scene.queue.tryOut([claims[1]], after: [claims[0]], now: now) == [claims[1].lease])
        try await die(scene)
        let ended = try await scene.ended()
        #expect(ended.map(\.id) == [claims[1].id] && ended.map(\.status) == [.failed] && ended.map(\.reason) == [.leaseLost])
        #expect(ended.map(\.attempt) == [2])
        // The one before had begun, the one behind it had not; nobody suspects them more than before.
        let others = try await scene.claim()
        #expect(others.map(\.id) == [claims[0].id, claims[2].id])
        #expect(others.map(\.crashes) == [1, 1] && others.map(\.attempt) == [3, 3] && others.map(\.lostLeases) == [2, 2])
        #expect(try await scene.lane().running == 2)
        #expect(try await scene.count("usage_counters") == 0)
        #expect(try await scene.database.query("SELECT consecutive_failures AS n FROM job_states").only("n") as Int32 == 1)
    }

    @Test func whatThreeNodesDiedUnderIsEndedWhateverItsTrialSaid() async throws {
        let scene = try await Scene()
        var claim = try #require(try await suspects(1, in: scene).first)
        for crashes in 1...2 {
            #expect(claim.crashes == crashes)
            for (next, survivors) in [([claim], []), ([], [claim])] {
                _ = try await scene.queue.tryOut(next, after: survivors, now: scene.engine.clock.now())
            }
            try await die(scene)
            if crashes == 1 { claim = try #require(try await scene.claim(for: ID()).first) }
        }
        #expect(try await scene.ended().map(\.reason) == [.leaseLost])
        #expect(try await scene.count("queue") == 0)
    }

    @Test func whoSurvivedAnAttemptIsNoSuspectAnyMore() async throws {
        let scene = try await Scene()
        let claims = try await suspects(1, in: scene)
        let now = scene.engine.clock.now()
        _ = try await scene.queue.tryOut(claims, after: [], now: now)
        try await scene.complete(claims, Outcome(reason: .connectFailed), retryAt: now)
        #expect(try await scene.claim().map(\.crashes) == [0])
    }

    @Test func aWorkerTriesThemOneAfterTheOtherAndRunsThemAll() async throws {
        let started = Signals(of: Void.self)
        let onTrial = Mutex<[Int64]>([])
        let database = TestDatabase.current.database
        let scene = try await Scene { _ in
            let count = try? await database.query("SELECT count(*) AS n FROM queue WHERE on_trial").only("n") as Int64
            onTrial.withLock { $0.append(count ?? -1) }
            started.send()
            return Outcome(reason: nil)
        }
        try await scene.backlog(30)
        _ = try await scene.claim(for: ID())
        try await die(scene)
        try await scene.running([scene.worker()]) { _ = await started.next(30) }
        #expect(try await scene.ended().map(\.status) == Array(repeating: .success, count: 30))
        #expect(try await scene.ended().allSatisfy { $0.attempt == 2 })
        #expect(onTrial.withLock { $0.allSatisfy { $0 <= 1 } })
    }

    @Test func thoseWhoseTurnHasNotComeAreHandedBackAtAStop() async throws {
        let started = Signals(of: Void.self)
        let scene = try await Scene { _ in
            started.send()
            return Outcome(reason: nil)
        }
        try await scene.backlog(150)
        #expect(try await scene.claim(150, for: ID()).count == 150)
        try await die(scene)
        try await scene.running([scene.worker()]) { _ = await started.next(2) }
        let ended = try await scene.ended().count
        #expect(ended >= 2)
        let untouched = try await scene.count("queue WHERE leased_by IS NULL AND started_at IS NULL AND crashes = 1 AND attempt = 2")
        #expect(untouched == 150 - ended)
    }

    /// A trial that is noted and not begun would end it with the next death.
    @Test func whoMayNotStartAnythingTriesNothingOut() async throws {
        let scene = try await Scene()
        let claim = try #require(try await suspects(1, in: scene).first)
        scene.engine.pulse.renewed(at: .now - .seconds(10))
        let worker = try scene.worker()
        await worker.wait(suspect: claim)
        while await worker.isTryingOut { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try await scene.count("queue WHERE NOT on_trial AND leased_by IS NULL AND crashes = 1") == 1)
    }
}
