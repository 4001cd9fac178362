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

    var organization: ID<Organization> { access.organization.id }
    var standing: JobDefinition.Standing { definition.standing(after: madeAt, isPending: true) }

    /// What became of it.
    enum Fate: String, Sendable {
        case made
        /// Another job has its key.
        case keyTaken = "key_taken"
        /// The plan has no place left for it.
        case noPlace = "no_place"
    }

    /// The statements that make them all, in this order, those that can be made; the last but one answers each one's fate by its place.
    ///
    /// Where the plan bounds the number of jobs, two who make jobs at once wait for each other: both must not find the last place
    /// free. In the order of their keys, so that two who make the same ones cannot wait for each other in a circle.
    static func insertions(of jobs: [NewJob], notice: Query) -> [Query] {
        let bounded = Set(jobs.filter { $0.access.entitlements.jobs != nil }.map(\.organization)).sorted()
        let lock: Query = "SELECT FROM entitlements WHERE organization_id = ANY (\(bounded)) ORDER BY organization_id FOR UPDATE"
        return (bounded.isEmpty ? [] : [lock]) + [insertion(of: jobs), notice]
    }

    private static func insertion(of jobs: [NewJob]) -> Query {
        let (definitions, standings) = (jobs.map(\.definition), jobs.map(\.standing))
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
                    \(standings.map(\.next)), \(standings.map(\.passingFrom)), \(standings.map(\.passAt)),
                    \(jobs.map { $0.definition.expectedFrom(madeAt: $0.madeAt) })
                ) AS i (
                    organization_id, id, made_at, sealed_config, managed_by, most_jobs, key, name, plugin, config, schedule, schedule_set_at,
                    shortest_interval_ms, timeout_ms, retries, missed, missed_limit, start_deadline_s, overlap, success, alerts, enabled,
                    paused_until, tags, next_run_at, passing_from, pass_at, expected_from)
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
            states AS (
                INSERT INTO job_states (organization_id, job_id, next_run_at, passing_from, pass_at)
                SELECT organization_id, id, next_run_at, passing_from, pass_at FROM standing
            ),
            periods AS (
                INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
                SELECT organization_id, id, expected_from, schedule, schedule_set_at, expected_from FROM standing WHERE schedule IS NOT NULL
            ),
            audited AS (\(AuditEntry.insertion(of: jobs.map(\.audit), if: "a.place IN (SELECT place FROM standing)")))
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
        (health, nextRunAt, setAside, passedOverFrom, pausedByTarget, lastExecution) = ("healthy", new.standing.next, nil, nil, nil, nil)
        (managedBy, createdAt, updatedAt) = (new.managedBy, new.madeAt, new.madeAt)
    }
}
