import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// Limits, other organizations, and many jobs at once.
extension StoppingTests {
    @Test func aLimitThatHeldIsLookedAtAgain() async throws {
        let moved = try await Moved()
        try await moved.scene.database.query("UPDATE entitlements SET executions_per_month = 1")
        _ = try await moved.minutely(["missed": "all"])
        for minute in 0...2 {
            try await moved.look(at: .seconds(minute * 60))
            try await moved.work()
        }
        try await delete(moved.scene)
        moved.move(to: .seconds(290))
        try await undo(moved.scene)
        try await moved.scene.database.query("UPDATE entitlements SET executions_per_month = NULL")
        try await moved.look(at: .seconds(300))
        try await moved.work()
        #expect(try await moved.told().prefix(4) == ["0 success", "1 success backfill", "2 success backfill", "5 success"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func othersAndDeletedJobsAreLetBe() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        let theirs = try await scene.jobs.create(.probe(["every": "1h"]), for: other)
        let (gone, onDemand) = (
            try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme), try await scene.jobs.create(.probe(nil), for: scene.acme)
        )
        try await scene.jobs.delete(.id(gone.id), for: scene.acme)
        try await delete(scene)
        #expect(try await scene.jobs.find(.id(theirs.id), for: other).nextRunAt == theirs.nextRunAt)
        try await undo(scene)
        #expect(try await scene.count("job_states WHERE next_run_at IS NOT NULL") == 1)
        #expect(try await scene.count("schedule_periods WHERE ends_at IS NULL") == 1)
        #expect(try await scene.jobs.find(.id(onDemand.id), for: scene.acme).nextRunAt == nil)
    }

    @Test func manyJobsAreStoppedAndStartedAgain() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await scene.database.script(
            """
            INSERT INTO jobs SELECT organization_id, gen_random_uuid(), NULL, name, plugin, config, schedule, schedule_set_at,
                shortest_interval_ms, timeout_ms, retries, missed, missed_limit, start_deadline_s, overlap, success, alerts, tags, enabled,
                paused_until, version, created_at, updated_at FROM jobs, generate_series(1, 2500);
            INSERT INTO job_states (organization_id, job_id, next_run_at)
                SELECT j.organization_id, j.id, now() + interval '1 hour' FROM jobs j ON CONFLICT DO NOTHING;
            INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
                SELECT organization_id, id, created_at, schedule, schedule_set_at, created_at FROM jobs ON CONFLICT DO NOTHING;
            """)
        try await delete(scene)
        #expect(try await scene.count("job_states WHERE next_run_at IS NOT NULL") == 0)
        #expect(try await scene.count("schedule_periods WHERE ends_at IS NULL") == 0)
        try await undo(scene)
        #expect(try await scene.count("job_states WHERE next_run_at = \(job.nextRunAt)") == 2_501)
        #expect(try await scene.count("schedule_periods WHERE ends_at IS NULL") == 2_501)
    }

    /// A worker that has leased ahead hears of it.
    @Test func whatIsLeasedAheadIsTakenBack() async throws {
        let scene = try await Scene()
        let heard = scene.engine.recalls
        _ = heard.take()
        try await scene.running([EngineBells(scene.engine, logger: silence)]) {
            try await until("it listens") {
                try await scene.database.query(Topic.stopped(scene.acme.organization.id, scene.database))
                return heard.take() == .any
            }
        }
    }
}
