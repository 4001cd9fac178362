import HTTPTypes
import JSON
import Tenancy

extension Operation {
    /// This operation as OpenAPI describes it; named shapes go into `schemas`.
    func openAPI(_ schemas: inout JSONObject, beside all: [Operation]) -> JSON {
        let resource = API.Resource(word: resource, operations: []).name
        var members: JSONObject = [
            "operationId": .string(id), "summary": .string(summary), "description": .string(words), "tags": [.string(resource)],
            "parameters": .array(parameters(&schemas)),
        ]
        if let scope = permission.scope { members["x-scope"] = .string(scope.rawValue) }
        if let shape = body.shape {
            members["requestBody"] = [
                "required": .bool(!body.mayBeEmpty),
                "content": ["application/json": ["schema": shape.schema(components: &schemas), "example": body.example]],
            ]
        }
        members["responses"] = .object(responses(&schemas, all))
        return .object(members)
    }

    /// What is to be said of it, the scope that it takes included.
    private var words: String {
        let scope = permission.scope.map { "Needs a key with the scope `\($0.rawValue)`." } ?? ""
        return [description, scope].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func parameters(_ schemas: inout JSONObject) -> [JSON] {
        var parameters = pathParameters.map { $0.parameter(in: "path", &schemas) }
        parameters += query.map { $0.parameter(in: "query", &schemas) }
        parameters += requestHeaders.map { $0.parameter(in: "header", &schemas) }
        return parameters
    }

    /// The headers that mean something here, beside those of HTTP itself.
    var requestHeaders: [Field] {
        var headers: [Field] = []
        if method == .post { headers.append(Self.idempotencyKey) }
        if takesIfMatch { headers.append(Self.ifMatch) }
        if answers.contains(where: { $0.status == .notModified }) { headers.append(Self.ifNoneMatch) }
        return headers
    }

    private static let idempotencyKey = Field(
        "Idempotency-Key", .string(1...255, format: .visible),
        help: "A text of your own for this request: sent again within 24 hours, it is answered as the first time, and done once.",
        example: "deploy-2026-11-23")

    private static let ifMatch = Field(
        "If-Match", .string(1...1_000, format: .entityTags),
        help: "The ETag of the version that you know: a job that has changed since is left alone (412).",
        example: "\"3\"")

    private static let ifNoneMatch = Field(
        "If-None-Match", .string(1...1_000, format: .entityTags),
        help: "The ETag of the version that you have: 304 if it still is that one.",
        example: "\"3\"")

    /// The declared answers, and the refusals that follow from the rest.
    private func responses(_ schemas: inout JSONObject, _ all: [Operation]) -> JSONObject {
        var responses = JSONObject()
        for answer in answers {
            var members: JSONObject = [
                "description": .string(answer.words), "headers": AnswerHeader.references(headers(of: answer)),
            ]
            if let type = answer.mediaType {
                let schema = answer.shape?.schema(components: &schemas) ?? ["type": "string"]
                members["content"] = [type: answer.shape == nil ? ["schema": schema] : ["schema": schema, "example": answer.example]]
            }
            let links = links(from: answer, to: all)
            if !links.isEmpty { members["links"] = .object(links) }
            responses["\(answer.status.code)"] = .object(members)
        }
        for problem in problems { responses["\(problem.status.code)"] = ["$ref": .string("#/components/responses/\(problem.component)")] }
        return responses
    }

    /// Where what is answered leads: of a list, or of what was made in it, to all that can be done with one of it.
    private func links(from answer: DeclaredAnswer, to all: [Operation]) -> JSONObject {
        guard let members = answer.shape?.members.map(\.name), pathParameters.isEmpty else { return [:] }
        let id = members.contains("id") ? "$response.body#/id" : members.contains("data") ? "$response.body#/data/0/id" : nil
        guard let id else { return [:] }
        let ofOne = all.filter { $0.path.hasPrefix(path + "/{") && $0.pathParameters.count == 1 }
        return JSONObject(
            ofOne.map { operation in
                let parameters = JSONObject(operation.pathParameters.map { ($0.name, .string(id)) })
                return (operation.id, ["operationId": .string(operation.id), "parameters": .object(parameters)])
            })
    }

    func headers(of answer: DeclaredAnswer) -> [AnswerHeader] {
        var headers: [AnswerHeader] = [.requestID, .rateLimitPolicy, .rateLimit]
        if answer.status == .created { headers.append(.location) }
        if answer.isTagged { headers.append(.eTag) }
        if query.contains(where: { $0.name == "cursor" }) { headers.append(.link) }
        if method == .post { headers.append(.idempotencyReplayed) }
        return headers
    }

    /// What can go wrong: of every operation, of those that take a body, of those that name something, and what was declared.
    var problems: [ProblemAnswer] {
        var statuses: Set<Int> = [400, 401, 403, 422, 429, 500, 503]
        if !pathParameters.isEmpty { statuses.insert(404) }
        if body.shape != nil { statuses.formUnion([413, 415]) }
        if method == .post { statuses.insert(409) }
        if takesIfMatch { statuses.insert(412) }
        statuses.formUnion(refusals.map(\.code))
        return ProblemAnswer.all.filter { statuses.contains($0.status.code) }
    }
}

extension DeclaredAnswer {
    /// What such an answer says, in a sentence.
    var words: String {
        switch status {
        case .created: "It was made."
        case .accepted: "It is on disk and will be done."
        case .noContent: "It was done; there is nothing to say."
        case .notModified: "It is as `If-None-Match` knows it."
        default: "As asked."
        }
    }
}

extension Field {
    fileprivate func parameter(in place: String, _ schemas: inout JSONObject) -> JSON {
        var schema = shape.schema(components: &schemas).object ?? [:]
        if let defaultValue { schema["default"] = defaultValue }
        var members: JSONObject = [
            "name": .string(name), "in": .string(place), "required": .bool(place == "path" || isRequired), "description": .string(help),
            "schema": .object(schema),
        ]
        if let example { members["example"] = example }
        return .object(members)
    }
}

extension TextFormat {
    fileprivate static let entityTags = TextFormat(
        pattern: #"^(\*|[ ,]*(W/)?"[^"\x00-\x20\x7f]*"( *,[ ,]*(W/)?"[^"\x00-\x20\x7f]*")*[ ,]*)$"#,
        hint: "Use an ETag as it was answered, or *."
    ) { $0 == "*" || $0.hasSuffix("\"") }

    fileprivate static let visible = TextFormat(pattern: "^[\\x20-\\x7e]+$", hint: "Use printable ASCII.") { text in
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
