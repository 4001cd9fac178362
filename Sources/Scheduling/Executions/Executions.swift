import JSON
import Postgres
import Tenancy
import Time

/// The door to executions, for people: those that wait and run, and those that have ended, alike.
public struct Executions: Sendable {
    let engine: Engine
    let database: Database
    let todays = Memory<ID<Organization>, Today>()

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

        /// Before the newest.
        static let beginning = Position(scheduledFor: .endOfTime, id: ID(at: .endOfTime))

        private init(scheduledFor: Timestamp, id: ID<Execution>) { (self.scheduledFor, self.id) = (scheduledFor, id) }

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
        let id = ID<Execution>(at: now)
        let audit = access.entry(
            at: now, "job.triggered", on: job.id.text,
            after: ["execution": .string(id.text), "reason": override["reason"] ?? .null])
        let run = Run(
            id: id, job: job.id, key: job.definition.key, override: override.object?.isEmpty ?? true ? nil : override, trigger: trigger)
        guard let execution = try await start(run, at: now, audit, for: access) else { throw Refusal.notFound }
        return execution
    }

    /// A run that somebody asks for.
    struct Run {
        let id: ID<Execution>
        let job: ID<Job>
        let key: String?
        let override: JSON?
        let trigger: ExecutionTrigger
        var repeatOf: ID<Execution>?
    }

    /// Nil: its job is not there, or deleted.
    func start(_ run: Run, at now: Timestamp, _ audit: AuditEntry, for access: Access) async throws -> Execution? {
        let organization = access.organization.id
        try await checkUsage(at: now, for: access)
        let results = try await database.batchWithPatience([
            // Two at once must see each other: the second one's look into the queue begins after the first one's end.
            "SELECT FROM job_states WHERE organization_id = \(organization) AND job_id = \(run.job) FOR UPDATE",
            ExecutionQueue.skippingSurplus(of: [(organization, run.job)], now: now, in: database),
            Self.queueing(run, at: now, for: access),
            audit.insertion(if: "EXISTS (SELECT FROM queue WHERE organization_id = \(organization) AND id = \(run.id))"),
            Topic.due.notification(database),
        ])
        guard !results[2].isEmpty else { return nil }
        engine.dueBell.ring()
        return Execution(
            id: run.id, jobID: run.job, jobKey: run.key, status: .pending, reason: nil, trigger: run.trigger, scheduledFor: now, dueAt: now,
            startedAt: nil, finishedAt: nil, attempt: 1, statusCode: nil, durationMs: nil, latenessMs: nil, errorMessage: nil, count: 1,
            lastScheduledFor: nil, repeatOf: run.repeatOf, response: nil)
    }

    private static func queueing(_ run: Run, at now: Timestamp, for access: Access) -> Query {
        """
        WITH asked AS (
            INSERT INTO queue (
                organization_id, id, job_id, scheduled_for, due_at, line_at, trigger, keep_days, override, repeat_of, held)
            SELECT j.organization_id, \(run.id), j.id, \(now), \(now), \(now), \(run.trigger.rawValue),
                \(Int16(access.entitlements.keepDays)), \(run.override), \(run.repeatOf)::uuid, j.overlap <> 'allow' AND EXISTS (
                    SELECT FROM queue o WHERE o.organization_id = j.organization_id AND o.job_id = j.id
                        AND (o.leased_by IS NOT NULL OR o.due_at <= \(now) AND (o.held OR o.attempt - o.lost_leases = 1)))
            FROM jobs j WHERE j.organization_id = \(access.organization.id) AND j.id = \(run.job) AND j.deleted_at IS NULL
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
        """
    }

    private func checkUsage(at now: Timestamp, for access: Access) async throws {
        guard let limit = access.entitlements.executionsPerMonth else { return }
        let organization = access.organization.id
        var used = try await UsageCounter.used(by: organization, at: now, over: database)
        used += try await UsageCounter.waiting(of: [organization: Int64(limit) - used], over: database)[organization] ?? 0
        guard used < limit else { throw Refusal.executions(limit, used: used, plan: access.entitlements.plan) }
    }
}
