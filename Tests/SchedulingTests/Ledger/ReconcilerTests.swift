import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

/// It finds what is missing; that all else is found is shown wherever `unexplained` is asked for.
@Suite(.database, .timeLimit(.minutes(1))) struct ReconcilerTests {
    /// Five occurrences that ran.
    private func ran() async throws -> (Moved, Job) {
        let moved = try await Moved()
        let job = try await moved.minutely()
        for minute in 0..<5 {
            try await moved.look(at: .seconds(minute * 60))
            try await moved.work()
        }
        return (moved, job)
    }

    @Test func anOccurrenceThatLeftNoTraceIsCounted() async throws {
        let (moved, _) = try await ran()
        try await moved.scene.database.query("DELETE FROM executions WHERE scheduled_for = \(moved.at(.seconds(120)))")
        #expect(try await moved.unexplained() == 1)
        #expect(try await moved.unexplained() == 1, "each is counted once")
    }

    @Test func aNextRunThatWasSetTooLateIsFound() async throws {
        let (moved, _) = try await ran()
        try await moved.scene.database.query("UPDATE job_states SET next_run_at = \(moved.at(.seconds(600)))")
        moved.move(to: .seconds(480))
        #expect(try await moved.unexplained() == 4)
    }

    @Test func aJobThatLostItsNextRunIsFound() async throws {
        let (moved, _) = try await ran()
        try await moved.scene.database.query("UPDATE job_states SET next_run_at = NULL")
        moved.move(to: .seconds(420))
        #expect(try await moved.unexplained() == 3)
    }

    /// The scheduler is behind: that has a metric of its own.
    @Test func whatIsNotDecidedYetIsNotLookedFor() async throws {
        let (moved, _) = try await ran()
        moved.move(to: .seconds(3_600))
        #expect(try await moved.unexplained() == 0)
        try await moved.look()
        #expect(try await moved.unexplained() == 0)
    }

    @Test func whatWaitsInTheQueueIsExplained() async throws {
        let moved = try await Moved()
        _ = try await moved.minutely()
        try await moved.look(at: .zero)
        moved.move(to: .seconds(59))
        #expect(try await moved.scene.count("queue") == 1)
        #expect(try await moved.unexplained() == 0)
    }

    @Test func periodsThatAreOverAndExplainedAreTakenAway() async throws {
        let (moved, job) = try await ran()
        _ = try await moved.scene.jobs.change(.id(job.id), ["schedule": ["every": "2m"]], for: moved.scene.acme)
        #expect(try await moved.scene.count("schedule_periods") == 2)
        #expect(try await moved.unexplained() == 0)
        #expect(try await moved.scene.count("schedule_periods") == 1)
        try await moved.scene.jobs.delete(.id(job.id), for: moved.scene.acme)
        moved.move(to: .seconds(900))
        #expect(try await moved.unexplained() == 0)
        #expect(try await moved.scene.count("schedule_periods") == 0)
    }

    @Test func oneWithNothingExpectedIsNotWrittenAgainAndAgain() async throws {
        let moved = try await Moved()
        _ = try await moved.scene.jobs.create(.probe(["cron": "0 0 1 1 *"]), for: moved.scene.acme)
        _ = try await moved.scene.jobs.create(.probe(.null), for: moved.scene.acme)
        moved.move(to: .seconds(60))
        _ = try await moved.unexplained()
        let version: String = try await moved.scene.database.query("SELECT xmin::text AS version FROM schedule_periods").only("version")
        moved.move(to: .seconds(600))
        _ = try await moved.unexplained()
        #expect(try await moved.scene.database.query("SELECT xmin::text AS version FROM schedule_periods").only("version") == version)
    }

    /// A program of before changes schedules, deletes and makes jobs without a word of periods.
    @Test func whatAnOlderProgramDidIsTakenUp() async throws {
        let (moved, changed) = try await ran()
        let deleted = try await moved.minutely()
        let made = try await moved.minutely()
        let now = moved.scene.engine.clock.now()
        try await moved.scene.database.batch([
            """
            UPDATE jobs SET schedule = '{"every": "1h"}', schedule_set_at = \(now) WHERE id = \(changed.id)
            """,
            "UPDATE job_states SET next_run_at = \(now.adding(.seconds(3_600))) WHERE job_id = \(changed.id)",
            "UPDATE jobs SET deleted_at = \(now) WHERE id = \(deleted.id)",
            "UPDATE job_states SET next_run_at = NULL WHERE job_id = \(deleted.id)",
            "DELETE FROM schedule_periods WHERE job_id = \(made.id)",
        ])
        try await Reconciler(moved.scene.engine, logger: silence).mend(at: now)
        moved.move(to: .seconds(1_000))
        try await moved.look()
        #expect(try await moved.unexplained() == 0)
        let open = try await moved.scene.database.query("SELECT job_id FROM schedule_periods WHERE ends_at IS NULL").map {
            try $0("job_id") as ID<Job>
        }
        #expect(Set(open) == [changed.id, made.id] && open.count == 2)
    }

    @Test func whatIsRightIsNotMended() async throws {
        let (moved, _) = try await ran()
        let before: String = try await moved.scene.database.query("SELECT xmin::text AS version FROM schedule_periods").only("version")
        try await Reconciler(moved.scene.engine, logger: silence).mend(at: moved.scene.engine.clock.now())
        #expect(try await moved.scene.database.query("SELECT xmin::text AS version FROM schedule_periods").only("version") == before)
    }
}
