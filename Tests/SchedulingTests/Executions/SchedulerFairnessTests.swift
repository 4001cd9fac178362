import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// Whatever one organization has to be scheduled, it is in nobody's way.
@Suite(.database) struct SchedulerFairnessTests {
    private func rewind(_ job: Job, to time: Timestamp, in scene: Scene) async throws {
        try await scene.database.query("UPDATE job_states SET next_run_at = \(time) WHERE job_id = \(job.id)")
    }

    /// A herd of one organization is longer than a batch; nobody else stands behind it.
    @Test func aHerdOfOneOrganizationDelaysNoOther() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        let patient = try await scene.jobs.create(.probe(["every": "1h"]), for: other)
        let now = scene.engine.clock.now()
        let first = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await scene.database.batch([
            """
            INSERT INTO jobs (organization_id, id, name, plugin, config, schedule, schedule_set_at, timeout_ms, retries, missed, missed_limit,
                overlap, success, tags, enabled, created_at, updated_at)
            SELECT organization_id, gen_random_uuid(), name, plugin, config, schedule, schedule_set_at, timeout_ms, retries, missed,
                missed_limit, overlap, success, tags, enabled, created_at, updated_at
            FROM jobs, generate_series(1, \(Int32(2 * Scheduler.largestBatch))) WHERE id = \(first.id)
            """,
            """
            INSERT INTO job_states (organization_id, job_id)
            SELECT organization_id, id FROM jobs WHERE organization_id = \(scene.acme.organization.id) AND id <> \(first.id)
            """,
            "UPDATE job_states SET next_run_at = \(now.adding(.seconds(-5)))",
            "UPDATE job_states SET next_run_at = \(now) WHERE job_id = \(patient.id)",
        ])
        try await scene.tick()
        #expect(try await scene.count("queue WHERE job_id = \(patient.id)") == 1)
        let left = try await scene.count("job_states WHERE next_run_at = \(now.adding(.seconds(-5)))")
        #expect(left <= Int64(Scheduler.largestBatch) + 1)
    }

    /// Ten hours dark, and each of its jobs was due each second of them.
    @Test func whoIsFarBehindDelaysNoOther() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        let now = scene.engine.clock.now()
        let dark = now.adding(.seconds(-36_000))
        try await scene.engine.partitions.ensure([(7, dark)])
        for _ in 0..<30 {
            let schedule: JSON = ["every": "1s", "anchor": .string(dark.rfc3339)]
            let job = try await scene.jobs.create(.probe(schedule, ["missed": "skip"]), for: scene.acme)
            try await rewind(job, to: dark, in: scene)
        }
        let patient = try await scene.jobs.create(.probe(["every": "1h", "anchor": .string(now.rfc3339)]), for: other)
        try await rewind(patient, to: now, in: scene)
        let due = try await scene.database.query(Scheduler.selection(dueBy: now)).map { try DueJob($0) }
        #expect(due.last?.jobID == patient.id && Scheduler.inTurns(due, now: now).first?.jobID == patient.id)
        let wake = try await scene.tick()
        #expect(try await scene.count("queue WHERE job_id = \(patient.id)") == 1)
        #expect(wake <= .now, "there is more to do at once")
        let rows: Int64 = try await scene.count("executions")
        let missed: Int64 = try await scene.database.query("SELECT sum(count)::bigint AS n FROM executions").only("n")
        #expect(rows > 0 && missed >= rows * 900)
    }

    @Test func oneOrganizationThatIsLockedKeepsNoOtherFromBeingScheduled() async throws {
        let scene = try await Scene(lockTimeout: .milliseconds(500))
        let other = try await scene.found("Other")
        let locked = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let free = try await scene.jobs.create(.probe(["every": "1h"]), for: other)
        let now = scene.engine.clock.now()
        for job in [locked, free] { try await rewind(job, to: now, in: scene) }
        try await scene.database.transaction { transaction in
            try await transaction.query("SELECT FROM job_states WHERE job_id = \(locked.id) FOR UPDATE")
            try await scene.tick()
            #expect(try await scene.count("queue WHERE job_id = \(free.id)") == 1)
        }
        try await scene.tick()
        #expect(try await scene.count("queue WHERE job_id = \(locked.id)") == 1)
    }
}
