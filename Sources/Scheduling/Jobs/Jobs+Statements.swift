import JSON
import Postgres
import Tenancy
import Time

extension Jobs {
    static let tables: Query = "jobs j JOIN job_states s ON s.organization_id = j.organization_id AND s.job_id = j.id"

    static let columns: Query = """
        j.id, j.key, j.name, j.plugin, j.config, j.sealed_config, j.schedule, j.schedule_set_at, j.shortest_interval_ms, j.timeout_ms, j.retries, j.missed, \
        j.missed_limit, j.start_deadline_s, j.overlap, j.success, j.alerts, j.enabled, j.paused_until, j.tags, j.version, j.created_at, \
        j.updated_at, j.deleted_at, j.paused_reason, j.paused_at, j.managed_by, s.health, s.next_run_at, s.set_aside, s.stretch_from, s.stretch_reason, s.last_execution_id, s.last_status
        """

    func update(
        of old: Job, to d: JobDefinition, sealed: [UInt8]?, managedBy manager: String?, for access: Access, now: Timestamp
    ) -> Query {
        """
        UPDATE jobs SET key = \(d.key), name = \(d.name), plugin = \(d.plugin), config = \(d.config), sealed_config = \(sealed), schedule = \(d.storedSchedule),
            schedule_set_at = \(d.scheduleSetAt), shortest_interval_ms = \(d.shortestIntervalMs), timeout_ms = \(d.timeoutMs),
            retries = \(d.retries), missed = \(d.missed), missed_limit = \(d.missedLimit), start_deadline_s = \(d.startDeadlineSeconds),
            overlap = \(d.overlap), success = \(d.success), alerts = \(d.alerts), enabled = \(d.enabled),
            paused_until = \(d.pausedUntil), paused_reason = CASE WHEN \(d.enabled) THEN NULL ELSE paused_reason END,
            paused_at = CASE WHEN \(d.enabled) THEN NULL ELSE paused_at END, tags = \(d.tags),
            managed_by = \(manager), deleted_at = NULL, updated_at = \(now), version = version + 1
        WHERE organization_id = \(access.organization.id) AND id = \(old.id)
        """
    }

    /// Takes out of the queue what has not begun: with a reason everything that waits, recorded as cancelled for it;
    /// without one only what is not due yet, of which nothing remains because it is not expected any more.
    func withdraw(_ job: ID<Job>, of organization: ID<Organization>, recordedAs reason: Reason?, now: Timestamp) -> Query {
        guard let reason else {
            return """
                DELETE FROM queue WHERE organization_id = \(organization) AND job_id = \(job) AND leased_by IS NULL
                    AND trigger = 'schedule' AND attempt = 1 AND scheduled_for > \(now)
                """
        }
        return """
            WITH gone AS (
                DELETE FROM queue WHERE organization_id = \(organization) AND job_id = \(job) AND leased_by IS NULL RETURNING *
            ),
            told AS MATERIALIZED (\(Happening.notice(ofEndedIn: "gone", database))),
            history AS (
                INSERT INTO executions (
                    organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at, repeat_of, override)
                SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, 'cancelled', \(reason.rawValue), attempt, \(now),
                    repeat_of, override
                FROM gone ON CONFLICT DO NOTHING
            )
            SELECT count(*) FROM told
            """
    }
}

extension JobDefinition {
    var storedSchedule: JSON? { schedule.isNull ? Optional<JSON>.none : schedule }

    init(_ row: Row) throws(PostgresError) {
        key = try row("key")
        name = try row("name")
        plugin = try row("plugin")
        config = try row("config")
        schedule = try row("schedule", as: JSON?.self) ?? .null
        scheduleSetAt = try row("schedule_set_at")
        shortestIntervalMs = try row("shortest_interval_ms")
        timeoutMs = try row("timeout_ms")
        retries = try row("retries")
        missed = try row("missed")
        missedLimit = try row("missed_limit")
        startDeadlineSeconds = try row("start_deadline_s")
        overlap = try row("overlap")
        success = try row("success")
        alerts = try row("alerts", as: JSON?.self) ?? .null
        enabled = try row("enabled")
        pausedUntil = try row("paused_until")
        tags = try row("tags")
    }
}

extension Job {
    /// What its plugin calls secret is taken out of the definition, also where a program of before has left it there.
    init(_ row: Row, _ plugins: JobPlugins) throws(PostgresError) {
        id = try row("id")
        let stored = try JobDefinition(row)
        let (config, plain) = plugins[stored.plugin]?.masked(stored.config) ?? (stored.config, [:])
        definition = stored.with(config: config)
        secrets = Secrets(plain: plain, sealed: try row("sealed_config"))
        version = try row("version")
        health = try row("health")
        nextRunAt = try row("next_run_at")
        let stretchReason: String? = try row("stretch_reason")
        let stretchFrom: Timestamp? = try row("stretch_from")
        passedOverFrom = stretchReason == Reason.paused.rawValue ? stretchFrom : nil
        setAside = try row("set_aside")
        let pausedReason: String? = try row("paused_reason")
        let pausedAt: Timestamp? = try row("paused_at")
        pausedByTarget = pausedReason.flatMap { reason in pausedAt.map { (reason, $0) } }
        let lastID: ID<Execution>? = try row("last_execution_id")
        let lastStatus: String? = try row("last_status")
        lastExecution = lastID.flatMap { id in lastStatus.map { (id, $0) } }
        managedBy = try row("managed_by")
        createdAt = try row("created_at")
        updatedAt = try row("updated_at")
        deletedAt = try row("deleted_at")
    }
}
