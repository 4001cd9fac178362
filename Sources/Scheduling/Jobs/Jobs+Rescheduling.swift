import JSON
import Postgres
import Tenancy
import Time

/// Pausing, resuming, and every change of when a job runs.
extension Jobs {
    /// What becomes of the runs that a pause has passed over, when it is ended by hand.
    public enum Answer: String, Sendable, CaseIterable {
        /// Nothing of it is made up.
        case skip
        /// The last one is.
        case last
        /// The last ones are, up to the job's `missed_limit`.
        case all
    }

    /// Pauses the job, until `resume` or until an instant. What is due already goes on. Throws `InvalidInput` where that is not to
    /// come, `Refusal`.
    public func pause(_ name: Name, until end: Timestamp?, ifVersion version: Int64? = nil, for access: Access) async throws -> Job {
        if let end, end <= engine.clock.now() {
            throw InvalidInput(pointer: "/until", code: "out_of_range", detail: "Choose a time to come, or leave it out.")
        }
        let patch: JSON = ["enabled": .bool(end != nil), "paused_until": end.map { .string($0.rfc3339) } ?? .null]
        return try await change(name, patch, by: .pause(until: end), ifVersion: version, for: access)
    }

    /// Ends a pause, whoever made it. `answer`: what becomes of the runs that it has passed over; nil: what the job's policy for
    /// missed ones says. Nothing of a job that is not paused is made up. Throws `Refusal`.
    public func resume(_ name: Name, makingUp answer: Answer?, ifVersion version: Int64? = nil, for access: Access) async throws -> Job {
        let policy = try await find(name, for: access).definition.missed
        let answer = answer ?? Answer(rawValue: policy) ?? .skip
        let patch: JSON = ["enabled": true, "paused_until": .null]
        return try await change(name, patch, by: .resume(makingUp: answer), ifVersion: version, makingUp: answer, for: access)
    }

    /// Sets how the job stands anew, when all that was due has been decided. What was queued ahead is taken out again; what a
    /// worker has leased already cannot be, and runs: it must not be queued a second time, so the next run is after it. It may
    /// even have ended already, by the clock of a node that is some milliseconds ahead of ours.
    func reschedule(
        _ old: Job, to d: JobDefinition, makingUp answer: Answer?, for access: Access, now: Timestamp, in transaction: Transaction
    ) async throws {
        let organization = access.organization.id
        let boundary = try await boundary(of: old.id, organization: organization, now: now, in: transaction)
        let withdrawn = try await transaction.query(
            withdraw(old.id, of: organization, recordedAs: nil, now: boundary) + " RETURNING scheduled_for")
        guard let job = try await DueJob.locked(old.id, of: organization, at: now, in: transaction) else { throw Refusal.notFound }
        let isSameSchedule = d.schedule == old.definition.schedule && d.scheduleSetAt == old.definition.scheduleSetAt
        if !isSameSchedule {
            try await transaction.batch(
                [
                    Self.endingPeriod(of: old.id, organization: organization, at: boundary),
                    Lateness.forgotten(of: [old.id], in: organization),
                ]
                    + Self.period(of: d, job: old.id, organization: organization, from: boundary))
        }
        let isPending = isSameSchedule && (job.passingFrom != nil || job.nextRunAt != nil || !withdrawn.isEmpty)
        let standing = d.standing(after: boundary, isPending: isPending)
        var decision = Decision(job)
        (decision.next, decision.passingFrom, decision.passAt) = (standing.next, standing.passingFrom, standing.passAt)
        let passedOver = decision.stretch?.reason == .paused && isSameSchedule ? decision.stretch : nil
        if standing.passingFrom == nil || !isSameSchedule { decision.stretch = nil }
        guard let schedule = d.readSchedule() else { return try await engine.write(decision, of: job, now: now, in: transaction) }
        if answer == .skip, case .at(let time) = schedule.kind, standing.next == time, time <= now {
            decision.next = nil
            decision.leaveOut([time], .paused)
        }
        let isResumed = standing.passingFrom == nil && job.passingFrom != nil
        try await engine.write(
            decision, of: job, makingUp: MissedPolicy(word: answer?.rawValue ?? "skip", limit: Int(d.missedLimit)),
            after: isResumed ? passedOver : nil, schedule, now: now, in: transaction)
    }

    /// The last occurrence that is decided whatever changes now, or now.
    func boundary(of job: ID<Job>, organization: ID<Organization>, now: Timestamp, in transaction: Transaction) async throws
        -> Timestamp
    {
        // Locked, what is not leased now will not be: else it might be between the next two statements.
        try await transaction.query(
            """
            SELECT FROM queue WHERE organization_id = \(organization) AND job_id = \(job) AND trigger = 'schedule' AND leased_by IS NULL
                AND scheduled_for > \(now) ORDER BY id FOR UPDATE
            """)
        let leased: Timestamp? = try await transaction.query(
            """
            SELECT max(scheduled_for) AS last FROM (
                SELECT scheduled_for FROM queue
                WHERE organization_id = \(organization) AND job_id = \(job) AND trigger = 'schedule' AND leased_by IS NOT NULL
                UNION ALL
                SELECT scheduled_for FROM executions
                WHERE organization_id = \(organization) AND job_id = \(job) AND trigger = 'schedule' AND scheduled_for > \(now)
                -- The last of an earlier schedule, which was leased when that was changed: it is expected, leased or handed back.
                UNION ALL
                SELECT max(ends_at) FROM schedule_periods
                WHERE organization_id = \(organization) AND job_id = \(job)
            ) x
            """
        ).only("last")
        return max(now, leased ?? now)
    }

    // MARK: - Which schedule was in force when

    /// From `start` on (excluded), the definition's schedule says what is expected; nothing, where it has none.
    static func period(of d: JobDefinition, job: ID<Job>, organization: ID<Organization>, from start: Timestamp) -> [Query] {
        guard !d.schedule.isNull else { return [] }
        return [
            """
            INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
            VALUES (\(organization), \(job), \(start), \(d.schedule), \(d.scheduleSetAt), \(start))
            -- Two changes ahead of one leased occurrence: the first of them was never in force.
            ON CONFLICT (organization_id, job_id, starts_at) DO UPDATE SET ends_at = NULL, schedule = excluded.schedule,
                schedule_set_at = excluded.schedule_set_at
            """
        ]
    }

    /// Ends the period that is open, at an instant (included), or behind what waits in the queue.
    static func endingPeriod(
        of job: ID<Job>, organization: ID<Organization>, at end: Timestamp, andWhatIsQueued: Bool = false
    ) -> Query {
        let queued: Query =
            andWhatIsQueued
            ? "(SELECT max(scheduled_for) FROM queue WHERE organization_id = \(organization) AND job_id = \(job) AND trigger = 'schedule')"
            : "NULL"
        return """
            UPDATE schedule_periods SET ends_at = greatest(\(end)::timestamptz, \(queued))
            WHERE organization_id = \(organization) AND job_id = \(job) AND ends_at IS NULL
            """
    }
}
