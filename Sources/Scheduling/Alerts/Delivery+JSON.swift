import JSON
import Tenancy

extension Delivery {
    /// The delivery as the API tells it.
    public var json: JSON {
        [
            "id": .string(id.text), "channel_id": .string(channelID.text), "event": .string(event), "incident_id": JSON(incidentID?.text),
            "title": .string(title), "status": .string(status.rawValue), "tries": .integer(Int64(tries)),
            "next_try_at": JSON(nextTryAt?.rfc3339), "created_at": .string(createdAt.rfc3339), "finished_at": JSON(finishedAt?.rfc3339),
            "error": JSON(error),
        ]
    }

    /// The same with its attempts, oldest first.
    public func json(with attempts: [Attempt]) -> JSON {
        var members = json.object ?? [:]
        members["attempts"] = .array(attempts.map(\.json))
        return .object(members)
    }

    /// What `json` looks like.
    public static let shape = Shape.object(fields).complete.named("Delivery")

    /// What `json(with:)` looks like.
    public static let shapeWithAttempts = Shape.object(
        fields + [Field("attempts", .list(of: Attempt.shape), help: "Oldest first; of mail, one for each recipient.")]
    ).complete.named("DeliveryWithAttempts")

    private static let fields: [Field] = [
        Field("id", .string(), help: "The same at each try; a webhook’s webhook-id.", example: "dlv_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("channel_id", .string(), example: "chn_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("event", .string(), example: "incident.opened"),
        Field("incident_id", .string(), nullable: true, help: "Null: of several, or of none."),
        Field("title", .string(0...1_000), example: "Nightly export failed"),
        Field(
            "status", .choice(Status.allCases.map(\.rawValue)),
            help: "unknown: it was handed over, and nobody can say whether it arrived. joined: told with others, in one message.",
            example: "sent"),
        Field("tries", .integer(0...(.max))), Field("next_try_at", .instant, nullable: true), Field("created_at", .instant),
        Field("finished_at", .instant, nullable: true),
        Field("error", .string(0...2_000, multiline: true), nullable: true, help: "Why not, or not yet."),
    ]
}

extension Delivery.Attempt {
    var json: JSON {
        [
            "number": .integer(Int64(number)), "recipient": JSON(recipient), "started_at": .string(startedAt.rfc3339),
            "finished_at": JSON(finishedAt?.rfc3339), "status_code": statusCode.map { .integer(Int64($0)) } ?? .null,
            "answer": JSON(answer), "error": JSON(error),
        ]
    }

    static let shape = Shape.object([
        Field("number", .integer(1...(.max))),
        Field("recipient", .string(), nullable: true, help: "Of mail."), Field("started_at", .instant),
        Field("finished_at", .instant, nullable: true), Field("status_code", .integer(100...999), nullable: true, example: 200),
        Field("answer", .string(0...2_000, multiline: true), nullable: true, help: "The first of it.", example: "ok"),
        Field("error", .string(0...2_000, multiline: true), nullable: true),
    ]).complete.named("DeliveryAttempt")
}
