import JSON
import Postgres
import Tenancy
import Time

extension Sync {
    private static let largestBatch = 500

    /// Deletions first: where the plan bounds the number of jobs they make room. Fills in the ids of those that are made.
    ///
    /// The states are locked all at once and in order, as the engine does: neither must wait for the other in a circle. The time is
    /// taken behind the locks: what has run while we waited for them must not be found to be due after it.
    mutating func write(by jobs: Jobs, in transaction: Transaction) async throws {
        let moved = changed.filter { $0.isRestored || jobs.isMoved($0.old, to: $0.new) }
        let ids = moved.map(\.old.id) + removed.map(\.id)
        try await transaction.query(
            "SELECT FROM job_states WHERE organization_id = \(organization) AND job_id = ANY (\(ids)) ORDER BY job_id FOR UPDATE")
        let now = jobs.engine.clock.now()
        let idle = try await idle(ids, at: now, in: transaction)
        try await remove(idle, by: jobs, at: now, in: transaction)
        try await change(idle, by: jobs, at: now, in: transaction)
        try await jobs.makeDays(for: made.map(\.new))
        for start in stride(from: 0, to: made.count, by: Self.largestBatch) {
            try await insert(Array(made[start..<min(start + Self.largestBatch, made.count)]), by: jobs, in: transaction)
        }
        let made = Dictionary(made.map { ($0.new.definition.key ?? "", $0.new.id) }) { first, _ in first }
        report.changes = report.changes.map { change in
            change.action == .create ? .init(action: .create, key: change.key, name: change.name, id: made[change.key]) : change
        }
    }

    private var organization: ID<Organization> { access.organization.id }

    /// Those of these jobs with which nothing is going on: nothing queued, nothing due soon, no pause and no stretch. To move them on,
    /// or away, is to write their rows; with the others, what is due has to be decided first, one by one.
    private func idle(_ ids: [ID<Job>], at now: Timestamp, in transaction: Transaction) async throws -> Set<ID<Job>> {
        let rows = try await transaction.query(
            """
            SELECT s.job_id FROM job_states s
            WHERE s.organization_id = \(organization) AND s.job_id = ANY (\(ids))
                AND coalesce(s.next_run_at > \(now.adding(.seconds(5))), true) AND coalesce(s.last_finished_at < \(now.adding(.seconds(-5))), true)
                AND s.passing_from IS NULL AND s.pass_at IS NULL AND s.stretch_from IS NULL AND s.set_aside IS NULL
                AND NOT EXISTS (SELECT FROM queue q WHERE q.organization_id = s.organization_id AND q.job_id = s.job_id)
                AND NOT EXISTS (SELECT FROM schedule_periods p
                    WHERE p.organization_id = s.organization_id AND p.job_id = s.job_id AND p.ends_at > \(now))
            """)
        return Set(try rows.map { try $0("job_id") })
    }

    // MARK: Deleting

    private func remove(_ idle: Set<ID<Job>>, by jobs: Jobs, at now: Timestamp, in transaction: Transaction) async throws {
        for job in removed where !idle.contains(job.id) { try await jobs.remove(job, for: access, now: now, in: transaction) }
        let quiet = removed.filter { idle.contains($0.id) }
        guard !quiet.isEmpty else { return }
        let ids = quiet.map(\.id)
        try await transaction.batch([
            "UPDATE jobs SET deleted_at = \(now), version = version + 1 WHERE organization_id = \(organization) AND id = ANY (\(ids))",
            "UPDATE job_states SET next_run_at = NULL WHERE organization_id = \(organization) AND job_id = ANY (\(ids))",
            endOfPeriods(ids, at: now),
            AuditEntry.insertion(of: quiet.map { jobs.entry(deleted: $0, for: access, now: now) }),
            Incident.closing(of: ids, in: organization, because: .deleted, now: now, jobs.database),
            Happening.notice(quiet.map { .job($0.id, .deleted, of: organization) }, jobs.database),
        ])
    }

    private func endOfPeriods(_ ids: [ID<Job>], at now: Timestamp) -> Query {
        """
        UPDATE schedule_periods SET ends_at = \(now)
        WHERE organization_id = \(organization) AND job_id = ANY (\(ids)) AND ends_at IS NULL
        """
    }

    // MARK: Changing

    private func change(_ idle: Set<ID<Job>>, by jobs: Jobs, at now: Timestamp, in transaction: Transaction) async throws {
        var simple: [Change] = []
        for change in changed {
            let isMoved = change.isRestored || jobs.isMoved(change.old, to: change.new)
            if !isMoved || idle.contains(change.old.id) {
                simple.append(change)
            } else if change.isRestored {
                try await jobs.restore(change, for: access, now: now, in: transaction)
            } else {
                let statements = jobs.statements(of: change.old, to: change.reading, by: .change, managedBy: "sync", for: access, now: now)
                try await jobs.write(statements, of: change.old, to: change.new, for: access, now: now, in: transaction)
            }
        }
        for start in stride(from: 0, to: simple.count, by: Self.largestBatch) {
            try await write(Array(simple[start..<min(start + Self.largestBatch, simple.count)]), by: jobs, at: now, in: transaction)
        }
    }

    /// Changes that are nothing but new rows.
    private func write(_ batch: [Change], by jobs: Jobs, at now: Timestamp, in transaction: Transaction) async throws {
        let moved = batch.filter { $0.isRestored || jobs.isMoved($0.old, to: $0.new) }
        let others = moved.filter { change in
            let (old, new) = (change.old.definition, change.new)
            return change.isRestored || old.schedule != new.schedule || old.scheduleSetAt != new.scheduleSetAt
        }
        let standings = moved.map { change in
            change.new.standing(after: now, isPending: !change.isRestored && change.old.nextRunAt != nil)
        }
        let scheduled = others.filter { !$0.new.schedule.isNull }
        let updates = batch.map {
            jobs.update(of: $0.old, to: $0.new, sealed: $0.reading.sealed, managedBy: "sync", for: access, now: now)
        }
        let entries = batch.map {
            jobs.entry($0.verb, of: $0.old, to: $0.new, secrets: $0.reading.changed, for: access, now: now)
        }
        try await transaction.batch(
            updates + [
                """
                UPDATE job_states s SET next_run_at = m.next, passing_from = m.passing_from, pass_at = m.pass_at
                FROM unnest(
                    \(moved.map(\.old.id)), \(standings.map(\.next)), \(standings.map(\.passingFrom)), \(standings.map(\.passAt))
                ) AS m (id, next, passing_from, pass_at)
                WHERE s.organization_id = \(organization) AND s.job_id = m.id
                """,
                endOfPeriods(others.map(\.old.id), at: now), Lateness.forgotten(of: others.map(\.old.id), in: organization),
                """
                INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
                SELECT \(organization), p.id, \(now), p.schedule, p.set_at, \(now)
                FROM unnest(\(scheduled.map(\.old.id)), \(scheduled.map(\.new.schedule)), \(scheduled.map(\.new.scheduleSetAt)))
                    AS p (id, schedule, set_at)
                """,
                AuditEntry.insertion(of: entries), Topic.jobs.notification(jobs.database),
                Happening.notice(batch.map { .job($0.old.id, $0.isRestored ? .created : .changed, of: organization) }, jobs.database),
            ] + jobs.closings(of: batch.map { ($0.old, $0.new) }, in: organization, now: now))
    }

    // MARK: Making

    private func insert(_ batch: [(new: NewJob, index: Int)], by jobs: Jobs, in transaction: Transaction) async throws {
        let statements = NewJob.insertions(of: batch.map(\.new), over: jobs.database)
        let fates = try NewJob.fates(in: await transaction.batch(statements))
        for (fate, index) in zip(fates, batch.map(\.index)) {
            switch Jobs.error(of: fate, for: access) {
            case let error as InvalidInput: throw error.within("/jobs/\(index)")
            case let error?: throw error
            case nil: break
            }
        }
    }
}

extension Jobs {
    /// Brings back what was deleted, as it is defined now, while what it had queued may still be there. It runs from now on; what it
    /// would have run meanwhile is not made up.
    func restore(_ change: Sync.Change, for access: Access, now: Timestamp, in transaction: Transaction) async throws {
        let (organization, old, new) = (access.organization.id, change.old, change.new)
        let boundary = try await boundary(of: old.id, organization: organization, now: now, in: transaction)
        let statements = statements(of: old, to: change.reading, by: .restore, managedBy: "sync", for: access, now: now)
        try await transaction.batch(statements + resumption(of: old.id, as: new, of: organization, after: boundary))
    }
}
