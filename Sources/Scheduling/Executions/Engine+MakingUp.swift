import Postgres
import Tenancy
import Time

extension Engine {
    /// Decides about everything of a job that is due by `now` and that the scheduler has not come to yet, as it would. For whoever
    /// holds the job's locks and is about to change what it is due by.
    func decide(
        _ job: ID<Job>, of organization: ID<Organization>, until now: Timestamp, in transaction: Transaction
    ) async throws {
        for _ in 0..<Self.mostSteps {
            guard let due = try await DueJob.locked(job, of: organization, at: now, in: transaction),
                let schedule = due.readSchedule()
            else { return }
            if let from = due.passingFrom, from <= now || !due.isPaused(at: now) {
                let decision = Decision(passingOver: due, schedule, at: now)
                if decision.passingFrom != due.passingFrom {
                    try await write(passingOver: decision, of: due, schedule, now: now, in: transaction)
                    continue
                }
            }
            guard let next = due.nextRunAt, next <= now else { return }
            let passage = Passage(
                of: schedule, from: next, missed: due.missed, deadline: due.startDeadline, now: now, horizon: now, left: due.executionsLeft)
            try await write(Decision(due, passage, now: now, catchUp: catchUp), of: due, now: now, in: transaction)
        }
    }

    /// The same by itself.
    func decide(_ job: ID<Job>, of organization: ID<Organization>) async throws {
        let now = clock.now()
        try await results.transaction { transaction in
            try await decide(job, of: organization, until: now, in: transaction)
        }
    }

    /// Writes what a pause, or a limit, has passed over; and makes up for it by the job's own policy where it has ended.
    func write(passingOver decision: Decision, of job: DueJob, _ schedule: Schedule, now: Timestamp, in transaction: Transaction)
        async throws
    {
        guard decision.endsStretch(of: job, at: now) else { return try await write(decision, of: job, now: now, in: transaction) }
        var ended = decision
        ended.stretch = nil
        try await write(
            ended, of: job, makingUp: job.missed, after: decision.stretch ?? job.stretch, schedule, now: now, in: transaction)
    }

    /// Each step passes up to `Passage.most` occurrences: all together some weeks of seconds.
    private static let mostSteps = 300

    /// Writes a decision about one job in a transaction that holds its locks, and makes up for the last occurrences of a stretch
    /// that was recorded as not run: they are taken out of the record, and run as backfills. What else was decided comes before.
    func write(
        _ decision: Decision, of job: DueJob, makingUp policy: MissedPolicy, after stretch: Stretch?, _ schedule: Schedule, now: Timestamp,
        in transaction: Transaction
    ) async throws {
        var decision = decision
        if !decision.notRun.isEmpty || !decision.starts.isEmpty {
            // What is made up may be among what is only now recorded.
            var first = Decision(job)
            (first.notRun, first.starts, first.missed) = (decision.notRun, decision.starts, decision.missed)
            try await write(first, of: job, now: now, in: transaction)
            (decision.notRun, decision.starts, decision.missed) = ([], [], 0)
        }
        if let stretch {
            let most = min(policy.makesUp, Int(clamping: job.executionsLeft ?? .max))
            let times = try await takeBack(most, of: stretch, of: job, schedule, in: transaction)
            decision.starts = times.map {
                Decision.Start(time: $0, dueAt: catchUp.start(of: $0, since: $0, now: now), trigger: .backfill, isMadeUp: true)
            }
        }
        try await write(decision, of: job, now: now, in: transaction)
    }

    /// Writes a decision about one job in a transaction that holds its locks.
    func write(_ decision: Decision, of job: DueJob, now: Timestamp, in transaction: Transaction) async throws {
        var moves = Moves()
        moves.add(job, decision)
        try await partitions.ensure(moves.days)
        let counts = try await moves.write(over: transaction, of: database, now: now)
        if counts.queued > 0 { dueBell.ring() }
    }

    /// Takes the last occurrences of a stretch, at most so many, out of the record. Answers them, oldest first.
    private func takeBack(_ most: Int, of stretch: Stretch, of job: DueJob, _ schedule: Schedule, in transaction: Transaction) async throws
        -> [Timestamp]
    {
        guard most > 0 else { return [] }
        let rows = try await transaction.query(
            """
            SELECT id, scheduled_for, count, last_scheduled_for FROM executions
            WHERE organization_id = \(job.organizationID) AND job_id = \(job.jobID) AND trigger = 'schedule' AND status = 'skipped'
                AND reason = \(stretch.reason.rawValue) AND scheduled_for >= \(stretch.from)
            ORDER BY scheduled_for DESC LIMIT \(most)
            """)
        var times: [Timestamp] = []
        var queries: [Query] = []
        for row in rows where times.count < most {
            let id: ID<Execution> = try row("id")
            let first: Timestamp = try row("scheduled_for")
            let count = Int(try row("count") as Int32)
            var last: Timestamp? = try row("last_scheduled_for", as: Timestamp?.self) ?? first
            var taken = 0
            while let time = last, taken < count, times.count < most {
                times.append(time)
                taken += 1
                last = schedule.previous(before: time)
            }
            queries.append(Self.shortening(id, at: first, of: job.organizationID, to: count - taken, until: last ?? first))
        }
        try await transaction.batch(queries)
        return times.reversed()
    }

    private static func shortening(
        _ row: ID<Execution>, at first: Timestamp, of organization: ID<Organization>, to count: Int, until last: Timestamp
    ) -> Query {
        if count == 0 {
            return "DELETE FROM executions WHERE organization_id = \(organization) AND id = \(row) AND scheduled_for = \(first)"
        }
        return """
            UPDATE executions SET count = \(Int32(count)), last_scheduled_for = \(count > 1 ? last : Optional<Timestamp>.none)
            WHERE organization_id = \(organization) AND id = \(row) AND scheduled_for = \(first)
            """
    }
}
