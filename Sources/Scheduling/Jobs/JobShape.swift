import JSON
import Time

/// What a job looks like in JSON, in and out: one declaration for the API, its documentation, and (as they come) sync,
/// forms and events.
public enum JobShape {
    /// What people may say about a job.
    public static func draft(_ plugins: JobPlugins) -> Shape {
        .variants(
            by: "plugin", default: "http", help: "The kind of job.", common: common,
            plugins.configFields.map { ($0.kind, [$0.config]) })
    }

    /// The same in a document of many jobs, where the key says which is which. Whoever has paused a job has his reasons: where the
    /// document says nothing of it, the job stays paused.
    static func keyed(_ plugins: JobPlugins) -> Shape {
        let own = [
            Field("key", key, required: true, help: keyHelp, example: "exports/nightly"),
            Field("enabled", .boolean, help: "False: paused. Left out: as it is; of a new job, true."),
            Field("paused_until", .string(20...40, format: .instant), nullable: true, help: "Paused till then. Left out: as it is."),
        ]
        return Shape.variants(
            by: "plugin", default: "http", help: "The kind of job.",
            common: common.map { field in own.first { $0.name == field.name } ?? field },
            plugins.configFields.map { ($0.kind, [$0.config]) }
        ).named("KeyedJob")
    }

    static let key = Shape.string(1...100, format: .jobKey)
    private static let keyHelp = "Your own name for the job, unique in the organization."

    /// What people may say to change a job (RFC 7396); its schedule comes as a whole, because its members exclude each other. What
    /// comes of it is held against `draft`.
    public static func change(_ plugins: JobPlugins) -> Shape { draft(plugins).mergePatch(replacing: ["schedule"]) }

    private static let common: [Field] = [
        Field(
            "key", key, nullable: true, help: keyHelp, example: "exports/nightly"),
        Field("name", .string(1...200, format: .visible), help: "For people. Default: the target's host.", example: "Nightly export"),
        Field(
            "schedule", JobSchedule.shape, nullable: true, default: .null, help: "When; null: only on demand.",
            example: ["cron": "0 2 * * 1-5", "timezone": "Europe/Oslo"]),
        Field("timeout_ms", .integer(1_000...900_000), default: 30_000, help: "The whole call, from resolving the name to the last byte."),
        Field("retries", RetryPolicy.shape, default: [:], help: "How failures are tried again."),
        Field(
            "missed", .choice(["skip", "last", "all"]), default: "last",
            help: "Which of the runs that could not start in time are made up."),
        Field("missed_limit", .integer(1...100), default: 10, help: "With `missed` = all: at most so many."),
        Field(
            "start_deadline", .string(2...20, format: .wait), nullable: true, default: .null,
            help: "How late a run may start before it counts as missed. Default: half the interval, 30s to 1h; none for `at`."),
        Field(
            "overlap", .choice(["skip", "queue", "allow"]), default: "queue",
            help: "What happens when a run is due while another of the job is running."),
        Field("success", SuccessRules.shape, default: [:], help: "What counts as success."),
        Field(
            "alerts", alerts, nullable: true, default: .null,
            help: "Whom a failing job tells: null (as the organization), off, or its own."),
        Field(
            "enabled", .boolean, default: true,
            help: "False: paused, by people or by the target's answer (410, or a Prikke-Pause header). True resumes it."),
        Field("paused_until", .string(20...40, format: .instant), nullable: true, default: .null, help: "Paused till then."),
        Field("tags", .list(of: .string(1...50, format: .visible), 0...20), default: [], help: "Words to find it by."),
    ]

    private static let alerts = Shape.either([
        .choice(["inherit", "off"]),
        .object([
            Field("after", .integer(1...100), default: 1, help: "Failures in a row before anybody is told."),
            Field("channels", .list(of: .string(1...40), 0...20), help: "Ids of channels. Default: the organization's."),
        ]),
    ])

    /// What we say about a job beside that.
    static let answered: [Field] = [
        Field("id", .string(30...30), readOnly: true, help: "Ours, for ever.", example: "job_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("health", .choice(["healthy", "late", "failing", "paused"]), readOnly: true, help: "How it is doing."),
        Field(
            "paused_reason", .string(0...10_000, multiline: true), nullable: true, readOnly: true,
            help: "What the target said when it paused the job."),
        Field("paused_at", .string(format: .instant), nullable: true, readOnly: true, help: "Since when its target has paused it."),
        Field(
            "passed_over", .integer(0...1_000), readOnly: true,
            help: "Runs that the pause it is in has passed over, counted up to 1,000; resuming says what becomes of the last of them.",
            example: 0),
        Field(
            "next_run_at", .string(format: .instant), nullable: true, readOnly: true, help: "When it is due next.",
            example: "2026-11-24T01:00:00.000000Z"),
        Field(
            "last_execution", .object([Field("id", .string()), Field("status", .choice(ExecutionStatus.allCases.map(\.rawValue)))]),
            nullable: true, readOnly: true, help: "The last one that began.",
            example: ["id": "exe_01jd3w8k4dfk1q2v7c9r5t0xyz", "status": "success"]),
        Field(
            "schedule_in_words", .string(0...10_000), readOnly: true, help: "The schedule, read back.",
            example: "At 02:00, Monday to Friday (Europe/Oslo)"),
        Field(
            "warnings", .list(of: .object([Field("code", .string()), Field("detail", .string(0...10_000))])), readOnly: true,
            help: "What is right and yet may surprise.", example: []),
        Field(
            "managed_by", .choice(["sync"]), nullable: true, readOnly: true,
            help: "Who keeps the definition: sync, which undoes what is changed here; null: people.", example: .null),
        Field("created_at", .string(format: .instant), readOnly: true),
        Field("updated_at", .string(format: .instant), readOnly: true),
    ]

    private static let deletedAt = Field(
        "deleted_at", .string(format: .instant),
        help: "Since when it is deleted; for 7 days it can be restored. Only in the list of deleted jobs.")

    /// A job as it is answered.
    public static func job(_ plugins: JobPlugins) -> Shape {
        Shape.variants(
            by: "plugin", default: "http", common: answered + [deletedAt] + common, plugins.configFields.map { ($0.kind, [$0.config]) }
        ).filled.named("Job")
    }

    /// A job as it is answered to whoever has saved it.
    public static func saved(_ plugins: JobPlugins) -> Shape {
        Shape.variants(
            by: "plugin", default: "http", common: answered + [SchedulePreview.ofSaved] + common,
            plugins.configFields.map { ($0.kind, [$0.config]) }
        ).filled.named("SavedJob")
    }
}

extension TextFormat {
    fileprivate static let jobKey = TextFormat.characters(
        first: "a-z0-9", "a-z0-9._/-", hint: "Use lower-case letters, digits and . _ / -, beginning with a letter or digit.")
}
