import JSON
import Postgres
import Tenancy
import Time

/// A job that is about to be made: read, and within its plan but for how many there are.
struct NewJob: Sendable {
    let id: ID<Job>
    let definition: JobDefinition
    let sealed: [UInt8]?
    let managedBy: String?
    let madeAt: Timestamp
    let access: Access
    let audit: AuditEntry

    let standing: JobDefinition.Standing
    /// Of its only occurrence, where that is due now: it is queued at once, without a turn through the scheduler.
    let firstID: ID<Execution>?

    init(
        _ id: ID<Job>, _ reading: Jobs.Reading, managedBy manager: String?, madeAt now: Timestamp, for access: Access, audit: AuditEntry
    ) {
        (self.id, definition, sealed, managedBy) = (id, reading.definition, reading.sealed, manager)
        (madeAt, self.access, self.audit) = (now, access, audit)
        standing = definition.standing(after: now, isPending: true)
        firstID = Self.firstID(of: definition, standing, at: now)
    }

    /// Nil where there is more to come, or it is due later, or so long past that a start deadline may be over.
    private static func firstID(of definition: JobDefinition, _ standing: JobDefinition.Standing, at now: Timestamp) -> ID<Execution>? {
        guard let time = standing.next, definition.shortestIntervalMs == nil, definition.schedule["at"] != nil else { return nil }
        return now.adding(.seconds(-1)) <= time && time <= now.adding(Scheduler.horizon) ? ID(at: time) : nil
    }

    var organization: ID<Organization> { access.organization.id }

    /// What became of it.
    enum Fate: String, Sendable {
        case made
        /// Another job has its key.
        case keyTaken = "key_taken"
        /// The plan has no place left for it.
        case noPlace = "no_place"
    }

    /// The statements that make them all, in this order, those that can be made. `fates` reads what became of each.
    ///
    /// Where the plan bounds the number of jobs, two who make jobs at once wait for each other: both must not find the last place
    /// free. In the order of their keys, so that two who make the same ones cannot wait for each other in a circle.
    static func insertions(of jobs: [NewJob], over database: Database) -> [Query] {
        let bounded = Set(jobs.filter { $0.access.entitlements.jobs != nil }.map(\.organization)).sorted()
        let lock: Query = "SELECT FROM entitlements WHERE organization_id = ANY (\(bounded)) ORDER BY organization_id FOR UPDATE"
        let topic: Topic = jobs.contains { $0.firstID != nil } ? .due : .jobs
        return (bounded.isEmpty ? [] : [lock]) + [
            insertion(of: jobs), topic.notification(database),
            Happening.notice(jobs.map { .job($0.id, .created, of: $0.organization) }, database),
        ]
    }

    /// What became of each, by its place, out of the answers to `insertions`: two notices stand behind what makes them.
    static func fates(in answers: [Rows]) throws(PostgresError) -> [Fate] {
        var fates: [Fate] = []
        for row in answers[answers.count - 3] { fates.append(Fate(rawValue: try row("fate")) ?? .keyTaken) }
        return fates
    }

    private static let farFromLimit: Int64 = 100_000

    private static func insertion(of jobs: [NewJob]) -> Query {
        let (definitions, standings) = (jobs.map(\.definition), jobs.map(\.standing))
        let now = jobs.map(\.madeAt).max() ?? .now()
        return """
            WITH input AS MATERIALIZED (
                SELECT i.*, row_number() OVER () - 1 AS place FROM unnest(
                    \(jobs.map(\.organization)), \(jobs.map(\.id)), \(jobs.map(\.madeAt)), \(jobs.map(\.sealed)), \(jobs.map(\.managedBy)),
                    \(jobs.map { $0.access.entitlements.jobs.map(Int64.init) }),
                    \(definitions.map(\.key)), \(definitions.map(\.name)), \(definitions.map(\.plugin)), \(definitions.map(\.config)),
                    \(definitions.map(\.storedSchedule)), \(definitions.map(\.scheduleSetAt)), \(definitions.map(\.shortestIntervalMs)),
                    \(definitions.map(\.timeoutMs)), \(definitions.map(\.retries)), \(definitions.map(\.missed)),
                    \(definitions.map(\.missedLimit)), \(definitions.map(\.startDeadlineSeconds)), \(definitions.map(\.overlap)),
                    \(definitions.map(\.success)), \(definitions.map(\.alerts)), \(definitions.map(\.enabled)),
                    \(definitions.map(\.pausedUntil)), \(definitions.map { JSON.array($0.tags.map(JSON.string)) }),
                    \(standings.map(\.next)), \(jobs.map(\.firstID)), \(standings.map(\.passingFrom)), \(standings.map(\.passAt)),
                    \(jobs.map { $0.definition.expectedFrom(madeAt: $0.madeAt) })
                ) AS i (
                    organization_id, id, made_at, sealed_config, managed_by, most_jobs, key, name, plugin, config, schedule, schedule_set_at,
                    shortest_interval_ms, timeout_ms, retries, missed, missed_limit, start_deadline_s, overlap, success, alerts, enabled,
                    paused_until, tags, next_run_at, first_id, passing_from, pass_at, expected_from)
            ),
            fresh AS (
                SELECT organization_id, place, most_jobs, row_number() OVER (PARTITION BY organization_id ORDER BY place) AS number FROM input i
                WHERE key IS NULL OR NOT EXISTS (
                    SELECT FROM jobs j WHERE j.organization_id = i.organization_id AND j.key = i.key AND j.deleted_at IS NULL)
                    AND NOT EXISTS (SELECT FROM input o WHERE o.organization_id = i.organization_id AND o.key = i.key AND o.place < i.place)
            ),
            counts AS (
                SELECT o.organization_id, (
                    SELECT count(*) FROM jobs j WHERE j.organization_id = o.organization_id AND j.deleted_at IS NULL) AS jobs
                FROM (SELECT DISTINCT organization_id FROM fresh WHERE most_jobs IS NOT NULL) o
            ),
            allowed AS MATERIALIZED (
                SELECT f.place FROM fresh f LEFT JOIN counts c ON c.organization_id = f.organization_id
                WHERE f.most_jobs IS NULL OR c.jobs + f.number <= f.most_jobs
            ),
            made AS (
                INSERT INTO jobs (
                    organization_id, id, key, name, plugin, config, schedule, schedule_set_at, shortest_interval_ms, timeout_ms, retries,
                    missed, missed_limit, start_deadline_s, overlap, success, alerts, enabled, paused_until, tags, created_at, updated_at,
                    sealed_config, managed_by)
                SELECT organization_id, id, key, name, plugin, config, schedule, schedule_set_at, shortest_interval_ms, timeout_ms, retries,
                    missed, missed_limit, start_deadline_s, overlap, success, alerts, enabled, paused_until,
                    ARRAY(SELECT jsonb_array_elements_text(tags)), made_at, made_at, sealed_config, managed_by
                FROM input JOIN allowed USING (place) ORDER BY organization_id, key, place
                ON CONFLICT (organization_id, key) WHERE deleted_at IS NULL DO NOTHING RETURNING id
            ),
            standing AS MATERIALIZED (SELECT i.* FROM input i JOIN made USING (id)),
            -- Near the month's limit the scheduler decides.
            immediate AS MATERIALIZED (
                SELECT s.organization_id, s.id AS job_id, s.first_id AS id, s.next_run_at AS time, e.keep_days
                FROM standing s JOIN entitlements e ON e.organization_id = s.organization_id
                WHERE s.first_id IS NOT NULL
                    AND coalesce(e.executions_per_month - \(UsageCounter.used(of: "e", at: now)) > \(Self.farFromLimit), true)
            ),
            states AS (
                INSERT INTO job_states (organization_id, job_id, next_run_at, passing_from, pass_at)
                SELECT s.organization_id, s.id, CASE WHEN i.job_id IS NULL THEN s.next_run_at END, s.passing_from, s.pass_at
                FROM standing s LEFT JOIN immediate i ON i.job_id = s.id
            ),
            queued AS (
                INSERT INTO queue (organization_id, id, job_id, scheduled_for, due_at, line_at, trigger, keep_days)
                SELECT organization_id, id, job_id, time, time, time, 'schedule', keep_days FROM immediate RETURNING organization_id, due_at
            ),
            periods AS (
                INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
                SELECT organization_id, id, expected_from, schedule, schedule_set_at, expected_from FROM standing WHERE schedule IS NOT NULL
            ),
            audited AS (\(AuditEntry.insertion(of: jobs.map(\.audit), if: "a.place IN (SELECT place FROM standing)"))),
            lines AS (
                UPDATE lanes l SET next_due = least(l.next_due, q.due_at)
                FROM (SELECT organization_id, min(due_at) AS due_at FROM queued GROUP BY 1) q WHERE l.organization_id = q.organization_id
            )
            SELECT CASE WHEN made.id IS NOT NULL THEN 'made' WHEN f.place IS NOT NULL AND allowed.place IS NULL THEN 'no_place'
                ELSE 'key_taken' END AS fate
            FROM input i LEFT JOIN made ON made.id = i.id LEFT JOIN fresh f ON f.place = i.place LEFT JOIN allowed ON allowed.place = i.place
            ORDER BY i.place
            """
    }
}

extension Job {
    /// As it stands when it has just been made.
    init(_ new: NewJob) {
        (id, definition, version) = (new.id, new.definition, 1)
        secrets = Secrets(sealed: new.sealed)
        (health, nextRunAt, setAside, passedOverFrom, pausedByTarget, lastExecution) = (
            "healthy", new.firstID == nil ? new.standing.next : nil, nil, nil, nil, nil
        )
        (managedBy, createdAt, updatedAt) = (new.managedBy, new.madeAt, new.madeAt)
    }
}
