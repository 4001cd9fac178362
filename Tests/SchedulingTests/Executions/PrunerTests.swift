import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database, .timeLimit(.minutes(2))) struct PrunerTests {
    /// Noon of so many days ago, by the database's clock.
    private func noon(_ daysAgo: Int64, in scene: Scene) -> Timestamp {
        Timestamp(seconds: (scene.engine.clock.now().seconds / 86_400 - daysAgo) * 86_400 + 43_200)
    }

    /// Executions of a job at these times, each with one attempt, as if they had been recorded then.
    private func record(_ times: [Timestamp], of job: Job, keepDays: Int = 7, in scene: Scene) async throws {
        try await scene.engine.partitions.ensure(times.map { (keepDays, $0) })
        let ids = times.map { ID<Execution>(at: $0) }
        let organization = scene.acme.organization.id
        try await scene.database.batch([
            """
            INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, attempt, finished_at)
            SELECT \(organization), \(Int16(keepDays)), time, id, \(job.id), 'schedule', 'success', 1, time
            FROM unnest(\(ids), \(times)) AS t (id, time)
            """,
            """
            INSERT INTO attempts (organization_id, keep_days, scheduled_for, execution_id, number, node_id, status, started_at,
                finished_at, total_us, response_body)
            SELECT \(organization), \(Int16(keepDays)), time, id, 1, id, 'success', time, time, 1, 'answer'
            FROM unnest(\(ids), \(times)) AS t (id, time)
            """,
        ])
    }

    private func job(in scene: Scene) async throws -> Job { try await scene.jobs.create(.probe(nil), for: scene.acme) }

    private func listed(_ job: Job, in scene: Scene) async throws -> [Timestamp] {
        try await scene.executions.page(of: job.id, after: nil, limit: 1_000, for: scene.acme).map(\.scheduledFor)
    }

    private func tables(in scene: Scene) async throws -> Int64 {
        try await scene.count(
            "pg_class WHERE relnamespace = current_schema()::regnamespace AND relname ~ '_keep_[0-9]+_[0-9]{8}$' AND relkind = 'r'")
    }

    @Test func aDayLeavesWhenItsRetentionIsOverAndNotBefore() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        let newest = (0..<50).map { noon(1, in: scene).adding(.seconds($0)) }
        let (over, last, longer) = (noon(8, in: scene), noon(7, in: scene), noon(8, in: scene).adding(.seconds(1)))
        try await record(newest + [over, last], of: job, in: scene)
        try await record([longer], of: job, keepDays: 30, in: scene)
        let before = try await tables(in: scene)
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await listed(job, in: scene) == newest.reversed() + [last, longer])
        #expect(try await tables(in: scene) == before - 2)
    }

    @Test func theLastFiftyOfEachJobAreKeptWithTheirAttempts() async throws {
        let scene = try await Scene()
        let (busy, rare) = (try await job(in: scene), try await job(in: scene))
        let old = (0..<70).map { noon(9, in: scene).adding(.seconds($0)) }
        let recent = (0..<20).map { noon(2, in: scene).adding(.seconds($0)) }
        try await record(old + recent, of: busy, in: scene)
        try await record([old[0]], of: rare, in: scene)
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await listed(busy, in: scene) == (old.suffix(30) + recent).reversed())
        #expect(try await listed(rare, in: scene) == [old[0]])
        let kept = try await scene.executions.page(of: rare.id, after: nil, limit: 1, for: scene.acme)[0]
        let found = try await scene.executions.find(kept.id.text, for: scene.acme)
        #expect(found.attempts.map(\.number) == [1])
        #expect(found.execution.response?.body == Array("answer".utf8))
    }

    /// What newer days have pushed out of a job's last fifty does not stay for ever.
    @Test func whatIsNoLongerAmongTheLastFiftyIsLetGo() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        let oldest = (0..<50).map { noon(12, in: scene).adding(.seconds($0)) }
        try await record(oldest, of: job, in: scene)
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await scene.count("kept_executions") == 50)
        #expect(try await scene.count("kept_attempts") == 50)
        let newer = (0..<30).map { noon(10, in: scene).adding(.seconds($0)) }
        try await record(newer, of: job, in: scene)
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await listed(job, in: scene) == (oldest.suffix(20) + newer).reversed())
        #expect(try await scene.count("kept_executions") == 50)
        #expect(try await scene.count("kept_attempts") == 50)
    }

    /// The pruner may die between any two of its steps.
    @Test(arguments: [false, true]) func aDropThatWasBrokenOffIsFinished(afterBoth: Bool) async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        let old = noon(9, in: scene)
        try await record([old], of: job, in: scene)
        let day = try #require(try await scene.engine.partitions.over(at: scene.engine.clock.now()).first)
        let before = try await tables(in: scene)
        try await Pruner(scene.engine, logger: silence).prune()
        // As if it had died before the tables were dropped: they are there again, apart.
        try await scene.database.script("CREATE TABLE \(day.executions) (LIKE executions INCLUDING ALL)")
        if afterBoth { try await scene.database.script("CREATE TABLE \(day.attempts) (LIKE attempts INCLUDING ALL)") }
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await tables(in: scene) == before - 2)
        #expect(try await listed(job, in: scene) == [old])
    }

    /// The executions are gone, their attempts still stand in history; the days behind it leave all the same.
    @Test func aDropThatWasBrokenOffBetweenItsTablesIsFinished() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await record([noon(9, in: scene), noon(8, in: scene)], of: job, in: scene)
        let before = try await tables(in: scene)
        let day = try #require(try await scene.engine.partitions.over(at: scene.engine.clock.now()).first)
        try await scene.database.script("DROP TABLE \(day.executions)")
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await tables(in: scene) == before - 4)
    }

    @Test func aDayThatCannotBeDroppedKeepsNoOther() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await record([noon(9, in: scene), noon(8, in: scene)], of: job, in: scene)
        let before = try await tables(in: scene)
        let days = try await scene.engine.partitions.over(at: scene.engine.clock.now())
        try await scene.database.script("CREATE VIEW stands_in_the_way AS SELECT id FROM \(days[0].executions)")
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await scene.engine.partitions.over(at: scene.engine.clock.now()).map(\.number) == [days[0].number])
        try await scene.database.script("DROP VIEW stands_in_the_way")
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await tables(in: scene) == before - 4)
    }

    /// All at once would take half a second, each alone 50 ms.
    @Test func whatTakesTooLongToCopyIsCopiedInParts() async throws {
        let scene = try await Scene()
        try await scene.database.script(
            """
            CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN new; END';
            CREATE TRIGGER dawdle BEFORE INSERT ON kept_executions FOR EACH ROW EXECUTE FUNCTION dawdle()
            """)
        for _ in 0..<10 { try await record([noon(9, in: scene)], of: try await job(in: scene), in: scene) }
        let before = try await tables(in: scene)
        var pruner = Pruner(scene.engine, logger: silence)
        pruner.patience = .milliseconds(400)
        try await pruner.prune()
        try await scene.database.script("DROP FUNCTION dawdle CASCADE")
        #expect(try await scene.count("kept_executions") == 10)
        #expect(try await tables(in: scene) == before - 2)
    }

    /// Whoever has made a day must be able to write into it also after it was dropped by another.
    @Test func aDayThatWasDroppedIsMadeAgainWhenItIsNeeded() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await record([noon(9, in: scene)], of: job, in: scene)
        let other = Engine(scene.database, on: scene.engine.loop)
        try await other.clock.measure(scene.database)
        try await Pruner(other, logger: silence).prune()
        try await record([noon(9, in: scene).adding(.seconds(1))], of: job, in: scene)
        #expect(try await listed(job, in: scene).count == 2)
    }

    /// A retry may wait longer than its day is kept, and then it must have a place to be recorded in.
    @Test func aDayOfWhichSomethingStillWaitsStays() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await record([noon(9, in: scene)], of: job, in: scene)
        try await scene.enqueue(job, at: [noon(9, in: scene)])
        let before = try await tables(in: scene)
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await tables(in: scene) == before)
        try await scene.database.query("DELETE FROM queue")
        try await Pruner(scene.engine, logger: silence).prune()
        #expect(try await tables(in: scene) == before - 2)
    }

    /// Nor may one such row keep all others from being rescued.
    @Test func whatFindsItsDayGoneIsGivenOne() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        try await scene.enqueue(job, at: [noon(9, in: scene)])
        _ = try await scene.claim(for: ID())
        let queue = scene.queue, now = scene.engine.clock.now()
        let refused = await #expect(throws: PostgresError.self) { _ = try await queue.lose(.deadNodes, now: now) }
        #expect(refused?.isOfMissingPartition == true)
        try await scene.engine.partitions.ensureWhatIsQueued()
        #expect(try await queue.lose(.deadNodes, now: now) == 1)
    }

    /// Rows are copied whole, so a column that one of them gets the other needs too.
    @Test(arguments: ["executions", "attempts"]) func whatIsKeptHasTheColumnsOfHistory(table: String) async throws {
        let database = TestDatabase.current.database
        func columns(_ table: String) async throws -> [String] {
            try await database.query(
                """
                SELECT attname || ' ' || format_type(atttypid, atttypmod) AS name FROM pg_attribute
                WHERE attrelid = \(table)::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
                """
            ).map { try $0("name") }
        }
        let own = table == "attempts" ? ["job_id uuid"] : []
        #expect(try await columns("kept_\(table)") == columns(table) + own)
    }
}
