import JSON
import Postgres
import Tenancy
import Time

/// The door to executions, for people: those that wait and run, and those that have ended, alike.
public struct Executions: Sendable {
    private let engine: Engine
    let database: Database

    /// Asks over `database`; nil: over the engine's own, as a command does.
    public init(_ engine: Engine, over database: Database? = nil) {
        self.engine = engine
        self.database = database ?? engine.database
    }

    /// Where a page of a list ends: lists go by the time of occurrence, newest first, then by id.
    public struct Position: Sendable, Equatable {
        public let scheduledFor: Timestamp
        public let id: ID<Execution>

        /// Behind this execution.
        public init(_ execution: Execution) { (scheduledFor, id) = (execution.scheduledFor, execution.id) }

        /// Reads what `cursor` writes; nil for anything else.
        public init?(_ cursor: String) {
            let parts = cursor.split(separator: "-")
            guard parts.count == 2, let time = Int64(parts[0]), let id = ID<Execution>(String(parts[1])) else { return nil }
            (scheduledFor, self.id) = (Timestamp(microseconds: time), id)
        }

        /// The position as a text without meaning to others.
        public var cursor: String { "\(scheduledFor.microseconds)-\(id)" }
    }

    /// The body that a run by hand may carry: a text, or JSON, as large as a job's own.
    public static let overridingBody = Shape.anything.checked { body in
        let size = body.string?.utf8.count ?? body.bytes().count
        guard size > HTTPPlugin.largestBody else { return [] }
        return [FieldError(pointer: "", code: "too_long", detail: "The body has \(size) bytes; use at most \(HTTPPlugin.largestBody).")]
    }

    /// Runs a job now, whatever its schedule says; its overlap policy holds: what was queued ahead of the next occurrence
    /// waits for this run as it would for any other. `override` may carry a `body` for this run and
    /// a `reason`. Throws `Refusal.notFound`, `Refusal.limitReached`.
    public func trigger(_ job: Job, override: JSON, by trigger: ExecutionTrigger, for access: Access) async throws -> Execution {
        let now = engine.clock.now()
        let organization = access.organization.id
        try await checkUsage(at: now, for: access)
        let id = ID<Execution>(at: now)
        let audit = access.entry(
            at: now, "job.triggered", on: job.id.text,
            after: ["execution": .string(id.text), "reason": override["reason"] ?? .null])
        let results = try await database.batch([
            // Two at once must see each other: the second one's look into the queue begins after the first one's end.
            "SELECT FROM job_states WHERE organization_id = \(organization) AND job_id = \(job.id) FOR UPDATE",
            ExecutionQueue.skippingSurplus(of: [(organization, job.id)], now: now),
            """
            WITH asked AS (
                INSERT INTO queue (
                    organization_id, id, job_id, scheduled_for, due_at, line_at, trigger, keep_days, override, held)
                SELECT j.organization_id, \(id), j.id, \(now), \(now), \(now), \(trigger.rawValue), \(Int16(access.entitlements.keepDays)),
                    \(override.object?.isEmpty ?? true ? Optional<JSON>.none : override), j.overlap <> 'allow' AND EXISTS (
                        SELECT FROM queue o WHERE o.organization_id = j.organization_id AND o.job_id = j.id
                            AND (o.leased_by IS NOT NULL OR o.due_at <= \(now) AND (o.held OR o.attempt - o.lost_leases = 1)))
                FROM jobs j WHERE j.organization_id = \(organization) AND j.id = \(job.id) AND j.deleted_at IS NULL
                RETURNING organization_id, job_id
            ),
            ahead AS (
                UPDATE queue o SET held = true FROM asked JOIN jobs j ON j.organization_id = asked.organization_id AND j.id = asked.job_id
                WHERE o.organization_id = asked.organization_id AND o.job_id = asked.job_id AND j.overlap <> 'allow'
                    AND o.leased_by IS NULL AND NOT o.held AND o.attempt - o.lost_leases = 1 AND o.due_at > \(now)
                RETURNING o.organization_id
            ),
            -- Lanes are locked last everywhere; without a word of `ahead` here it would run after this.
            touched AS (SELECT organization_id FROM asked UNION SELECT organization_id FROM ahead)
            UPDATE lanes l SET next_due = least(l.next_due, \(now)) FROM touched WHERE l.organization_id = touched.organization_id
            RETURNING l.organization_id
            """,
            audit.insertion(if: "EXISTS (SELECT FROM queue WHERE organization_id = \(organization) AND id = \(id))"),
            Topic.due.notification(database),
        ])
        guard !results[2].isEmpty else { throw Refusal.notFound }
        engine.dueBell.ring()
        return Execution(
            id: id, jobID: job.id, jobKey: job.definition.key, status: .pending, reason: nil, trigger: trigger, scheduledFor: now,
            startedAt: nil, finishedAt: nil, attempt: 1, statusCode: nil, durationMs: nil, latenessMs: nil, errorMessage: nil, count: 1,
            lastScheduledFor: nil, response: nil)
    }

    private func checkUsage(at now: Timestamp, for access: Access) async throws {
        guard let limit = access.entitlements.executionsPerMonth else { return }
        let organization = access.organization.id
        var used = try await UsageCounter.used(by: organization, at: now, over: database)
        used += try await UsageCounter.waiting(of: [organization: Int64(limit) - used], over: database)[organization] ?? 0
        guard used < limit else { throw Refusal.executions(limit, used: used, plan: access.entitlements.plan) }
    }

    /// The executions of a job, or of the whole organization, newest first, with the first kibibyte of each answer.
    public func page(of job: ID<Job>?, after position: Position?, limit: Int, for access: Access) async throws -> [Execution] {
        try await database.query(listing(of: job, after: position, limit: limit, for: access)).map { try Execution($0) }
    }

    func listing(of job: ID<Job>?, after position: Position?, limit: Int, for access: Access) -> Query {
        let filter: Query = job.map { "AND x.job_id = \($0)" } ?? ""
        let rest: Query = position.map { "AND (x.scheduled_for, x.id) < (\($0.scheduledFor), \($0.id))" } ?? ""
        let condition: Query = """
            x.organization_id = \(access.organization.id) \(filter) \(rest) ORDER BY x.scheduled_for DESC, x.id DESC LIMIT \(limit)
            """
        return """
            WITH listed AS MATERIALIZED (
                SELECT * FROM ((\(queued) WHERE \(condition)) UNION ALL (\(ended(in: "executions")) WHERE \(condition))
                    UNION (\(ended(in: "kept_executions")) WHERE \(condition))) x
                ORDER BY x.scheduled_for DESC, x.id DESC LIMIT \(limit)
            )
            SELECT l.*, j.key AS job_key, substring(a.response_body FOR 1024) AS response_body, a.response_size, a.response_headers,
                a.response_truncated OR length(a.response_body) > 1024 AS response_truncated
            FROM listed l LEFT JOIN jobs j ON j.organization_id = l.organization_id AND j.id = l.job_id \(lastAttempt)
            ORDER BY l.scheduled_for DESC, l.id DESC
            """
    }

    /// One execution, by its id, with its attempts, oldest first. Throws `Refusal.notFound`, for what is no id too.
    public func find(_ id: String, for access: Access) async throws -> (execution: Execution, attempts: [Attempt]) {
        guard let id = ID<Execution>(id) else { throw Refusal.notFound }
        // An id carries the millisecond of its occurrence, and so names its partition.
        let (from, to) = (id.instant, id.instant.adding(.milliseconds(1)))
        let condition: Query = """
            x.organization_id = \(access.organization.id) AND x.id = \(id) AND x.scheduled_for >= \(from) AND x.scheduled_for < \(to)
            """
        let results = try await database.batch([
            """
            SELECT l.*, j.key AS job_key, a.response_body, a.response_size, a.response_headers, a.response_truncated
            FROM ((\(queued) WHERE \(condition)) UNION ALL (\(ended(in: "executions")) WHERE \(condition))
                UNION (\(ended(in: "kept_executions")) WHERE \(condition))) l
                LEFT JOIN jobs j ON j.organization_id = l.organization_id AND j.id = l.job_id \(lastAttempt)
            """,
            """
            SELECT DISTINCT ON (number) * FROM (
                SELECT *, NULL::uuid AS job_id FROM attempts WHERE organization_id = \(access.organization.id) AND execution_id = \(id)
                    AND scheduled_for >= \(from) AND scheduled_for < \(to)
                UNION ALL SELECT * FROM kept_attempts WHERE organization_id = \(access.organization.id) AND execution_id = \(id)
            ) a ORDER BY number
            """,
        ])
        guard let row = results[0].first else { throw Refusal.notFound }
        return (try Execution(row), try results[1].map { try Attempt($0) })
    }

    // MARK: -

    private var queued: Query {
        """
        SELECT x.organization_id, x.id, x.job_id, x.scheduled_for, x.keep_days, x.trigger,
            CASE WHEN x.leased_by IS NOT NULL AND x.due_at <= \(engine.clock.now()) THEN 'running' ELSE 'pending' END AS status,
            NULL AS reason, x.attempt, x.started_at, NULL::timestamptz AS finished_at, NULL::smallint AS status_code,
            NULL::integer AS duration_ms, NULL::integer AS lateness_ms, NULL AS error_message, 1 AS count,
            NULL::timestamptz AS last_scheduled_for
        FROM queue x
        """
    }

    /// What is kept beyond its day stands in both tables for the moment in which the pruner copies it: hence UNION.
    private func ended(in table: StaticString) -> Query {
        """
        SELECT x.organization_id, x.id, x.job_id, x.scheduled_for, x.keep_days, x.trigger, x.status, x.reason, x.attempt, x.started_at,
            x.finished_at, x.status_code, x.duration_ms, x.lateness_ms, x.error_message, x.count,
            x.last_scheduled_for
        FROM \(unsafe: "\(table)") x
        """
    }

    private let lastAttempt: Query = """
        LEFT JOIN LATERAL (
            (SELECT number, response_body, response_size, response_headers, response_truncated FROM attempts a
            WHERE a.organization_id = l.organization_id AND a.execution_id = l.id AND a.keep_days = l.keep_days
                AND a.scheduled_for = l.scheduled_for AND l.finished_at IS NOT NULL
            ORDER BY a.number DESC LIMIT 1)
            UNION ALL
            (SELECT number, response_body, response_size, response_headers, response_truncated FROM kept_attempts a
            WHERE a.organization_id = l.organization_id AND a.execution_id = l.id AND l.finished_at IS NOT NULL
            ORDER BY a.number DESC LIMIT 1)
            ORDER BY number DESC LIMIT 1
        ) a ON true
        """
}
