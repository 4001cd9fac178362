import JSON
import Time

extension Execution {
    /// The execution in the one shape that it has everywhere.
    public var json: JSON {
        [
            "id": .string(id.text), "job_id": .string(jobID.text), "job_key": JSON(jobKey), "status": .string(status.rawValue),
            "reason": JSON(reason?.rawValue), "sentence": JSON(reason?.sentence), "trigger": .string(trigger.rawValue),
            "scheduled_for": .string(scheduledFor.rfc3339), "due_at": JSON(dueAt?.rfc3339), "started_at": JSON(startedAt?.rfc3339),
            "finished_at": JSON(finishedAt?.rfc3339), "attempt": JSON(attempt), "status_code": JSON(statusCode),
            "duration_ms": JSON(durationMs), "lateness_ms": JSON(latenessMs),
            "error_message": JSON(errorMessage), "count": JSON(count),
            "last_scheduled_for": JSON(lastScheduledFor?.rfc3339), "repeat_of": JSON(repeatOf?.text), "response": response?.json ?? .null,
        ]
    }

    /// The same with its attempts, oldest first.
    public func json(with attempts: [Attempt]) -> JSON {
        var members = json.object ?? [:]
        members["attempts"] = .array(attempts.map(\.json))
        return .object(members)
    }

    /// What `json` looks like.
    public static let shape = Shape.object(fields).complete.named("Execution")

    /// What `json(with:)` looks like.
    public static let shapeWithAttempts = Shape.object(
        fields + [Field("attempts", .list(of: Attempt.shape))]
    ).complete.named("ExecutionWithAttempts")

    private static let fields: [Field] = [
        Field("id", .string(), example: "exe_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("job_id", .string(), example: "job_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("job_key", .string(), nullable: true, example: "exports/nightly"),
        Field("status", .choice(ExecutionStatus.allCases.map(\.rawValue)), example: "success"),
        Field("reason", .choice(Reason.allCases.map(\.rawValue)), nullable: true, help: "Why it did not simply succeed."),
        Field("sentence", .string(0...10_000), nullable: true, help: "The reason in words."),
        Field("trigger", .choice(ExecutionTrigger.allCases.map(\.rawValue))),
        Field("scheduled_for", .string(format: .instant)),
        Field("due_at", .string(format: .instant), nullable: true, help: "When it may begin, or begin again; null once it has ended."),
        Field("started_at", .string(format: .instant), nullable: true, example: "2026-11-23T08:00:00.003100Z"),
        Field("finished_at", .string(format: .instant), nullable: true, example: "2026-11-23T08:00:00.245000Z"),
        Field("attempt", .integer(1...32_767)),
        Field("status_code", .integer(100...999), nullable: true, example: 200),
        Field("duration_ms", .integer(0...(.max)), nullable: true, example: 242),
        Field("lateness_ms", .integer(0...(.max)), nullable: true, help: "From due to started; never negative.", example: 3),
        Field("error_message", .string(0...10_000, multiline: true), nullable: true),
        Field("count", .integer(1...(.max)), help: "More than 1: a stretch of so many occurrences that did not run."),
        Field("last_scheduled_for", .string(format: .instant), nullable: true, help: "The last occurrence of the stretch."),
        Field("repeat_of", .string(), nullable: true, help: "The execution that it runs again."),
        Field(
            "response", Response.shape, nullable: true,
            example: ["body": "ok", "encoding": "text", "size": 2, "truncated": false, "content_type": "text/plain"]),
    ]
}

extension Execution.Response {
    var json: JSON {
        let (text, encoding) = BodyText.of(body, isCut: isTruncated)
        return [
            "body": .string(text), "encoding": .string(encoding), "size": JSON(size), "truncated": .bool(isTruncated),
            "content_type": JSON(contentType),
        ]
    }

    static let shape = Shape.object([
        Field("body", .string(0...360_000, multiline: true), help: "In a list, the first 1,024 bytes."),
        Field("encoding", .choice(["text", "base64"])), Field("size", .integer(0...(.max))), Field("truncated", .boolean),
        Field("content_type", .string(0...20_000, multiline: true), nullable: true, example: "text/plain"),
    ])
}

extension Attempt {
    /// As it stands among an execution's attempts.
    public var json: JSON {
        [
            "number": JSON(number), "status": .string(status.rawValue), "reason": JSON(reason?.rawValue),
            "error_message": JSON(errorMessage), "started_at": .string(startedAt.rfc3339), "finished_at": .string(finishedAt.rfc3339),
            "status_code": JSON(statusCode),
            "timings_us": .object(JSONObject(timings.map { ($0.phase, JSON($0.microseconds)) })),
            "remote_address": JSON(remoteAddress), "node_id": .string(nodeID.text), "request": request ?? .null,
            "response_headers": responseHeaders ?? .null, "response": response?.json ?? .null,
        ]
    }

    static let shape = Shape.object([
        Field("number", .integer(1...32_767)), Field("status", .choice(["success", "failed", "timeout"])),
        Field("reason", .string(), nullable: true), Field("error_message", .string(0...10_000, multiline: true), nullable: true),
        Field("started_at", .string(format: .instant)), Field("finished_at", .string(format: .instant)),
        Field("status_code", .integer(100...999), nullable: true),
        Field("timings_us", .map(of: .either([.integer(0...(.max)), .null])), help: "Microseconds by phase; null where there was none."),
        Field("remote_address", .string(), nullable: true, example: "203.0.113.7"),
        Field("node_id", .string(), example: "node_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("request", .anything, nullable: true, help: "As it was sent, secrets masked."),
        Field("response_headers", .anything, nullable: true), Field("response", Execution.Response.shape, nullable: true),
    ]).named("Attempt")
}

extension JSON {
    fileprivate init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }
    fileprivate init(_ number: Int64?) { self = number.map(JSON.integer) ?? .null }
}
