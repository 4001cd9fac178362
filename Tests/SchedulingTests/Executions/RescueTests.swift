import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct RescueTests {
    private var clockNow: @Sendable (Scene) -> Timestamp { { $0.engine.clock.now() } }

    @Test func whatIsHandedBackIsAsItWas() async throws {
        let scene = try await Scene(.business(concurrency: 3))
        let due = try await scene.backlog(4)
        let claims = try await scene.claim()
        try await scene.queue.handBack(claims.prefix(2).map { ($0.organizationID, $0.lease) }, now: clockNow(scene))
        #expect(try await scene.lane().running == 1)
        let again = try await scene.claim(for: ID())
        #expect(again.map(\.id) == Array(due.prefix(2)) && again.map(\.attempt) == [1, 1] && again.map(\.lostLeases) == [0, 0])
        // Handing back what somebody else holds by now changes nothing.
        try await scene.queue.handBack(claims.prefix(2).map { ($0.organizationID, $0.lease) }, now: clockNow(scene))
        #expect(try await scene.lane().running == 3)
        #expect(try await scene.count("queue WHERE leased_by IS NOT NULL") == 3)
    }

    @Test func theLeasesOfALivingNodeAreLeftAlone() async throws {
        let scene = try await Scene()
        try await scene.backlog(2)
        _ = try await scene.claim()
        #expect(try await scene.queue.lose(.deadNodes, now: clockNow(scene)) == 0)
        #expect(try await scene.claim().isEmpty)
    }

    @Test func whatADeadNodeHeldIsRepeatedAtOnceUnderTheSameId() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(2)
        let dead = ID<Node>()
        try await scene.live(dead, until: clockNow(scene).adding(.seconds(60)))
        let lost = try await scene.claim(for: dead)
        #expect(try await scene.queue.lose(.deadNodes, now: clockNow(scene)) == 0)
        try await scene.live(dead, until: clockNow(scene))
        #expect(try await scene.queue.lose(.deadNodes, now: clockNow(scene)) == 2)
        #expect(try await scene.lane().running == 0)
        let again = try await scene.claim()
        #expect(again.map(\.id).sorted() == due.sorted() && again.map(\.attempt) == [2, 2] && again.map(\.lostLeases) == [1, 1])
        // Were the dead one to come back, it could record nothing.
        #expect(try await scene.complete(lost).recorded == 0)
        #expect(try await scene.complete(again).recorded == 2)
        // Each counts once: the attempt that died with its node is no usage, the one that ended is.
        #expect(try await scene.count("usage_counters WHERE executions = 2") == 1)
        #expect(try await scene.queue.mendLanes(now: clockNow(scene)) == 0)
    }

    @Test func aNodeThatWasCutOffKnowsNothingAboutTheOthers() async throws {
        let scene = try await Scene()
        try await scene.backlog(1)
        _ = try await scene.claim(for: ID())
        // The first beats again after an outage of four seconds: so may the dead one, in a moment.
        for (beats, left) in [([10.0, 8.5, 7.0, 3.0, 1.5, 0], Int64(1)), ([6.0, 4.5, 3.0, 1.5, 0], 0)] {
            let engine = Engine(scene.database, on: TestCluster.loop)
            try await engine.clock.measure(scene.database)
            for ago in beats { engine.pulse.renewed(at: .now - .seconds(ago)) }
            try await Rescuer(engine, logger: silence).look(alsoAtLanes: false)
            #expect(try await scene.count("queue WHERE leased_by IS NOT NULL") == left)
        }
    }

    /// The database's clock was set on by an hour, or a node reads it wrong: nobody is dead for that.
    @Test(arguments: [-3_600, -4, 4, 3_600]) func byAnotherClockThanTheDatabasesNobodyIsDead(seconds: Int) async throws {
        let scene = try await Scene()
        try await scene.backlog(1)
        _ = try await scene.claim(for: ID())
        #expect(try await scene.queue.lose(.deadNodes, now: clockNow(scene).adding(.seconds(seconds))) == 0)
        #expect(try await scene.queue.lose(.deadNodes, now: clockNow(scene)) == 1)
    }

    /// Ten thousand leases of one node, and statistics of a table that was empty.
    @Test(.timeLimit(.minutes(2))) func aNodeThatHeldThousandsIsRescuedInTime() async throws {
        let scene = try await Scene()
        try await scene.database.script("ANALYZE queue, nodes")
        // By now the statement is planned once and for all.
        for _ in 0..<20 { _ = try await scene.queue.lose(.deadNodes, now: clockNow(scene)) }
        try await scene.backlog(10_000)
        try await scene.database.query("UPDATE queue SET leased_by = \(ID<Node>()), lease_token = 1")
        // Fewer where a statement takes longer than it may.
        #expect(try await scene.queue.lose(.deadNodes, now: clockNow(scene)) == 5_000)
    }

    @Test func oneOrganizationThatIsLockedKeepsNoOtherFromBeingRescued() async throws {
        let scene = try await Scene(lockTimeout: .milliseconds(500))
        let other = try await scene.found("Other")
        try await scene.backlog(1)
        let free = try await scene.backlog(1, of: other)
        #expect(try await scene.claim(for: ID()).count == 2)
        try await scene.database.transaction { transaction in
            try await transaction.query("SELECT FROM lanes WHERE organization_id = \(scene.acme.organization.id) FOR UPDATE")
            #expect(try await scene.queue.lose(.deadNodes, now: clockNow(scene)) == 1)
        }
        #expect(try await scene.count("queue WHERE leased_by IS NULL AND id = \(free[0])") == 1)
        #expect(try await scene.queue.lose(.deadNodes, now: clockNow(scene)) == 1)
    }

    @Test func aLostAttemptIsToldAndItsTimeIsNotForgotten() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(1)
        let first = try #require(try await scene.claim(for: ID()).first)
        _ = try await scene.queue.lose(.deadNodes, now: clockNow(scene))
        let again = try await scene.claim()
        // Late is late: it counts from when it was due, not from when its node was given up.
        #expect(again.map(\.dueAt) == [first.dueAt])
        try await scene.complete(again)
        let attempts = try await scene.executions.find(due[0].text, for: scene.acme).attempts
        #expect(attempts.map(\.number) == [1, 2] && attempts.map(\.reason) == [.leaseLost, nil])
    }

    @Test func whatWaitsForALostExecutionGoesOnWaiting() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "queue"]), for: scene.acme)
        let now = clockNow(scene)
        try await scene.enqueue(job, at: [now.adding(.seconds(-2))])
        try await scene.enqueue(job, at: [now.adding(.seconds(-1))], held: true)
        #expect(try await scene.claim(for: ID()).count == 1)
        _ = try await scene.queue.lose(.deadNodes, now: clockNow(scene))
        try await scene.queue.release(after: nil, now: clockNow(scene))
        #expect(try await scene.count("queue WHERE held") == 1)
        #expect(try await scene.claim().map(\.attempt) == [2])
    }

    @Test func onABusyHealthyQueueNoLaneIsMended() async throws {
        let scene = try await Scene(.business(concurrency: 4))
        let other = try await scene.found("Other", .business(concurrency: 50))
        let mended = try await withThrowingTaskGroup { tasks in
            for access in [scene.acme, other] {
                tasks.addTask {
                    for _ in 0..<6 { try await scene.backlog(20, of: access) }
                    return 0
                }
            }
            for _ in 0..<3 {
                tasks.addTask {
                    for _ in 0..<60 { try await scene.complete(scene.claim(10)) }
                    return 0
                }
            }
            tasks.addTask {
                var mended = 0
                for _ in 0..<60 { mended += try await scene.queue.mendLanes(now: scene.engine.clock.now()) }
                return mended
            }
            return try await tasks.reduce(0, +)
        }
        #expect(mended == 0)
        while try await scene.count("queue") > 0 { try await scene.complete(scene.claim()) }
        #expect(try await scene.queue.mendLanes(now: clockNow(scene)) == 0)
        #expect(try await scene.lane() == .init(running: 0, nextDue: nil))
    }

    @Test func aLaneThatCountsWrongIsMended() async throws {
        let scene = try await Scene(.business(concurrency: 3))
        let due = try await scene.backlog(3)
        _ = try await scene.claim(1)
        try await scene.database.query("UPDATE lanes SET running = 3, next_due = 'infinity'")
        #expect(try await scene.claim().isEmpty)
        #expect(try await scene.queue.mendLanes(now: clockNow(scene)) == 1)
        #expect(try await scene.lane().running == 1)
        #expect(try await scene.claim().map(\.id) == Array(due.dropFirst()))
        #expect(try await scene.queue.mendLanes(now: clockNow(scene)) == 0)
    }

    @Test func aLaneThatForgotAnExecutionIsMended() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(1)
        try await scene.database.query("UPDATE lanes SET next_due = 'infinity'")
        #expect(try await scene.claim().isEmpty)
        try await Rescuer(scene.engine, logger: silence).look(alsoAtLanes: true)
        #expect(try await scene.claim().map(\.id) == due)
    }

    @Test func aSweepThatFailsKeepsNoOtherFromItsWork() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(1)
        try await scene.database.query("UPDATE lanes SET next_due = 'infinity'")
        // Nobody can be rescued, and nobody forgotten.
        try await scene.database.script("ALTER TABLE nodes RENAME COLUMN alive_until TO lost")
        await #expect(throws: PostgresError.self) { try await Rescuer(scene.engine, logger: silence).look(alsoAtLanes: true) }
        #expect(try await scene.claim().map(\.id) == due)
        try await scene.database.script("ALTER TABLE nodes RENAME COLUMN lost TO alive_until")
    }
}
