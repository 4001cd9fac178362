import Postgres
import Time

@testable import Scheduling
@testable import Tenancy

/// What stands in history of one occurrence.
struct Entry {
    var at: Timestamp
    var status = ExecutionStatus.success
    var count = 1
    var durationMs: Int?
    var latenessMs: Int?
    var keepDays = 7
    var id: ID<Execution>?
}

extension Scene {
    /// The time of day, so many days ago by UTC.
    func day(_ back: Int64, at second: Int64 = 0) -> Timestamp {
        engine.clock.now().midnight.adding(.seconds(second - 86_400 * back))
    }

    /// Writes executions of a job, as if they had ended then.
    @discardableResult
    func record(_ entries: [Entry], of job: Job, in access: Access? = nil, into table: String = "executions") async throws -> [ID<
        Execution
    >] {
        try await engine.partitions.ensure(entries.map { ($0.keepDays, $0.at) })
        let ids = entries.map { $0.id ?? ID<Execution>(at: $0.at) }
        func ran(_ entry: Entry) -> Bool { [.success, .failed, .timeout].contains(entry.status) }
        try await database.query(
            """
            INSERT INTO \(identifier: table) (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt,
                finished_at, count, last_scheduled_for, duration_ms, lateness_ms)
            SELECT \((access ?? acme).organization.id), keep_days, at, id, \(job.id), 'schedule', status,
                CASE WHEN status <> 'success' THEN 'http_status' END, 1, at, count, CASE WHEN count > 1 THEN at END, duration, lateness
            FROM unnest(\(entries.map { Int16($0.keepDays) }), \(entries.map(\.at)), \(ids), \(entries.map(\.status.rawValue)),
                \(entries.map { Int32($0.count) }), \(entries.map { ran($0) ? Int32($0.durationMs ?? 10) : nil }),
                \(entries.map { ran($0) ? Int32($0.latenessMs ?? 1) : nil })) AS e (keep_days, at, id, status, count, duration, lateness)
            """)
        return ids
    }

    /// One round of the tallier, up to today or an earlier day.
    func fold(before back: Int64 = 0) async throws { try await Tallier(engine, logger: silence).fold(before: day(back)) }

    func talliedUntil(_ job: Job) async throws -> Timestamp {
        try await database.query("SELECT tallied_until FROM job_states WHERE job_id = \(job.id)").only("tallied_until")
    }

    /// As of a job that was there before anything was folded.
    func unfold() async throws { try await database.query("UPDATE job_states SET tallied_until = \(Tally.never)") }
}
