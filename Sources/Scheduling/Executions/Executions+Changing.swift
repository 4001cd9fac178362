import JSON
import Postgres
import Tenancy
import Time

/// What people do to an execution that has not ended.
extension Executions {
    /// A row of the queue, locked, as it stands. Its job's state is locked before it, as everywhere.
    private struct Standing {
        let isLeased: Bool
        let isCancelled: Bool
        let dueAt: Timestamp
        let trigger: ExecutionTrigger
        let attempt: Int16
        let lostLeases: Int16
        let keepDays: Int16
        let mayOverlap: Bool

        /// Whether it waits for a retry, which nobody waits for.
        var isRetry: Bool { attempt - lostLeases > 1 }
    }

    /// Ends an execution by a person's will. What waits ends at once; what somebody has leased is marked, and ends as soon as its
    /// worker, on whichever node, hears of it, by its own outcome if that comes first. Either is recorded once. Throws
    /// `Refusal.notFound`, `Refusal.alreadyEnded`.
    public func cancel(_ execution: Execution, for access: Access) async throws -> Execution {
        let (organization, job, now) = (access.organization.id, execution.jobID, engine.clock.now())
        try await prepareHistory(of: execution.id, for: access)
        let audit = access.entry(
            at: now, "execution.cancelled", on: execution.id.text,
            before: ["status": .string(execution.status.rawValue)], after: ["job": .string(job.text)]
        ).insertion
        let isOver = try await database.transaction { transaction in
            let standing = try await lock(execution, for: access, in: transaction)
            guard standing.isLeased else {
                try await transaction.batch([ending(execution.id, at: now, for: access), audit])
                return true
            }
            if standing.isCancelled { return false }
            try await transaction.batch([
                "UPDATE queue SET cancelled_at = \(now) WHERE organization_id = \(organization) AND id = \(execution.id)", audit,
                Topic.changed(job, database),
            ])
            return false
        }
        if isOver { await letGo(of: [job], for: access) }
        return try await self.execution(execution.id, for: access)
    }

    /// Puts off, or brings forward, an execution that waits: a retry, or one that was asked for by hand and has not begun. It keeps
    /// its `scheduled_for`, and until its time comes nothing of its job waits for it. Those of a schedule keep their time: the
    /// ledger expects them, and later ones may already stand in for them. Throws `InvalidInput`, `Refusal`.
    public func reschedule(_ execution: Execution, to time: Timestamp, for access: Access) async throws -> Execution {
        let (organization, now) = (access.organization.id, engine.clock.now())
        guard time > now else { throw InvalidInput(pointer: "/at", code: "out_of_range", detail: "Choose a time to come.") }
        try await database.transaction { transaction in
            let standing = try await lock(execution, for: access, in: transaction)
            if standing.isLeased || standing.attempt > 1 && !standing.isRetry { throw Refusal.alreadyBegun }
            guard standing.isRetry || ![.schedule, .backfill].contains(standing.trigger) else { throw Refusal.keepsItsTime }
            // Its record lies by the day of `scheduled_for`, and must not leave before it is written.
            let latest = execution.scheduledFor.adding(.seconds(Int64(standing.keepDays) * 86_400))
            guard time < latest else {
                let detail = "Choose a time before \(latest.rfc3339), when its record would leave history; or cancel it and run it later."
                throw InvalidInput(pointer: "/at", code: "out_of_range", detail: detail)
            }
            let isHeld = !standing.isRetry && !standing.mayOverlap
            try await transaction.batch([
                """
                UPDATE queue SET due_at = \(time), line_at = \(time), held = \(isHeld), made_up = made_up OR \(!standing.isRetry)
                WHERE organization_id = \(organization) AND id = \(execution.id)
                """,
                "UPDATE lanes SET next_due = least(next_due, \(time)) WHERE organization_id = \(organization) AND NOT \(isHeld)",
                access.entry(
                    at: now, "execution.rescheduled", on: execution.id.text, before: ["at": .string(standing.dueAt.rfc3339)],
                    after: ["at": .string(time.rfc3339)]
                ).insertion,
                Topic.due.notification(database),
            ])
        }
        engine.dueBell.ring()
        await letGo(of: [execution.jobID], for: access)
        return try await self.execution(execution.id, for: access)
    }

    private func lock(_ execution: Execution, for access: Access, in transaction: Transaction) async throws -> Standing {
        let organization = access.organization.id
        // Each by itself: a statement sees what was there when it began, and the row may be leased at this moment.
        let results = try await transaction.batch([
            "SELECT FROM job_states WHERE organization_id = \(organization) AND job_id = \(execution.jobID) FOR UPDATE",
            "SELECT FROM queue WHERE organization_id = \(organization) AND id = \(execution.id) FOR UPDATE",
            """
            SELECT q.leased_by IS NOT NULL AS is_leased, q.cancelled_at IS NOT NULL AS is_cancelled, q.due_at, q.trigger, q.attempt,
                q.lost_leases, q.keep_days, j.overlap = 'allow' AS may_overlap
            FROM queue q JOIN jobs j ON j.organization_id = q.organization_id AND j.id = q.job_id
            WHERE q.organization_id = \(organization) AND q.id = \(execution.id)
            """,
        ])
        guard let row = results[2].first else { throw Refusal.alreadyEnded }
        return try Standing(
            isLeased: row("is_leased"), isCancelled: row("is_cancelled"), dueAt: row("due_at"),
            trigger: ExecutionTrigger(rawValue: row("trigger")) ?? .schedule, attempt: row("attempt"), lostLeases: row("lost_leases"),
            keepDays: row("keep_days"), mayOverlap: row("may_overlap"))
    }

    private func ending(_ id: ID<Execution>, at now: Timestamp, for access: Access) -> Query {
        """
        WITH gone AS (
            DELETE FROM queue WHERE organization_id = \(access.organization.id) AND id = \(id) AND leased_by IS NULL RETURNING *
        ),
        told AS MATERIALIZED (\(Happening.notice(ofEndedIn: "gone", database))),
        history AS (
            INSERT INTO executions (
                organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of, override)
            SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'cancelled', \(Reason.cancelledByUser.rawValue), attempt,
                \(now), repeat_of, override
            FROM gone ON CONFLICT DO NOTHING
        )
        SELECT count(*) FROM told
        """
    }

    /// Makes the day that an execution would be recorded in.
    private func prepareHistory(of id: ID<Execution>, for access: Access) async throws {
        let rows = try await database.query(
            "SELECT keep_days, scheduled_for FROM queue WHERE organization_id = \(access.organization.id) AND id = \(id)")
        try await engine.partitions.ensure(rows.map { (Int(try $0("keep_days") as Int16), try $0("scheduled_for")) })
    }

    /// What waits of these jobs may begin, if nothing of them is in its way. Where this fails, the rescuer's sweep does it a second
    /// later.
    func letGo(of jobs: [ID<Job>], for access: Access) async {
        let queue = ExecutionQueue(database: database)
        try? await queue.release(after: jobs.map { (access.organization.id, $0) }, now: engine.clock.now())
        try? await queue.announce()
    }
}
