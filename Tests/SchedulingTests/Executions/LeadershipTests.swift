import JSON
import Logging
import Postgres
import ServiceLifecycle
import TestSupport
import Testing
import Time

@testable import Scheduling

/// Two engines on one database, each with a scheduler and connections of its own.
@Suite(.database, .timeLimit(.minutes(1))) struct LeadershipTests {
    private func engine() async throws -> Engine {
        let engine = Engine(try Database(TestDatabase.current.configuration, on: TestCluster.loop, logger: silence), on: TestCluster.loop)
        try await engine.clock.measure(engine.database)
        return engine
    }

    /// The instants of a job that runs each second, in order, each once.
    private func ticks(_ scene: Scene) async throws -> [Timestamp] {
        try await scene.database.query(
            "SELECT scheduled_for FROM (SELECT scheduled_for FROM queue UNION ALL SELECT scheduled_for FROM executions) x ORDER BY 1"
        ).map { try $0("scheduled_for") }
    }

    private func holders(_ scene: Scene) async throws -> [Int32] {
        try await scene.database.query(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 ORDER BY pid"
        ).map { try $0("pid") }
    }

    @Test func whenTheLocksSessionIsEndedTheSchedulingGoesOnWithoutAGap() async throws {
        let scene = try await Scene()
        _ = try await scene.jobs.create(.probe(["every": "1s"], ["overlap": "allow", "missed": "all"]), for: scene.acme)
        let engines = [try await engine(), try await engine()]
        for engine in engines { try await scene.live(engine.node, until: engine.clock.now().adding(.seconds(3_600))) }
        try await scene.running(engines.map { Scheduler($0, logger: silence) }) {
            while try await scene.count("queue") < 3 { try await Task.sleep(for: .milliseconds(20)) }
            for _ in 0..<3 {
                let mine: Query = "SELECT pid FROM pg_stat_activity WHERE application_name = \(TestDatabase.current.schema)"
                let killed = try await scene.database.query(
                    """
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
                        AND pid IN (\(mine))
                    """
                ).count
                #expect(killed == 1)
                let (begin, before) = (ContinuousClock.now, try await ticks(scene).last)
                while try await ticks(scene).last == before { try await Task.sleep(for: .milliseconds(20)) }
                #expect(begin.duration(to: .now) < .seconds(2))
            }
        }
        let all = try await ticks(scene)
        #expect(all.count > 4)
        for (earlier, later) in zip(all, all.dropFirst()) { #expect(earlier.duration(to: later) == .seconds(1)) }
        for engine in engines { await engine.database.close() }
    }

    /// A leader that is stopped keeps its lock, for its session lives on: whoever sees no tick schedules too.
    @Test func aLeaderThatDoesNotTickIsPassedOver() async throws {
        let scene = try await Scene()
        _ = try await scene.jobs.create(.probe(["every": "1s"], ["overlap": "allow"]), for: scene.acme)
        let leader = try await engine()
        let lock = try leader.database.advisoryLock(name: "scheduler")
        #expect(try await lock.tryAcquire())
        let begin = ContinuousClock.now
        try await scene.running([Scheduler(scene.engine, logger: silence)]) {
            while try await scene.count("queue") == 0 { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(begin.duration(to: .now) < .seconds(4))
        #expect(await lock.isHeld())
        await lock.release()
        await leader.database.close()
    }
}
