import JSON
import Tenancy
import Time

extension Incident {
    /// The incident as the API tells it.
    public var json: JSON {
        [
            "id": .string(id.text), "kind": .string(kind.rawValue), "job_id": JSON(jobID?.text), "host": JSON(host),
            "subject": .string(subject), "reason": JSON(reason?.rawValue), "detail": JSON(detail), "execution_id": JSON(executionID?.text),
            "count": .integer(Int64(count)), "opened_at": .string(openedAt.rfc3339), "closed_at": JSON(closedAt?.rfc3339),
            "closing_execution_id": JSON(closingExecutionID?.text), "closed_reason": JSON(closedReason), "muted": .bool(silence != nil),
            "muted_until": JSON(silence?.until?.rfc3339),
        ]
    }

    /// The same with whom it was told, and what was sent.
    public func json(told tellings: [Incidents.Telling], by deliveries: [Delivery]) -> JSON {
        var members = json.object ?? [:]
        members["tellings"] = .array(tellings.map(\.json))
        members["deliveries"] = .array(deliveries.map(\.json))
        return .object(members)
    }

    /// What `json` looks like.
    public static let shape = Shape.object(fields).complete.named("Incident")

    /// What `json(told:by:)` looks like.
    public static let shapeWithTellings = Shape.object(
        fields + [
            Field("tellings", .list(of: Incidents.Telling.shape), help: "Which channels were told."),
            Field("deliveries", .list(of: Delivery.shape), help: "What was sent of it, newest first; at most 50."),
        ]
    ).complete.named("IncidentWithTellings")

    private static let fields: [Field] = [
        Field("id", .string(), example: "inc_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field(
            "kind", .choice(Kind.allCases.map(\.rawValue)),
            help:
                "failing: a job fails; missed: runs were not in time; breaker: a host fails, and its jobs are held; stopped: a target asked not to be called; set_aside: no next run can be computed.",
            example: "failing"),
        Field("job_id", .string(), nullable: true, help: "Null: it is about a host.", example: "job_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("host", .string(), nullable: true, help: "With its port.", example: "api.example.com:443"),
        Field("subject", .string(), help: "What it is about, and what muting mutes.", example: "host:api.example.com:443"),
        Field("reason", .choice(Reason.allCases.map(\.rawValue)), nullable: true, example: "http_status"),
        Field("detail", .string(0...10_000, multiline: true), nullable: true, example: "The target answered 503."),
        Field("execution_id", .string(), nullable: true, help: "Which opened it.", example: "exe_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("count", .integer(0...(.max)), help: "Failures, or missed runs, so far."), Field("opened_at", .instant),
        Field("closed_at", .instant, nullable: true, help: "Null: it lasts."), Field("closing_execution_id", .string(), nullable: true),
        Field("closed_reason", .string(0...1_000), nullable: true, help: "Why it closed without a success."),
        Field("muted", .boolean, help: "Whether nobody is told about its subject for now.", example: false),
        Field("muted_until", .instant, nullable: true, help: "Null, and muted: until somebody ends it."),
    ]

    /// What muting takes.
    public static let muting = [
        Field(
            "until", .instant, nullable: true, help: "When it ends; null: when somebody ends it.", example: .null)
    ]
}

extension Incidents.Telling {
    var json: JSON {
        [
            "channel_id": .string(channelID.text), "told_at": .string(openedAt.rfc3339), "reminded_at": JSON(remindedAt?.rfc3339),
            "recovery_told_at": JSON(closedAt?.rfc3339),
        ]
    }

    static let shape = Shape.object([
        Field("channel_id", .string(), example: "chn_01jd3w8k4dfk1q2v7c9r5t0xyz"), Field("told_at", .instant),
        Field("reminded_at", .instant, nullable: true), Field("recovery_told_at", .instant, nullable: true),
    ]).complete.named("Telling")
}

extension JSON {
    init(_ text: String?) { self = text.map(JSON.string) ?? .null }
}
