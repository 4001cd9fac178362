import HTTPTypes
import JSON

/// A header of our answers, as OpenAPI and the documentation describe it.
struct AnswerHeader: Sendable {
    let name: String
    let help: String
    let example: String
    let isAlwaysThere: Bool

    static let requestID = AnswerHeader(
        name: "X-Request-Id", help: "Names the request, in our logs too.", example: "req_0123456789abcdef", isAlwaysThere: true)
    static let rateLimitPolicy = AnswerHeader(
        name: "RateLimit-Policy", help: "The key’s budget: so many requests in so many seconds.", example: "\"key\";q=600;w=60",
        isAlwaysThere: false)
    static let rateLimit = AnswerHeader(
        name: "RateLimit", help: "What is left of it, and for how many seconds.", example: "\"key\";r=599;t=60", isAlwaysThere: false)
    static let location = AnswerHeader(
        name: "Location", help: "Where it is.", example: "/api/jobs/job_01jd3w8k4dfk1q2v7c9r5t0xyz", isAlwaysThere: true)
    static let eTag = AnswerHeader(name: "ETag", help: "Names this version.", example: "\"3\"", isAlwaysThere: true)
    static let link = AnswerHeader(
        name: "Link", help: "The next page, where there is one (RFC 8288).",
        example: "</api/jobs?limit=50&cursor=job_01jd3w8k4dfk1q2v7c9r5t0xyz>; rel=\"next\"", isAlwaysThere: false)
    static let idempotencyReplayed = AnswerHeader(
        name: "Idempotency-Replayed", help: "true: the answer that was kept of the first request.", example: "true", isAlwaysThere: false)
    static let retryAfter = AnswerHeader(
        name: "Retry-After", help: "Try again in so many seconds.", example: "5", isAlwaysThere: true)
    static let wwwAuthenticate = AnswerHeader(
        name: "WWW-Authenticate", help: "How to say who asks.", example: "Bearer", isAlwaysThere: true)

    static let all = [
        requestID, rateLimitPolicy, rateLimit, location, eTag, link, idempotencyReplayed, retryAfter, wwwAuthenticate,
    ]

    var openAPI: JSON {
        [
            "description": .string(help), "required": .bool(isAlwaysThere), "schema": ["type": "string"], "example": .string(example),
        ]
    }

    static func references(_ headers: [AnswerHeader]) -> JSON {
        .object(JSONObject(headers.map { ($0.name, ["$ref": .string("#/components/headers/\($0.name)")]) }))
    }
}

/// A status that says that a request is not answered as it wished, and of which kind.
struct ProblemAnswer: Sendable {
    let status: HTTPResponse.Status
    /// Its name among the document's components.
    let component: String
    let help: String
    var headers: [AnswerHeader] = []

    static let all = [
        ProblemAnswer(status: .badRequest, component: "Malformed", help: "Not HTTP or not JSON as it should be."),
        ProblemAnswer(
            status: .unauthorized, component: "Unauthenticated", help: "No key, or one that is not good.", headers: [.wwwAuthenticate]),
        ProblemAnswer(status: .paymentRequired, component: "LimitReached", help: "The plan does not reach so far."),
        ProblemAnswer(status: .forbidden, component: "Forbidden", help: "This key may not do it: it lacks a scope, or its maker a role."),
        ProblemAnswer(status: .notFound, component: "NotFound", help: "Nothing there, or nothing that may be seen."),
        ProblemAnswer(status: .conflict, component: "Conflict", help: "Not as things stand."),
        ProblemAnswer(status: .preconditionFailed, component: "ChangedSince", help: "It is not the version that If-Match names."),
        ProblemAnswer(status: .contentTooLarge, component: "ContentTooLarge", help: "The body is too large."),
        ProblemAnswer(status: .unsupportedMediaType, component: "UnsupportedMediaType", help: "The body is not application/json."),
        ProblemAnswer(
            status: .unprocessableContent, component: "InvalidInput", help: "Something in it is wrong; errors says what and where."),
        ProblemAnswer(
            status: .tooManyRequests, component: "TooManyRequests", help: "Too many in this minute.", headers: [.retryAfter]),
        ProblemAnswer(status: .internalServerError, component: "InternalError", help: "A mistake of ours, which was logged."),
        ProblemAnswer(status: .serviceUnavailable, component: "Unavailable", help: "Not just now.", headers: [.retryAfter]),
    ]

    var openAPI: JSON {
        [
            "description": .string(help),
            "headers": AnswerHeader.references([.requestID, .rateLimitPolicy, .rateLimit] + headers),
            "content": [
                "application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]
            ],
        ]
    }
}

extension Problem {
    /// What `json` looks like.
    static let shape = Shape.object([
        Field("type", .string(1...500, format: .address), required: true, help: "A page that explains the code."),
        Field("title", .string(1...100), required: true, help: "The code in words."),
        Field("status", .integer(400...599), required: true),
        Field("detail", .string(0...2_000), required: true, help: "What happened and what to do next, for a person."),
        Field("code", .string(1...60), required: true, help: "A word that does not change, for a program.", example: "invalid_input"),
        Field("request_id", .string(1...200), required: true, help: "Names the request, as X-Request-Id does."),
        Field(
            "errors",
            .list(
                of: .object([
                    Field(
                        "pointer", .string(0...20_000, multiline: true), required: true,
                        help: "Where in the body (RFC 6901), or /parameter."),
                    Field("code", .string(1...60), required: true),
                    Field("detail", .string(0...2_000), required: true),
                ]), 1...InvalidInput.mostErrors), help: "What is wrong with which member; only where something of that kind is."),
    ])
}

extension TextFormat {
    fileprivate static let address = TextFormat(name: "uri", hint: "An address.") { !$0.isEmpty }
}
