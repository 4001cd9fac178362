import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// After an organization has been erased, no table knows it.
@Suite(.database, .timeLimit(.minutes(1))) struct ErasingTests {
    /// What is there of an organization that has been used: jobs, what waits and runs, history of all kinds.
    private func fill(_ scene: Scene, _ access: Access) async throws {
        let now = scene.engine.clock.now()
        let long = now.adding(.seconds(-40 * 86_400))
        try await scene.engine.partitions.ensure([(7, now.adding(.seconds(-86_400))), (90, long)])
        let draft: JSON = ["config": ["url": "https://api.example.com/", "headers": ["Authorization": "x"]], "schedule": ["every": "1h"]]
        let job = try await scene.jobs.create(draft, for: access)
        let ran = try await scene.jobs.create(.probe(nil, ["overlap": "allow"]), for: access)
        try await scene.enqueue(ran, of: access, at: [now.adding(.seconds(-86_400)), now.adding(.seconds(-1))])
        try await scene.complete(try await scene.claim())
        try await scene.enqueue(job, of: access, at: [now, now.adding(.seconds(60))])
        _ = try await scene.claim(1)
        let organization = access.organization.id
        try await scene.database.batch([
            """
            INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, attempt, finished_at)
            SELECT \(organization), 90, \(long), gen_random_uuid(), \(job.id), 'api', 'success', 1, \(long) FROM generate_series(1, 6000)
            """,
            """
            INSERT INTO attempts (organization_id, keep_days, scheduled_for, execution_id, number, node_id, status, started_at, finished_at,
                total_us, request)
            SELECT \(organization), 90, \(long), id, 1, gen_random_uuid(), 'success', \(long), \(long), 1,
                jsonb_build_object('headers', \(organization.text)) FROM executions
            WHERE organization_id = \(organization) AND keep_days = 90
            """,
            "INSERT INTO kept_executions SELECT * FROM executions WHERE organization_id = \(organization) LIMIT 50",
            "INSERT INTO kept_attempts SELECT *, \(job.id) FROM attempts WHERE organization_id = \(organization) LIMIT 50",
        ])
        try await scene.fold()
    }

    private func erase(_ organization: ID<Organization>, _ scene: Scene) async throws {
        while try await !scene.jobs.erase(organization) {}
        try await scene.database.transaction { transaction in
            try await transaction.query("SELECT set_config('prikke.erasing', 'on', true)")
            try await transaction.query("DELETE FROM organizations WHERE id = \(organization)")
            try await transaction.query(
                "INSERT INTO erasures (id, kind, erased_at) VALUES (\(organization), 'organization', \(scene.engine.clock.now()))")
        }
    }

    @Test func noRowOfAnyTableHoldsTheId() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        try await fill(scene, scene.acme)
        try await fill(scene, other)
        let (id, before) = (scene.acme.organization.id, try await TestDatabase.current.rowsHolding(other.organization.id))
        let mine = try await TestDatabase.current.rowsHolding(id)
        // What the test is about is there.
        #expect(mine == before)
        for table in [
            "queue", "jobs", "job_states", "schedule_periods", "lanes", "usage_counters", "kept_executions", "kept_attempts",
            "recent_executions", "job_days",
        ] {
            #expect(mine[table] ?? 0 > 0, "\(table)")
        }
        #expect(mine.keys.filter { $0.hasPrefix("executions_keep_") }.count == 3)
        #expect(mine.keys.filter { $0.hasPrefix("attempts_keep_") }.count == 3)

        try await erase(id, scene)
        #expect(try await TestDatabase.current.rowsHolding(id) == ["erasures": 1])
        #expect(try await TestDatabase.current.rowsHolding(other.organization.id) == before, "others lose nothing")
    }

    @Test func itIsDoneInStepsThatEndAndCanBeBegunAgain() async throws {
        let scene = try await Scene()
        try await fill(scene, scene.acme)
        let id = scene.acme.organization.id
        let breaking = Task { _ = try await scene.jobs.erase(id) }
        breaking.cancel()
        _ = await breaking.result
        while try await !scene.jobs.erase(id) {}
        #expect(try await scene.jobs.erase(id))
        for table in ["jobs", "executions", "attempts", "queue"] as [Query] { #expect(try await scene.count(table) == 0) }
        #expect(try await scene.count("organizations WHERE id = \(id)") == 1, "it goes last, by another's hand")
    }

    /// It says that all is gone only when it found nothing: what was being recorded at the same time would be left behind else.
    @Test func itIsDoneWhenItFoundNothingAnyMore() async throws {
        let scene = try await Scene()
        _ = try await scene.jobs.create(.probe(nil), for: scene.acme)
        #expect(try await !scene.jobs.erase(scene.acme.organization.id))
        #expect(try await scene.jobs.erase(scene.acme.organization.id))
    }

    @Test func aDayThatWasTakenOutOfHistoryCountsToo() async throws {
        let scene = try await Scene()
        try await fill(scene, scene.acme)
        let day: String = try await scene.database.query(
            "SELECT relname::text AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname ~ '^executions_keep_90_[0-9]+$'"
        ).only("name")
        try await scene.database.script("ALTER TABLE executions_keep_90 DETACH PARTITION \(day)")
        while try await !scene.jobs.erase(scene.acme.organization.id) {}
        #expect(try await scene.count("\(identifier: day)") == 0)
    }
}
