import JSON
import Postgres
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite(.database, .timeLimit(.minutes(1))) struct WorkerStopTests {
    /// Executions that tell when they begin, and last until they are cancelled.
    private func endless() async throws -> (Scene, Signals<Void>) {
        let started = Signals(of: Void.self)
        let scene = try await Scene { _ in
            started.send()
            do { try await Task.sleep(for: .seconds(3_600)) } catch { return Outcome(reason: .cancelledByUser) }
            return Outcome(reason: nil)
        }
        return (scene, started)
    }

    @Test func whatRunsIsFinishedAndRecorded() async throws {
        let (started, gate) = (Signals(of: Void.self), Signals(of: Void.self))
        let scene = try await Scene { _ in
            started.send()
            _ = await gate.next(1)
            return Outcome(reason: nil, statusCode: 299)
        }
        let due = try await scene.backlog(1)
        let worker = try scene.worker()
        let group = ServiceGroup(services: [worker], logger: silence)
        async let ran: Void = group.run()
        _ = await started.next(1)
        await group.triggerGracefulShutdown()
        try await until("it is not told to stop") { await worker.isStopping }
        let more = try await scene.backlog(1)
        scene.engine.dueBell.ring()
        gate.send()
        try await ran
        #expect(try await scene.ended().map(\.id) == due)
        #expect(try await scene.ended().map(\.statusCode) == [299])
        // Nothing new was begun.
        #expect(try await scene.claim().map(\.id) == more)
    }

    /// Occurrences in the midst of which a worker can be stopped however busy the machine is: the first thirty follow each
    /// other at once, so that it has some leased ahead, and the others are due in a minute.
    private func herd(_ count: Int, from now: Timestamp) -> [Timestamp] {
        (0..<count).map { now.adding(.milliseconds(10 * $0) + ($0 < 30 ? .zero : .seconds(60))) }
    }

    /// Stopped in the midst of a herd, each execution either ran once and is recorded, or is back as it was.
    @Test func whatHasNotStartedIsHandedBackUntouched() async throws {
        let started = Signals(of: Void.self)
        let ran = Mutex<[ID<Execution>]>([])
        let scene = try await Scene { call in
            ran.withLock { $0.append(call.executionID) }
            started.send()
            return Outcome(reason: nil)
        }
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "allow"]), for: scene.acme)
        let now = scene.engine.clock.now()
        let all = try await scene.enqueue(job, at: herd(150, from: now))
        try await scene.running([scene.worker()]) { _ = await started.next(3) }
        let began = ran.withLock { $0 }
        #expect(Set(began).count == began.count && began.count < all.count)
        #expect(Set(try await scene.ended().map(\.id)) == Set(began))
        #expect(try await scene.count("queue WHERE leased_by IS NULL AND attempt = 1 AND lost_leases = 0") == all.count - began.count)
        #expect(try await scene.count("queue") == all.count - began.count)
        #expect(try await scene.lane().running == 0)
        let end = now.adding(.seconds(62))
        let rest = try await scene.queue.claim(256, for: scene.engine.node, now: end, horizon: end).claims
        #expect(Set(rest.map(\.id)).union(began) == Set(all))
    }

    /// The claim is on its way when the stop comes: what it brings is not started, least of all before its time.
    @Test func whatIsLeasedWhileStoppingIsHandedBack() async throws {
        let ran = Mutex(0)
        let scene = try await Scene { _ in
            ran.withLock { $0 += 1 }
            return Outcome(reason: nil)
        }
        let due = try await scene.backlog(2)
        let worker = try scene.worker()
        let group = ServiceGroup(services: [worker], logger: silence)
        let (locked, free) = (Signals(of: Void.self), Signals(of: Void.self))
        async let lock: Void = scene.database.transaction { transaction in
            try await transaction.query("LOCK TABLE lanes IN ACCESS EXCLUSIVE MODE")
            locked.send()
            _ = await free.next(1)
        }
        _ = await locked.next(1)
        async let stopped: Void = group.run()
        // Its claim waits for the lock.
        try await until("its claim does not come") {
            try await scene.count("pg_locks WHERE NOT granted AND relation = 'lanes'::regclass") > 0
        }
        await group.triggerGracefulShutdown()
        try await until("it is not told to stop") { await worker.isStopping }
        free.send()
        try await lock
        try await stopped
        #expect(ran.withLock { $0 } == 0)
        #expect(try await scene.claim().map(\.id) == due)
    }

    /// Whoever stopped the program did not mean to cancel the customer's execution.
    @Test func whatOutlastsTheGracePeriodIsRepeatedElsewhere() async throws {
        let (scene, started) = try await endless()
        let due = try await scene.backlog(1)
        try await scene.running([scene.worker(grace: .milliseconds(50))]) { _ = await started.next(1) }
        #expect(try await scene.ended().isEmpty)
        // At once: nobody has to find out that this node is gone.
        let again = try await scene.claim(for: ID())
        #expect(again.map(\.id) == due && again.map(\.attempt) == [2])
        // A deploy is no poison, no retry and no usage.
        #expect(again.map(\.crashes) == [0] && again.map(\.lostLeases) == [1])
        #expect(try await scene.complete(again).recorded == 1)
        #expect(try await scene.count("usage_counters WHERE executions = 1") == 1)
        let attempts = try await scene.executions.find(due[0].text, for: scene.acme).attempts
        #expect(attempts.map(\.number) == [1, 2] && attempts.map(\.reason) == [.leaseLost, nil])
    }

    @Test func impatienceEndsTheGracePeriod() async throws {
        let (scene, started) = try await endless()
        let due = try await scene.backlog(1)
        let worker = try scene.worker(grace: .seconds(3_600))
        let group = ServiceGroup(services: [worker], logger: silence)
        let running = Task { try await group.run() }
        _ = await started.next(1)
        await group.triggerGracefulShutdown()
        try await until("it is not told to stop") { await worker.isStopping }
        running.cancel()
        _ = await running.result
        #expect(try await scene.claim(for: ID()).map(\.id) == due)
    }

    @Test func aCancelledWorkerHandsItsLeasesBackToo() async throws {
        let started = Signals(of: Void.self)
        let scene = try await Scene { _ in
            started.send()
            return Outcome(reason: nil)
        }
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "allow"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: herd(100, from: now))
        let worker = try scene.worker()
        let task = Task { await worker.run() }
        _ = await started.next(3)
        task.cancel()
        await task.value
        let ended = try await scene.ended().count
        #expect((3..<100).contains(ended))
        #expect(try await scene.count("queue WHERE leased_by IS NULL") == 100 - ended)
        #expect(try await scene.lane().running == 0)
    }

    @Test func whatCannotBeHandedOverAtOnceIsHandedOverAMomentLater() async throws {
        let (scene, started) = try await endless()
        let due = try await scene.backlog(1)
        // What a statement that fails has drawn from a sequence stays drawn.
        try await scene.database.script(
            """
            CREATE SEQUENCE tries;
            CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN IF nextval(''tries'') < 3 THEN RAISE EXCEPTION ''not now''; END IF; RETURN new; END';
            CREATE TRIGGER fail_once BEFORE INSERT ON attempts FOR EACH ROW EXECUTE FUNCTION fail_once()
            """)
        try await scene.running([scene.worker(grace: .milliseconds(50))]) { _ = await started.next(1) }
        try await scene.database.script("DROP FUNCTION fail_once CASCADE; DROP SEQUENCE tries")
        #expect(try await scene.claim(for: ID()).map(\.id) == due)
    }

    /// Each of them would make one more statement, and wait for a connection.
    @Test func aStopWithTheDatabaseAwayWaitsForNoneOfTheServices() async throws {
        var configuration = DatabaseConfiguration(url: "postgresql://nobody@127.0.0.1:1/nothing", applicationName: "lost")
        configuration.connectionWait = .seconds(30)
        let database = try Database(configuration, on: TestCluster.loop, logger: silence)
        let engine = Engine(database, on: TestCluster.loop)
        for service in [Rescuer(engine, logger: silence), Heartbeat(engine, name: "test", logger: silence)] as [any Service] {
            let group = ServiceGroup(services: [service], logger: silence)
            async let running: Void = group.run()
            // Asleep before its first round.
            try await Task.sleep(for: .milliseconds(100))
            let start = ContinuousClock.now
            await group.triggerGracefulShutdown()
            try await running
            #expect(start.duration(to: .now) < .seconds(15))
        }
        await database.close()
    }
}
