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

    /// The session that holds the schedulers' lock, once there is one, and another than `old`.
    private func leader(_ scene: Scene, after old: Int32? = nil) async throws -> Int32 {
        let holders: Query = """
            SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted
                AND application_name = \(TestDatabase.current.schema) AND query LIKE '%pg_try_advisory_lock%'
            """
        var leader: Int32?
        try await until("nobody takes the lock") {
            leader = try await scene.database.query(holders).first?("pid")
            return leader != nil && leader != old
        }
        return try #require(leader)
    }

    @Test func whenTheLocksSessionIsEndedTheSchedulingGoesOnWithoutAGap() async throws {
        let scene = try await Scene()
        _ = try await scene.jobs.create(.probe(["every": "1s"], ["overlap": "allow", "missed": "all"]), for: scene.acme)
        let engines = [try await engine(), try await engine()]
        for engine in engines { try await scene.live(engine.node, until: engine.clock.now().adding(.seconds(3_600))) }
        try await scene.running(engines.map { Scheduler($0, logger: silence) }) {
            try await until("nothing is queued") { try await scene.count("queue") >= 3 }
            var leader = try await leader(scene)
            for _ in 0..<3 {
                try await scene.database.query("SELECT pg_terminate_backend(\(leader), 5000)")
                let before = try await ticks(scene).last
                // That it goes on because a leader is passed over that does not tick would not be enough: there must be one.
                leader = try await self.leader(scene, after: leader)
                try await until("nothing more is queued") { try await ticks(scene).last != before }
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
        try await scene.running([Scheduler(scene.engine, logger: silence)]) {
            try await until("nobody schedules") { try await scene.count("queue") > 0 }
        }
        #expect(await lock.isHeld())
        await lock.release()
        await leader.database.close()
    }
}
