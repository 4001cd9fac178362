import Logging
import Postgres
import Tenancy
import Time

/// What a pause or a month's limit keeps from running: each occurrence gets its answer while it lasts, and the last ones are made
/// up when it is over, as the job's policy for missed ones says.
extension Scheduler {
    /// So many jobs at a time.
    private static let largestSweep = 500

    /// One pass over the jobs whose pause has passed over something, or may be over, as seen at `now`. Answers when to look again.
    func passOver(at now: Timestamp) async throws -> ContinuousClock.Instant {
        let results = try await engine.database.batch([
            Self.held(at: now).plannedAnew, "SELECT min(pass_at) AS next FROM job_states WHERE pass_at > \(now)",
        ])
        let held = try results[0].map { try DueJob($0) }
        var moves = Moves()
        var endings: [DueJob] = []
        let end = ContinuousClock.now + Self.longestThought
        var isDone = held.count < Self.largestSweep
        for job in held {
            guard ContinuousClock.now < end else {
                isDone = false
                break
            }
            guard let schedule = job.readSchedule() else {
                await setAside(job)
                continue
            }
            var decision = Decision(passingOver: job, schedule, at: now)
            let isOver = decision.endsStretch(of: job, at: now)
            if isOver, job.missed.makesUp > 0 {
                endings.append(job)
            } else {
                if isOver { decision.stretch = nil }
                moves.add(job, decision)
            }
        }
        if !moves.isEmpty {
            try await engine.partitions.ensure(moves.days)
            _ = try await moves.write(to: engine.database, now: now)
        }
        for job in endings {
            // What is due now does not wait for what is made up: the rest comes with the next look.
            guard ContinuousClock.now < end + Self.longestThought else {
                isDone = false
                break
            }
            do { try await makeUp(job, at: now) } catch { complaints.tell("a pause could not be ended", error) }
        }
        let next: Timestamp? = try results[1].only("next")
        return !isDone ? .now : next.map { engine.clock.instant(of: $0) } ?? .now + .seconds(1)
    }

    /// The first of them are taken before anything is joined: while nothing is paused, no plan may begin at the jobs.
    static func held(at now: Timestamp) -> Query {
        """
        SELECT \(DueJob.columns(at: now)) FROM (
            SELECT * FROM job_states WHERE pass_at <= \(now) ORDER BY pass_at LIMIT \(largestSweep)
        ) s \(DueJob.joins) WHERE j.deleted_at IS NULL ORDER BY s.pass_at
        """
    }

    /// In a transaction of its own, for it changes what has been recorded.
    private func makeUp(_ seen: DueJob, at now: Timestamp) async throws {
        do {
            try await engine.database.transaction { transaction in
                guard let job = try await DueJob.locked(seen.jobID, of: seen.organizationID, at: now, in: transaction),
                    job.version == seen.version, let schedule = job.readSchedule()
                else { return }
                let decision = Decision(passingOver: job, schedule, at: now)
                try await engine.write(passingOver: decision, of: job, schedule, now: now, in: transaction)
            }
        } catch let error as PostgresError where error.isOfLock {
            // Somebody is changing the job, and decides the same.
        }
    }
}

extension Decision {
    /// What has been passed over by now, at most `Passage.most` of it, and when to look again.
    init(passingOver job: DueJob, _ schedule: Schedule, at now: Timestamp) {
        self.init(job)
        let isPaused = job.isPaused(at: now)
        passAt = nil
        if let from = passingFrom ?? (isPaused ? schedule.next(after: now) : nil) {
            passOver(job, schedule, from: from, isPaused: isPaused, now: now)
        } else if stretch?.reason == .limitReached {
            if let left = job.executionsLeft, left <= 0 { passAt = min(now.adding(Self.limitLook), now.nextMonth) } else { stretch = nil }
        }
    }

    private mutating func passOver(_ job: DueJob, _ schedule: Schedule, from: Timestamp, isPaused: Bool, now: Timestamp) {
        let end: Timestamp = job.enabled ? job.pausedUntil ?? now : Timestamp(microseconds: .max)
        if case .at(let time) = schedule.kind {
            // A one-time job is late rather than never.
            (next, passingFrom) = isPaused ? (nil, time) : (time, nil)
            passAt = isPaused && job.enabled ? end : nil
            return
        }
        // Where it begins may be the end of a pause with nothing in it, and no occurrence.
        var (passed, following) = ([Timestamp](), schedule.next(after: from.adding(.microseconds(-1))))
        while let time = following, time <= now, time < end, passed.count < Passage.most {
            passed.append(time)
            following = schedule.next(after: time)
        }
        leaveOut(passed, .paused)
        passingFrom = following
        if passed.count == Passage.most { return passAt = now }
        if isPaused {
            passAt = following.map { min(end, look(after: $0, now: now)) } ?? (job.enabled ? end : nil)
            // Its end is waited for also where nothing is left to pass over.
            if passingFrom == nil { passingFrom = end }
        } else {
            passingFrom = nil
        }
    }

    /// The first hundred are told one by one, the others now and then.
    private func look(after next: Timestamp, now: Timestamp) -> Timestamp {
        let pause: Duration = (stretch?.rowCount ?? 0) >= Stretch.mostSingleRows ? .seconds(600) : .seconds(20)
        return max(next.adding(.seconds(1)), now.adding(pause))
    }

    /// Whether a pause, or a limit, has ended of which something may be made up.
    func endsStretch(of job: DueJob, at now: Timestamp) -> Bool {
        guard !job.isPaused(at: now), passingFrom == nil, passAt == nil, let reason = (stretch ?? job.stretch)?.reason else { return false }
        return reason == .paused && job.passingFrom != nil || reason == .limitReached && stretch == nil
    }
}
