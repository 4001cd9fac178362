import JSON
import Logging
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite(.database, .timeLimit(.minutes(1))) struct RecorderTests {
    /// The day's table is the test's own, and so is a rule on it.
    private func refuse(_ rule: String, in table: String, of scene: Scene) async throws {
        let names = try await scene.database.query(
            """
            SELECT relname::text AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
                AND relname LIKE \(table + "_keep_7_%")
            """
        ).map { try $0("name") as String }
        for name in names { try await scene.database.script("ALTER TABLE \(name) ADD CHECK (\(rule))") }
    }

    @Test func anOutcomeThatIsRefusedOnceIsRepeatedAndThenEnded() async throws {
        let scene = try await Scene()
        try await refuse("reason IS DISTINCT FROM 'http_status'", in: "attempts", of: scene)
        let due = try await scene.backlog(1)
        let recorder = Recorder(scene.engine, logger: silence)
        for attempt in 1...2 {
            let claim = try #require(try await scene.claim().first)
            #expect(claim.attempt == attempt)
            await recorder.record(claim.ended(Outcome(reason: .httpStatus, statusCode: 500), at: scene.engine.clock.now()))
        }
        let ended = try await scene.ended()
        #expect(ended.map(\.id) == due && ended.map(\.reason) == [.leaseLost])
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.lane().running == 0)
    }

    @Test func oneRefusedOutcomeKeepsNoOtherFromBeingWritten() async throws {
        let scene = try await Scene()
        try await refuse("reason IS DISTINCT FROM 'http_status'", in: "attempts", of: scene)
        try await scene.backlog(3)
        let claims = try await scene.claim()
        let recorder = Recorder(scene.engine, logger: silence)
        let now = scene.engine.clock.now()
        await withTaskGroup { tasks in
            for (claim, reason) in zip(claims, [nil, Reason.httpStatus, nil]) {
                tasks.addTask { await recorder.record(claim.ended(Outcome(reason: reason), at: now)) }
            }
        }
        #expect(try await scene.ended().map(\.id) == [claims[0].id, claims[2].id])
        #expect(try await scene.count("queue WHERE leased_by IS NULL AND crashes = 1") == 1)
    }

    /// Dropped by somebody else: a node that believed its own wrong clock would never find out.
    @Test func anOutcomeWhoseDayIsGoneIsGivenOne() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(1)
        let other = Partitions(scene.database, clock: scene.engine.clock)
        try await other.drop(Partitions.Day(keepDays: 7, number: scene.engine.clock.now().seconds / 86_400))
        let claims = try await scene.claim()
        await Recorder(scene.engine, logger: silence).record(claims[0].ended(at: scene.engine.clock.now()))
        #expect(try await scene.ended().map(\.id) == due)
    }

    /// At the end of a stop: nothing can be written any more, and nothing was refused.
    @Test func aDatabaseThatIsClosedEndsTheWritingWithOneLine() async throws {
        let scene = try await Scene()
        try await scene.backlog(3)
        let claims = try await scene.claim()
        let results = try Database(TestDatabase.current.configuration, on: TestCluster.loop, logger: silence)
        let notes = Notes()
        let recorder = Recorder(
            Engine(scene.database, results: results, on: TestCluster.loop), logger: Logger(label: "test") { _ in notes })
        let now = scene.engine.clock.now()
        await results.close()
        await withTaskGroup { tasks in
            for claim in claims { tasks.addTask { await recorder.record(claim.ended(at: now)) } }
        }
        #expect(notes.lines.withLock { $0 } == ["outcomes were not written before the end; others begin again"])
        #expect(try await scene.count("queue WHERE leased_by IS NOT NULL AND crashes = 0") == 3)
    }

    /// All sessions are ended, and none is let in for a while: what has ended meanwhile is written afterwards, once.
    @Test func outcomesWaitForADatabaseThatIsAway() async throws {
        let scene = try await Scene()
        try await scene.backlog(20)
        let claims = try await scene.claim()
        var configuration = TestDatabase.current.configuration
        configuration.url += " user=gone"
        configuration.connectionWait = .milliseconds(200)
        let results = try Database(configuration, on: TestCluster.loop, logger: silence)
        let engine = Engine(scene.database, results: results, on: TestCluster.loop)
        try await engine.clock.measure(scene.database)
        let recorder = Recorder(engine, logger: silence)
        let now = engine.clock.now()
        async let written: Void = withTaskGroup { tasks in
            for claim in claims { tasks.addTask { await recorder.record(claim.ended(at: now)) } }
        }
        try await until("the database is not missed") { await recorder.failures >= 3 }
        #expect(try await scene.ended().isEmpty)
        try await scene.database.script("CREATE ROLE gone LOGIN SUPERUSER")
        await written
        #expect(try await scene.ended().map(\.status) == Array(repeating: .success, count: 20))
        await results.close()
        try await scene.database.script("DROP ROLE gone")
    }

    private func recorded(_ endings: [Finished], by recorder: Recorder) async {
        await withTaskGroup { tasks in
            for ending in endings { tasks.addTask { await recorder.record(ending) } }
        }
    }

    @Test func oneOrganizationThatIsLockedKeepsNoOtherFromBeingRecorded() async throws {
        let scene = try await Scene(lockTimeout: .milliseconds(500))
        let other = try await scene.found("Other")
        try await scene.backlog(2)
        let free = try await scene.backlog(2, of: other)
        let now = scene.engine.clock.now()
        let endings = try await scene.claim().map { $0.ended(at: now) }
        #expect(endings.count == 4)
        let recorder = Recorder(scene.engine, logger: silence)
        try await scene.database.transaction { transaction in
            let organization = scene.acme.organization.id
            try await transaction.query("SELECT FROM job_states WHERE organization_id = \(organization) FOR UPDATE")
            let recording = Task { await recorded(endings, by: recorder) }
            while try await scene.count("executions WHERE id = ANY(\(free))") < 2 { try await Task.sleep(for: .milliseconds(20)) }
            try await transaction.query("SELECT")
            withExtendedLifetime(recording) {}
        }
        while try await scene.count("queue") > 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await scene.count("executions WHERE status = 'success'") == 4)
    }

    /// A table that takes a tenth of a second a row, and a database that breaks off a statement after one.
    @Test func whatTakesTooLongIsWrittenInSmallerPieces() async throws {
        let scene = try await Scene()
        try await scene.database.script(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;
            CREATE TRIGGER slow BEFORE INSERT ON attempts FOR EACH ROW EXECUTE FUNCTION slow();
            """)
        try await scene.backlog(30)
        let now = scene.engine.clock.now()
        let endings = try await scene.claim().map { $0.ended(at: now) }
        var configuration = TestDatabase.current.configuration
        configuration.statementTimeout = .seconds(1)
        let results = try Database(configuration, on: TestCluster.loop, logger: silence)
        let engine = Engine(scene.database, results: results, on: TestCluster.loop)
        try await engine.clock.measure(scene.database)
        await recorded(endings, by: Recorder(engine, logger: silence))
        #expect(try await scene.count("executions WHERE status = 'success'") == 30)
        await results.close()
        try await scene.database.script("DROP FUNCTION slow() CASCADE")
    }

    /// 300 outcomes of 256 KiB: a quarter of them is over the budget.
    @Test func beyondItsBudgetAnOutcomeWaitsWithoutItsPayload() async throws {
        let scene = try await Scene(.business(concurrency: 1_000))
        try await scene.backlog(300)
        let now = scene.engine.clock.now()
        var outcome = Outcome(reason: nil)
        outcome.record.responseBody = [UInt8](repeating: 65, count: 256 << 10)
        let endings = try await scene.claim(300).map { $0.ended(outcome, at: now) }
        let recorder = Recorder(scene.engine, logger: silence)
        await recorded(endings, by: recorder)
        #expect(try await scene.count("executions WHERE status = 'success'") == 300)
        let bare = try await scene.count("attempts WHERE response_body IS NULL")
        #expect(bare > 0 && bare < 60, "\(bare)")
        #expect(await recorder.waitingBytes == 0)
    }
}
