import Postgres
import Time

@testable import Scheduling

extension Simulation {
    /// Once a day: what is over is dropped, and what an earlier day left is compared with what was expected.
    func daily() async throws {
        guard isDatabaseUp, settledAt <= moment, let index = connected.first else { return soon(.daily, in: 5_000_000) }
        let engine = nodes[index].engine
        try await Pruner(engine, logger: silence).prune()
        try await checkDay(throughDay: Int(plan.start.duration(to: time.now).components.seconds / 86_400) - 3)
        try await reconcile(engine)
        soon(.daily, in: 86_400_000_000)
    }

    /// The program's own check comes to the same.
    func reconcile(_ engine: Engine) async throws {
        // Its statements do not know that mutant's equality, and to fail at that would prove nothing.
        guard plan.mutant != .withoutUniqueness else { return }
        while try await Reconciler(engine, logger: silence).check(at: engine.clock.now()) {}
        let rows = try await base.database.query("SELECT job_id, unexplained, checked_until FROM schedule_periods WHERE unexplained > 0")
        guard let row = rows.first else { return }
        let (job, count, until): (ID<Job>, Int64, Timestamp) = (try row("job_id"), try row("unexplained"), try row("checked_until"))
        throw Violation("the reconciler misses \(count) answers of j\(numbers[job] ?? -1), until \(until.rfc3339)")
    }

    func checkDay(throughDay last: Int) async throws {
        while ledger.checked < last {
            let from = plan.start.adding(.seconds((ledger.checked + 1) * 86_400))
            let to = from.adding(.seconds(86_400))
            let results = try await base.database.batch([
                """
                SELECT id, job_id, scheduled_for, trigger, status, reason, attempt, started_at, finished_at, count, last_scheduled_for
                FROM executions
                WHERE scheduled_for >= \(from.adding(.seconds(-2 * 86_400))) AND scheduled_for < \(to.adding(.seconds(86_400)))
                """,
                """
                SELECT execution_id, number, status, reason, started_at FROM attempts
                WHERE scheduled_for >= \(from) AND scheduled_for < \(to)
                """,
                "SELECT job_id, scheduled_for, due_at, held, attempt FROM queue WHERE scheduled_for < \(to)",
            ])
            if let left = results[2].first {
                let (job, time, due): (ID<Job>, Timestamp, Timestamp) = (try left("job_id"), try left("scheduled_for"), try left("due_at"))
                throw Violation("j\(numbers[job] ?? -1) \(time.rfc3339), due \(due.rfc3339), has not ended by \(self.time.now.rfc3339)")
            }
            let rows = try results[0].map { try Ledger.Row($0, numbers) }
            let attempts = try results[1].map { try Ledger.Attempt($0) }
            try ledger.check(from: from, to: to, rows: rows, attempts: attempts, records: records, calls: calls, manualRuns: manualRuns)
        }
    }

    /// Two minutes after the last fault, nothing that is due waits, and nobody counts wrong.
    func checkQuiet(after number: Int) async throws {
        guard faults == number, isDatabaseUp, connected.count == living.count, !living.isEmpty else { return }
        let late = time.now.adding(.seconds(-120))
        let ids = living.map { nodes[$0].id }
        let rows = try await base.database.query(
            """
            SELECT 'a job has not been moved on since ' || next_run_at AS what FROM job_states WHERE next_run_at < \(late)
            UNION ALL SELECT 'an execution has waited since ' || due_at FROM queue
                WHERE NOT held AND leased_by IS NULL AND due_at < \(late)
            UNION ALL SELECT 'a dead node still holds what was due at ' || due_at FROM queue WHERE leased_by <> ALL (\(ids))
            UNION ALL SELECT 'an execution waits for nothing since ' || due_at FROM queue h WHERE held AND NOT EXISTS (
                SELECT FROM queue o WHERE o.job_id = h.job_id AND NOT o.held AND (o.leased_by IS NOT NULL OR o.attempt - o.lost_leases = 1))
            UNION ALL SELECT 'a lane counts ' || running || ' running' FROM lanes l WHERE running <> (
                SELECT count(*) FROM queue q WHERE q.organization_id = l.organization_id AND q.leased_by IS NOT NULL)
            """)
        if let first = rows.first { throw Violation("two minutes after the last fault \(try first("what") as String)") }
    }
}
