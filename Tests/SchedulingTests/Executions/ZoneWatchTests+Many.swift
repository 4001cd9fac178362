import JSON
import Postgres
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// Many jobs, several nodes, and zones that are gone.
extension ZoneWatchTests {
    @Test func manyJobsMoveInManySteps() async throws {
        let scene = try await Scene()
        let time = minute(far, from: scene)
        let job = try await job(zone.yearly(at: time), in: scene)
        try await scene.database.script(
            """
            CREATE TEMP TABLE more AS SELECT j.* FROM jobs j, generate_series(1, 450);
            UPDATE more SET id = gen_random_uuid();
            DO $$ DECLARE columns text := (SELECT string_agg(attname, ', ') FROM pg_attribute
                WHERE attrelid = 'jobs'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''); BEGIN
                EXECUTE format('INSERT INTO jobs (%1$s) SELECT %1$s FROM more', columns); END $$;
            DROP TABLE more;
            INSERT INTO job_states (organization_id, job_id, next_run_at) SELECT j.organization_id, j.id, s.next_run_at
                FROM jobs j, job_states s WHERE j.id <> s.job_id;
            """)
        try await changeByAnHour(scene)
        #expect(try await scene.count("job_states WHERE next_run_at = \(time.adding(.seconds(-3_600)))") == 451)
        #expect(try await entries(scene).count == 451)
        #expect(try await next(job, in: scene) == time.adding(.seconds(-3_600)))
    }

    @Test func aJobThatIsLockedKeepsNoOtherAndMovesLater() async throws {
        let scene = try await Scene()
        let time = minute(far, from: scene)
        let locked = try await job(zone.yearly(at: time), in: scene)
        let free = try await job(zone.yearly(at: time), in: scene)
        let watch = watch(scene)
        try await watch.look(version: "2025b")
        zone.change(to: 60)
        try await scene.database.transaction { transaction in
            try await transaction.query("SELECT FROM job_states WHERE job_id = \(locked.id) FOR UPDATE")
            await #expect(throws: PostgresError.self) { try await watch.look(version: "2026a") }
        }
        #expect(try await next(locked, in: scene) == time)
        #expect(try await next(free, in: scene) == time.adding(.seconds(-3_600)))
        try await watch.look(version: "2026a")
        #expect(try await next(locked, in: scene) == time.adding(.seconds(-3_600)))
        #expect(try await entries(scene).count == 2)
    }

    @Test func whatANodeWithOlderDataMovesOnIsPutRight() async throws {
        let scene = try await Scene()
        let time = minute(far, from: scene)
        let job = try await job(zone.yearly(at: time), in: scene)
        let (old, new) = (watch(scene), watch(scene))
        try await old.look(version: "2025b")
        zone.change(to: 60)
        try await new.look(version: "2026a")
        zone.change(to: 0)
        try await old.look(version: "2025b")
        let right = time.adding(.seconds(-3_600))
        #expect(try await next(job, in: scene) == right, "older data moves nothing")

        try await scene.database.batch([
            "UPDATE job_states SET next_run_at = \(time)", "UPDATE zone_rules SET changed_at = changed_at - interval '1 minute'",
        ])
        zone.change(to: 60)
        try await new.look(version: "2026a")
        #expect(try await next(job, in: scene) == right)
    }

    @Test func aJobWhoseZoneIsGoneIsSetAside() async throws {
        let scene = try await Scene()
        let job = try await job(zone.yearly(at: minute(far, from: scene)), in: scene, nextRunAt: minute(-1, from: scene))
        zone.forget()
        try await watch(scene).look(version: "2026a")
        try await scene.tick()
        let found = try await scene.jobs.find(.id(job.id), for: scene.acme)
        #expect(found.nextRunAt == nil && found.setAside != nil)
        #expect(try await scene.count("queue") == 0)
    }
}
