import JSON
import Postgres
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

extension Scene {
    /// Puts occurrences of a job into the queue, as the scheduler would.
    @discardableResult
    func enqueue(_ job: Job, of access: Access? = nil, at times: [Timestamp], held: Bool = false) async throws -> [ID<Execution>] {
        let organization = (access ?? acme).organization.id
        let ids = times.map { ID<Execution>(at: $0) }
        try await database.batch([
            """
            INSERT INTO queue (organization_id, id, job_id, scheduled_for, due_at, line_at, trigger, keep_days, held)
            SELECT \(organization), id, \(job.id), time, time, time, 'schedule', 7, \(held) FROM unnest(\(ids), \(times)) AS t (id, time)
            """,
            "UPDATE lanes SET next_due = least(next_due, \(times.min() ?? engine.clock.now())) WHERE organization_id = \(organization)",
        ])
        return ids
    }

    /// A job on demand with so many executions that are due, the oldest first.
    @discardableResult
    func backlog(_ count: Int, of access: Access? = nil, draft: JSON = .probe(nil, ["overlap": "allow"])) async throws -> [ID<Execution>] {
        let job = try await jobs.create(draft, for: access ?? acme)
        let now = engine.clock.now()
        return try await enqueue(job, of: access, at: (0..<count).map { now.adding(.milliseconds($0 - count)) })
    }

    /// One pass of the scheduler, as it would look at the queue now, or then.
    @discardableResult
    func tick(at now: Timestamp? = nil) async throws -> ContinuousClock.Instant {
        try await Scheduler(engine, logger: silence).tick(at: now ?? engine.clock.now())
    }

    /// What is due now, leased to a node.
    func claim(_ limit: Int = 100, for node: ID<Node>? = nil) async throws -> [Claim] {
        let now = engine.clock.now()
        return try await queue.claim(limit, for: node ?? engine.node, now: now, horizon: now).claims
    }

    @discardableResult
    func complete(_ claims: [Claim], _ outcome: Outcome = Outcome(reason: nil), retryAt: Timestamp? = nil) async throws
        -> ExecutionQueue.Completion
    {
        let now = engine.clock.now()
        return try await queue.complete(claims.map { $0.ended(outcome, at: now, retryAt: retryAt) }, by: engine.node, now: now)
    }

    struct Lane: Equatable {
        let running: Int32
        /// Nil: nothing is due, or it is at its cap.
        let nextDue: Timestamp?
    }

    func lane(of access: Access? = nil) async throws -> Lane {
        let rows = try await database.query(
            """
            SELECT running, CASE WHEN next_due < 'infinity' THEN next_due END AS next_due FROM lanes
            WHERE organization_id = \((access ?? acme).organization.id)
            """)
        return Lane(running: try rows.only("running"), nextDue: try rows.only("next_due"))
    }

    func count(_ what: Query) async throws -> Int64 { try await database.query("SELECT count(*) AS count FROM \(what)").only("count") }

    /// All executions of Acme that ended, oldest first.
    func ended() async throws -> [Execution] {
        try await executions.page(of: nil, after: nil, limit: 10_000, for: acme).filter { $0.finishedAt != nil }.reversed()
    }
}

extension Claim {
    /// This attempt, ended after 5 ms.
    func ended(_ outcome: Outcome = Outcome(reason: nil), at now: Timestamp, retryAt: Timestamp? = nil) -> Finished {
        let startedAt = max(dueAt, now.adding(.milliseconds(-5)))
        return Finished(claim: self, outcome: outcome, startedAt: startedAt, finishedAt: max(startedAt, now), retryAt: retryAt)
    }
}
