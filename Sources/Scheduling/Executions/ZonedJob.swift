import JSON
import Postgres
import Tenancy
import Time

/// A job that goes by the clock of a zone, and what was decided for it already.
struct ZonedJob: Sendable {
    let organizationID: ID<Organization>
    let id: ID<Job>
    let nextRunAt: Timestamp?
    /// The first occurrence that a pause passes over; nil: none.
    let passingFrom: Timestamp?
    /// Nil where it cannot be read; the scheduler sets such a job aside.
    let schedule: Schedule?
    /// Queued ahead and not begun: can be taken out again. Oldest first.
    let ahead: [Timestamp]
    /// The last occurrence that ran, runs, or was recorded as not to run.
    let decidedUntil: Timestamp?
    let pausedUntil: Timestamp?
    private let updatedAt: Timestamp

    init(_ row: Row) throws(PostgresError) {
        organizationID = try row("organization_id")
        id = try row("id")
        nextRunAt = try row("next_run_at")
        passingFrom = try row("passing_from")
        let setAt: Timestamp = try row("schedule_set_at")
        schedule = (try? row("schedule") as JSON?).flatMap { JobSchedule.stored($0, setAt: setAt) }
        let decided: Timestamp? = try row("decided_until")
        decidedUntil = decided
        ahead = try row("ahead", as: [Timestamp].self).filter { $0 > decided ?? $0.adding(.microseconds(-1)) }
        pausedUntil = try row("paused_until")
        updatedAt = try row("updated_at")
    }

    /// Nothing of it is to be queued: it is over, or a pause holds it.
    var isStill: Bool { nextRunAt == nil || passingFrom != nil }

    /// Since when it is as it is: what would have been due before was not expected.
    func setAt(by now: Timestamp) -> Timestamp { max(updatedAt, pausedUntil.map { $0 <= now ? $0 : updatedAt } ?? updatedAt) }

    /// The first run later than an instant, and than a pause that has an end.
    func next(of schedule: Schedule, after instant: Timestamp) -> Timestamp? {
        schedule.next(after: pausedUntil.map { max($0.adding(.microseconds(-1)), instant) } ?? instant)
    }

    /// SQL: a row of the queue that has not begun and is not due yet.
    private static func isAhead(_ now: Timestamp) -> Query {
        "(q.leased_by IS NULL AND q.attempt = 1 AND q.scheduled_for > \(now))"
    }

    /// Keeps workers from what was queued ahead of these jobs.
    static func ahead(_ places: [(organization: ID<Organization>, job: ID<Job>)], now: Timestamp) -> Query {
        """
        SELECT FROM queue q
        WHERE (q.organization_id, q.job_id) IN (SELECT * FROM unnest(\(places.map(\.organization)), \(places.map(\.job))))
            AND q.trigger = 'schedule' AND \(isAhead(now))
        ORDER BY q.organization_id, q.id FOR UPDATE OF q
        """
    }

    static func selection(_ places: [(organization: ID<Organization>, job: ID<Job>)], now: Timestamp) -> Query {
        """
        SELECT j.organization_id, j.id, j.schedule, j.schedule_set_at, j.paused_until, j.updated_at, s.next_run_at, s.passing_from,
            ARRAY(
                SELECT q.scheduled_for FROM queue q WHERE q.organization_id = j.organization_id AND q.job_id = j.id
                    AND q.trigger = 'schedule' AND \(isAhead(now)) ORDER BY 1
            ) AS ahead,
            greatest(
                (SELECT max(q.scheduled_for) FROM queue q WHERE q.organization_id = j.organization_id AND q.job_id = j.id
                    AND q.trigger = 'schedule' AND NOT \(isAhead(now))),
                (SELECT max(e.scheduled_for) FROM executions e WHERE e.organization_id = j.organization_id AND e.job_id = j.id
                    AND e.trigger = 'schedule' AND e.scheduled_for > least(\(now), s.next_run_at) - interval '3 hours'),
                (SELECT max(e.last_scheduled_for) FROM executions e WHERE e.organization_id = j.organization_id AND e.job_id = j.id
                    AND e.count > 1 AND e.last_scheduled_for > least(\(now), s.next_run_at) - interval '3 hours')
            ) AS decided_until
        FROM unnest(\(places.map(\.organization)), \(places.map(\.job))) AS i (organization_id, job_id)
        JOIN jobs j ON j.organization_id = i.organization_id AND j.id = i.job_id
        JOIN job_states s ON s.organization_id = i.organization_id AND s.job_id = i.job_id
        WHERE j.deleted_at IS NULL AND j.schedule ->> 'timezone' IS NOT NULL AND s.set_aside IS NULL
            AND EXISTS (SELECT FROM organizations o WHERE o.id = j.organization_id AND o.deleted_at IS NULL)
        ORDER BY j.organization_id, j.id
        """
    }
}
