import Logging
import Postgres
import ServiceLifecycle
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite(.database, .timeLimit(.minutes(1))) struct HeartbeatTests {
    @Test func theNodesRowIsThereWhileItLivesAndGoneAfterAnOrderlyEnd() async throws {
        let scene = try await Scene()
        try await scene.database.query("DELETE FROM nodes")
        let heartbeat = Heartbeat(scene.engine, name: "test", logger: silence)
        try await heartbeat.begin()
        try await scene.running([heartbeat]) {
            let alive = try await scene.count("nodes WHERE id = \(scene.engine.node) AND alive_until > \(scene.engine.clock.now())")
            #expect(alive == 1)
        }
        #expect(try await scene.count("nodes") == 0)
    }

    /// It could not hand over what it held, for lack of time; nothing of it has killed a node.
    @Test func whatAStoppedNodeStillHeldIsRepeatedAndBlamedOnNobody() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(2)
        try await scene.database.query("UPDATE queue SET crashes = 2, on_trial = false WHERE id = \(due[1])")
        let claims = try await scene.claim()
        _ = try await scene.queue.tryOut(claims.filter { $0.id == due[1] }, after: [], now: scene.engine.clock.now())
        try await scene.running([Heartbeat(scene.engine, name: "test", logger: silence)]) {}
        // Its row stays as long as something goes by it.
        try await scene.queue.forgetDeadNodes(now: scene.engine.clock.now())
        #expect(try await scene.queue.lose(.deadNodes, now: scene.engine.clock.now()) == 2)
        let again = try await scene.claim(for: ID())
        #expect(again.map(\.id) == due && again.map(\.attempt) == [2, 2] && again.map(\.crashes) == [0, 2])
        try await scene.queue.forgetDeadNodes(now: scene.engine.clock.now())
        #expect(try await scene.count("nodes") == 0)
    }

    @Test func anExpiredNodeIsRevivedByItsNextBeat() async throws {
        let scene = try await Scene()
        let heartbeat = Heartbeat(scene.engine, name: "test", logger: silence)
        try await scene.live(scene.engine.node, until: scene.engine.clock.now().adding(.seconds(-60)))
        try await heartbeat.begin()
        #expect(try await scene.count("nodes WHERE id = \(scene.engine.node) AND alive_until > \(scene.engine.clock.now())") == 1)
    }

    /// The database's clock is an hour behind ours.
    @Test func aClockThatIsOffIsToldAtTheFirstBeatAndNotAtEveryOne() async throws {
        let scene = try await Scene()
        try await scene.database.script(
            """
            CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() - interval '1 hour' $$;
            """)
        let schema = TestDatabase.current.schema
        var configuration = TestDatabase.current.configuration
        configuration.searchPath = "\(schema),pg_catalog"
        let skewed = try Database(configuration, on: TestCluster.loop, logger: silence)
        let engine = Engine(skewed, on: TestCluster.loop)
        let notes = Notes()
        let heartbeat = Heartbeat(engine, name: "test", logger: Logger(label: "test") { _ in notes })
        try await heartbeat.setClock()
        await heartbeat.noteClock()
        await heartbeat.noteClock()
        // An hour, and what a busy machine makes of it between two looks at two clocks.
        let told = notes.lines.withLock { $0.compactMap { $0.wholeMatch(of: /clock off by (\d+) ms.*/).flatMap { Int($0.1) } } }
        #expect(told.count == 1 && told.allSatisfy { (3_590_000...3_610_000).contains($0) })
        await skewed.close()
        try await scene.database.script("DROP FUNCTION \(schema).clock_timestamp()")
    }
}
