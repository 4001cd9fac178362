import JSON
import Postgres
import Tenancy
import Time

extension Jobs {
    /// What `POST /api/preview` takes: a schedule as a job has it.
    public static let previewBody = Shape.object([
        Field(
            "schedule", JobSchedule.shape, required: true, nullable: true, help: "As in a job; null: only on demand.",
            example: ["cron": "0 2 * * 1-5", "timezone": "Europe/Oslo"])
    ]).named("PreviewRequest")

    /// What a schedule, let through by `previewBody`, would come to if a job had it from now on. Throws `InvalidInput` where
    /// no job could have it; one that only the plan does not reach is told, with a warning. `job`: whose schedule it is to be instead of the
    /// one that it has.
    public func preview(_ body: JSON, insteadOf job: Job? = nil, for access: Access) async throws -> JSON {
        let now = engine.clock.now()
        let said = body["schedule"] ?? .null
        let (stored, schedule) = try JobDefinition.schedule(said, zone: access.organization.timezone, now: now)
        let isNew = stored != job?.definition.schedule
        if isNew { try JobDefinition.refuseIfOver(schedule, saidAs: said, after: now) }
        return try await preview(schedule, words: JobSchedule.words(stored, setAt: now), of: job, from: now, for: access)
    }

    /// What a job's schedule comes to; of one that is switched off, what it would come to if it were resumed now.
    public func preview(of job: Job, for access: Access) async throws -> JSON {
        let (now, definition) = (engine.clock.now(), job.definition)
        // What cannot be read any more has no runs; the job itself says so (`set_aside`).
        let schedule = definition.readSchedule() ?? Schedule(.onDemand)
        let words = JobSchedule.words(definition.schedule, setAt: definition.scheduleSetAt)
        let from = definition.runsLaterThan(now)
        return try await preview(schedule, words: words, of: job, from: from, for: access)
    }

    private func preview(
        _ schedule: Schedule, words: String, of job: Job?, from: Timestamp, for access: Access
    ) async throws -> JSON {
        let now = engine.clock.now()
        let (preview, plan) = (SchedulePreview(of: schedule, from: from, words: words), access.entitlements)
        var members = preview.members(\.rfc3339)
        if let shortest = preview.shortestInterval, shortest < plan.shortestIntervalSeconds {
            let refusal = Refusal.interval(shortest, limit: plan.shortestIntervalSeconds, plan: plan.plan)
            if case .limitReached(_, let sentence) = refusal {
                let warning: JSON = ["code": "plan_interval", "detail": .string(sentence)]
                members["warnings"] = .array((members["warnings"]?.array ?? []) + [warning])
            }
        }
        let others = try await executionsPerYear(without: job, for: access)
        let forecast = Forecast(
            of: preview, perYear: schedule.averagePerYear, othersPerYear: others,
            used: try await UsageCounter.used(by: access.organization.id, at: now, over: database), at: now)
        members["forecast"] = forecast.json(limit: plan.executionsPerMonth)
        members["paused"] = .bool(job.map { !$0.definition.enabled } ?? false || from > now)
        members["effective_at"] = .string(from > now ? from.adding(.microseconds(1)).rfc3339 : now.rfc3339)
        return .object(members)
    }

    /// A job as it is answered to whoever has just saved it: with what was understood, as far as that needs no look at what else
    /// the organization has (a thousand jobs that are made one after the other would all look at each other).
    public func saved(_ job: Job, for access: Access) -> JSON {
        let (now, definition) = (engine.clock.now(), job.definition)
        let from = definition.runsLaterThan(now)
        let preview = SchedulePreview(of: definition.readSchedule() ?? Schedule(.onDemand), from: from, words: "")
        let all = preview.members(\.rfc3339)
        let limit = access.entitlements.executionsPerMonth
        let understood: JSON = [
            "next_runs": all["next_runs"] ?? [], "shortest_interval_ms": all["shortest_interval_ms"] ?? .null,
            "forecast": [
                "executions_per_month": .integer(Int64(preview.runsPerMonth)), "plan_limit": limit.map { .integer(Int64($0)) } ?? .null,
                "share_of_plan": Forecast.share(preview.runsPerMonth, of: limit),
            ],
            "effective_at": .string(max(job.updatedAt, definition.pausedUntil ?? job.updatedAt).rfc3339),
        ]
        var members = json(job).object ?? [:]
        members["preview"] = understood
        return .object(members)
    }

    // MARK: - What the organization uses

    /// What all jobs that have a next run come to by their rhythms, but for this one.
    func executionsPerYear(without job: Job?, for access: Access) async throws -> Double {
        let organization = access.organization.id
        let row = try await database.query("SELECT \(Rhythm.columns(of: organization))").first
        let all = try await executionsPerYear(Rhythm(organization, row), for: access)
        guard let job, job.definition.enabled, job.deletedAt == nil, job.nextRunAt != nil else { return all }
        let (schedule, hasSeconds) = (job.definition.schedule, job.definition.schedule["seconds"]?.bool)
        return max(0, all - Self.perYear(cron: schedule["cron"]?.string, every: schedule["every"]?.string, seconds: hasSeconds))
    }

    /// What all of them come to; of many jobs it is remembered for a moment, while they stay as they are. Most share their schedules, so
    /// they are gathered where they are.
    func executionsPerYear(_ rhythm: Rhythm, for access: Access) async throws -> Double {
        try await rhythms.value(rhythm) { [database] in
            let rows = try await database.query(
                """
                SELECT j.schedule->>'cron' AS cron, j.schedule->>'every' AS every, j.schedule->>'seconds' = 'true' AS seconds,
                    count(*) AS jobs
                FROM \(Self.tables) WHERE j.organization_id = \(access.organization.id) AND j.deleted_at IS NULL AND j.enabled
                    AND s.next_run_at IS NOT NULL GROUP BY 1, 2, 3
                """)
            return try rows.reduce(0) { sum, row in
                let jobs: Int64 = try row("jobs")
                return sum + Double(jobs) * Self.perYear(cron: try row("cron"), every: try row("every"), seconds: try row("seconds"))
            }
        }
    }

    private static func perYear(cron: String?, every: String?, seconds: Bool?) -> Double {
        var kind: Schedule.Kind?
        if let cron { kind = (try? CronExpression(cron, seconds: seconds ?? false)).map { .cron($0) } }
        if let every { kind = ShortDuration(every).map { .every(seconds: $0.seconds, anchor: nil) } }
        return kind.map { Schedule($0).averagePerYear } ?? 0
    }
}

/// What a schedule comes to in executions, beside what is used already and what the other jobs use.
struct Forecast {
    let perMonth: Int
    let used: Int64
    let othersPerMonth: Int64
    private let perSecond: Double
    private let now: Timestamp

    init(of preview: SchedulePreview, perYear: Double, othersPerYear: Double, used: Int64, at now: Timestamp) {
        (perMonth, self.used, self.now) = (preview.runsPerMonth, used, now)
        othersPerMonth = Int64((othersPerYear / 12).rounded())
        // One that first runs in a later month takes nothing from this one.
        let mine = preview.runs.first.map { $0.instant < now.nextMonth ? perYear : 0 } ?? 0
        perSecond = (mine + othersPerYear) / (365.2425 * 86_400)
    }

    /// Of one job alone.
    static let alone: [Field] = [
        Field("executions_per_month", .integer(0...(.max)), help: "On average, rounded.", example: 22),
        Field("plan_limit", .integer(0...(.max)), nullable: true, help: "The plan's executions a month; null: unlimited.", example: 10_000),
        Field(
            "share_of_plan", .number(), nullable: true, help: "executions_per_month as a fraction of plan_limit; 1 is all of it.",
            example: 0.0022),
    ]

    static let shape = Shape.object(
        alone + [
            Field("other_jobs_per_month", .integer(0...(.max)), help: "What the organization's other jobs come to by their rhythms."),
            Field("used_this_month", .integer(0...(.max)), help: "Executions counted so far in this calendar month (UTC)."),
            Field(
                "limit_reached_at", .string(format: .instant), nullable: true,
                help: "When the limit of this month would be reached with this schedule; null: not in this month."),
        ])

    func json(limit: Int?) -> JSON {
        [
            "executions_per_month": .integer(Int64(perMonth)), "other_jobs_per_month": .integer(othersPerMonth),
            "used_this_month": .integer(used), "plan_limit": limit.map { .integer(Int64($0)) } ?? .null,
            "share_of_plan": Self.share(perMonth, of: limit),
            "limit_reached_at": limit.flatMap(reached).map { .string($0.rfc3339) } ?? .null,
        ]
    }

    static func share(_ perMonth: Int, of limit: Int?) -> JSON {
        limit.map { .number((Double(perMonth) / Double(max(1, $0)) * 1_000_000).rounded() / 1_000_000) } ?? .null
    }

    private func reached(_ limit: Int) -> Timestamp? { Self.reached(Int64(limit) - used, perSecond: perSecond, from: now) }

    /// When so many executions are used up; nil: not in this month.
    static func reached(_ left: Int64, perSecond: Double, from now: Timestamp) -> Timestamp? {
        if left <= 0 { return now }
        let seconds = Double(left) / perSecond
        guard perSecond > 0, seconds < now.duration(to: now.nextMonth) / .seconds(1) else { return nil }
        return now.adding(.seconds(seconds))
    }
}

extension SchedulePreview {
    private static let runs: [Field] = [
        Field(
            "next_runs",
            .list(
                of: .object([
                    Field("at", .string(format: .instant), example: "2026-11-24T01:00:00.000000Z"),
                    Field(
                        "local", .string(), help: "The wall's time in the schedule's zone.", example: "2026-11-24T02:00:00+01:00"),
                    Field("offset", .string(), help: "The zone's offset from UTC then.", example: "+01:00"),
                    Field(
                        "mark",
                        .object([
                            Field("kind", .choice(["gap", "coalesced", "fold_first", "fold_second"])),
                            Field("sentence", .string(), help: "For people."),
                        ]), nullable: true, help: "What a clock change does to it; null on ordinary days."),
                ]), 0...20), help: "At most twenty."),
        Field(
            "shortest_interval_ms", .integer(1...(.max)), nullable: true, help: "On days without a clock change; null: there is no rhythm.",
            example: 86_400_000),
        Field("effective_at", .string(format: .instant), help: "From when on the runs are counted."),
    ]

    /// What a preview looks like in the API.
    public static let shape = Shape.object(
        runs + [
            Field("schedule_in_words", .string(0...10_000), example: "At 02:00, Monday to Friday (Europe/Oslo)"),
            Field("warnings", .list(of: .object([Field("code", .string()), Field("detail", .string(0...10_000))])), example: []),
            Field("forecast", Forecast.shape),
            Field("paused", .boolean, help: "Whether the job is paused; then the runs are those that it would have."),
        ]
    ).complete.named("Preview")

    /// What is said beside a job that has just been saved.
    static let ofSaved = Field(
        "preview", Shape.object(runs + [Field("forecast", .object(Forecast.alone))]).complete, readOnly: true,
        help: "What was understood of the schedule; all of it, with the other jobs, at `…/preview`.")
}
