import JSON
import Postgres
import Tenancy
import Time

/// Computes the next runs of all jobs of a zone again, some at a time: first without a lock, since as a rule no more than a few
/// move, and those once more with their rows locked.
///
/// What was begun, leased or decided stays. Where an occurrence by the new rules is over but what stood for it by the old ones
/// is still to come, the new one is due at once, late: a run must not be lost between the two. So far back is only looked
/// as a clock change makes up for: less than 3 hours.
struct ZoneMove: Sendable {
    private static let batch = 200
    /// So long a step waits for whoever has its rows, in milliseconds.
    private static let lockTimeout = 500
    private static let lookBack: Duration = .seconds(3 * 3_600)

    let zone: ZoneInUse
    let version: String
    /// False: the rules are those of before. Then a job without a next run is as it was.
    let isNews: Bool
    let engine: Engine

    private typealias Place = (organization: ID<Organization>, job: ID<Job>)

    private struct Move: Sendable {
        let job: ZonedJob
        /// What is later goes by the new rules.
        let after: Timestamp
        let next: Timestamp?
    }

    /// Answers how many jobs moved. Throws when all was tried and some could not be: they are tried again with the next look.
    func run() async throws -> Int {
        var (moved, failure) = (0, nil as PostgresError?)
        var last: Place?
        while true {
            let page = try await places(behind: last)
            guard !page.isEmpty else { break }
            last = page.last
            do { moved += try await move(page) } catch let error as PostgresError where error.isOfLock {
                // Somebody keeps one of them locked: that must not keep the others.
                for place in page {
                    do { moved += try await move([place]) } catch let error as PostgresError where error.isOfLock {
                        failure = error
                    }
                }
            }
        }
        if let failure { throw failure }
        return moved
    }

    private func places(behind last: Place?) async throws -> [Place] {
        let rest: Query = last.map { "AND (organization_id, id) > (\($0.organization), \($0.job))" } ?? ""
        return try await engine.database.query(
            """
            SELECT organization_id, id FROM jobs
            WHERE deleted_at IS NULL AND schedule ? 'cron' AND schedule ->> 'timezone' = \(zone.name) \(rest)
            ORDER BY organization_id, id LIMIT \(Self.batch)
            """
        ).map { (try $0("organization_id"), try $0("id")) }
    }

    private func move(_ places: [Place]) async throws -> Int {
        let seen = engine.clock.now()
        let affected = try await engine.database.query(ZonedJob.selection(places, now: seen)).map { try ZonedJob($0) }
            .filter { isAffected($0, at: seen) }.map { (organization: $0.organizationID, job: $0.id) }
        guard !affected.isEmpty else { return 0 }
        return try await engine.database.transaction { transaction in
            try await transaction.batch(Self.locks(affected))
            // Not before the locks: what ran while we waited for them must not be found to be due after now.
            let now = engine.clock.now()
            let rows = try await transaction.batch([ZonedJob.ahead(affected, now: now), ZonedJob.selection(affected, now: now)])[1]
            let jobs = try rows.map { try ZonedJob($0) }.filter { isAffected($0, at: now) }
            let moves = jobs.compactMap { $0.isStill ? nil : self.move($0, at: now) }
            let still = jobs.filter(\.isStill).map { Move(job: $0, after: now, next: $0.schedule.flatMap { $0.next(after: now) }) }
            guard !jobs.isEmpty else { return 0 }
            var statements = [Self.newPeriods(of: moves + still), Self.passing(still, now: now)]
            if !moves.isEmpty {
                statements += [Self.withdrawal(moves, now: now), Self.writing(moves)]
                statements += moves.map { entry($0, at: now).insertion } + moves.map { Topic.changed($0.job.id, engine.database) }
            }
            try await transaction.batch(statements)
            return moves.count
        }
    }

    private func isAffected(_ job: ZonedJob, at now: Timestamp) -> Bool {
        job.isStill ? isNews : move(job, at: now) != nil
    }

    /// Nil: it stays as it is, or what it says cannot be read.
    private func move(_ job: ZonedJob, at now: Timestamp) -> Move? {
        guard let old = job.nextRunAt, let schedule = job.schedule else { return nil }
        let undecided = old.adding(.microseconds(-1))
        let expected = min(max(job.setAt(by: now), old.adding(.zero - Self.lookBack)), now, undecided)
        let after = max(job.decidedUntil ?? expected, expected)
        var place = after
        let isSame = (job.ahead + [old]).allSatisfy { expected in
            guard let next = job.next(of: schedule, after: place), next == expected else { return false }
            place = next
            return true
        }
        return isSame ? nil : Move(job: job, after: after, next: job.next(of: schedule, after: after))
    }

    private func entry(_ move: Move, at now: Timestamp) -> AuditEntry {
        func state(_ next: Timestamp?, _ version: String) -> JSON {
            ["next_run_at": next.map { .string($0.rfc3339) } ?? .null, "timezone": .string(zone.name), "zone_data": .string(version)]
        }
        return AuditEntry(
            at: now, of: move.job.organizationID, by: .system, "job.next_run_moved", on: move.job.id.text,
            before: state(move.job.ahead.first ?? move.job.nextRunAt, zone.recorded?.version ?? "unknown"),
            after: state(move.next, version), way: .engine)
    }

    /// In the order of all who lock more than one: jobs, their states, then the queue.
    private static func locks(_ places: [Place]) -> [Query] {
        [
            "SELECT set_config('lock_timeout', \(String(lockTimeout)), true)",
            """
            SELECT FROM unnest(\(places.map(\.organization)), \(places.map(\.job))) AS i (organization_id, job_id)
                JOIN jobs j ON j.organization_id = i.organization_id AND j.id = i.job_id
            ORDER BY j.organization_id, j.id FOR UPDATE OF j
            """,
            """
            SELECT FROM unnest(\(places.map(\.organization)), \(places.map(\.job))) AS i (organization_id, job_id)
                JOIN job_states s ON s.organization_id = i.organization_id AND s.job_id = i.job_id
            ORDER BY s.organization_id, s.job_id FOR UPDATE OF s
            """,
        ]
    }

    /// What was queued ahead and has not begun comes again where it is still expected.
    private static func withdrawal(_ moves: [Move], now: Timestamp) -> Query {
        """
        DELETE FROM queue q
        USING unnest(\(moves.map(\.job.organizationID)), \(moves.map(\.job.id)), \(moves.map(\.after))) AS m (organization_id, job_id, after)
        WHERE q.organization_id = m.organization_id AND q.job_id = m.job_id AND q.leased_by IS NULL AND q.trigger = 'schedule'
            AND q.attempt = 1 AND q.scheduled_for > greatest(m.after, \(now))
        """
    }

    private static func writing(_ moves: [Move]) -> Query {
        """
        UPDATE job_states s SET next_run_at = m.next_run_at
        FROM unnest(\(moves.map(\.job.organizationID)), \(moves.map(\.job.id)), \(moves.map(\.next))) AS m (organization_id, job_id, next_run_at)
        WHERE s.organization_id = m.organization_id AND s.job_id = m.job_id
        """
    }

    /// What a pause passes over from now on goes by the new rules; and so does what follows it, where its end is known.
    private static func passing(_ still: [Move], now: Timestamp) -> Query {
        let held = still.filter { $0.job.passingFrom.map { $0 > now } ?? false }
        let following = held.map { move in move.job.nextRunAt == nil ? nil : move.job.schedule.flatMap { move.job.next(of: $0, after: now) }
        }
        let ends = held.map { $0.job.nextRunAt == nil ? nil : $0.job.pausedUntil }
        return """
            UPDATE job_states s SET next_run_at = m.following, passing_from = least(m.first, m.until),
                pass_at = least(m.first + interval '1 s', m.until)
            FROM unnest(
                \(held.map(\.job.organizationID)), \(held.map(\.job.id)), \(held.map(\.next)), \(following), \(ends)
            ) AS m (organization_id, job_id, first, following, until)
            WHERE s.organization_id = m.organization_id AND s.job_id = m.job_id
            """
    }

    /// What is expected is looked for by the rules that hold then, and the old ones are gone: so the old period counts as looked
    /// at to its end.
    private static func newPeriods(of moves: [Move]) -> Query {
        """
        WITH closed AS (
            UPDATE schedule_periods p SET ends_at = m.after, checked_until = greatest(p.checked_until, m.after)
            FROM unnest(\(moves.map(\.job.organizationID)), \(moves.map(\.job.id)), \(moves.map(\.after))) AS m (organization_id, job_id, after)
            WHERE p.organization_id = m.organization_id AND p.job_id = m.job_id AND p.ends_at IS NULL AND p.starts_at < m.after
            RETURNING p.organization_id, p.job_id, p.ends_at, p.schedule, p.schedule_set_at
        )
        INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
        SELECT organization_id, job_id, ends_at, schedule, schedule_set_at, ends_at FROM closed
        ON CONFLICT (organization_id, job_id, starts_at) DO UPDATE SET ends_at = NULL, checked_until = excluded.checked_until
        """
    }
}
