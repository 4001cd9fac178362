import HTTPTypes
import JSON
import Tenancy

/// The API's description (OpenAPI 3.1.1), made of the very operations that the routes are made of.
struct OpenAPI: Sendable {
    /// Where it is served, to anybody.
    static let path = "/api/openapi.json"

    /// The document.
    let json: JSON

    /// `url` is where the API is, `version` the program's.
    init(_ api: API, url: String, version: String) {
        var schemas: JSONObject = ["Problem": Problem.shape.schema]
        var paths: JSONObject = [Self.path: Self.itself]
        for operation in api.operations {
            var item = paths[operation.path]?.object ?? [:]
            item[operation.method.rawValue.lowercased()] = operation.openAPI(&schemas, beside: api.operations)
            paths[operation.path] = .object(item)
        }
        let tags = API.resources(of: api.operations)
        json = [
            "openapi": "3.1.1",
            "info": [
                "title": "Prikke", "version": .string(version), "summary": "Your URL, called on time.",
                "description": .string(Self.description), "license": ["name": "MIT", "identifier": "MIT"],
            ],
            "servers": [["url": .string(url)]],
            "security": [["key": []]],
            "tags": .array((tags.map(\.name) + ["Description"]).map { ["name": .string($0)] }),
            "paths": .object(paths),
            "components": [
                "securitySchemes": ["key": Self.key],
                "headers": .object(JSONObject(AnswerHeader.all.map { ($0.name, $0.openAPI) })),
                "responses": .object(JSONObject(ProblemAnswer.all.map { ($0.component, $0.openAPI) })),
                "schemas": .object(schemas),
            ],
            "externalDocs": ["url": .string(url + Paths.apiDocs)],
        ]
    }

    private static let description = """
        Bearer key, JSON in and out, snake_case, instants as RFC 3339 in UTC. Members that nobody declared are refused, and so are \
        parameters of the query. Errors are problem+json (RFC 9457) with a stable `code`, each of which has a page. Every POST takes an \
        `Idempotency-Key`.
        """

    private static let key: JSON = [
        "type": "http", "scheme": "bearer", "bearerFormat": "pk_live_….sk_live_…",
        "description": "A key of one organization. It has one or more of the scopes read, write and manage; none implies another.",
    ]

    /// This very document.
    private static let itself: JSON = [
        "get": [
            "operationId": "getOpenAPI", "summary": "This description of the API", "tags": ["Description"], "security": [],
            "responses": [
                "200": [
                    "description": "The document.", "headers": AnswerHeader.references([.requestID, .eTag]),
                    "content": ["application/json": ["schema": ["type": "object"]]],
                ],
                "304": ["description": "It is what `If-None-Match` names.", "headers": AnswerHeader.references([.requestID, .eTag])],
            ],
        ]
    ]
}

extension API {
    /// One kind of thing that operations are about, as the documentation is divided: mostly what follows `/api/` in their paths.
    struct Resource: Sendable {
        let word: String
        let operations: [Operation]

        /// "API keys" of `api-keys`.
        var name: String {
            let words = word.split(separator: "-").map { $0 == "api" ? "API" : String($0) }.joined(separator: " ")
            return words.capitalizedFirst
        }
    }

    /// All of them, in the order in which they are declared.
    static func resources(of operations: [Operation]) -> [Resource] {
        var words: [String] = []
        for operation in operations where !words.contains(operation.resource) { words.append(operation.resource) }
        return words.map { word in Resource(word: word, operations: operations.filter { $0.resource == word }) }
    }
}

extension Operation {
    /// `jobs` of `/api/jobs/{job}`. What lies below one job is a page of its own: with it, that of jobs would be longer than 30 KB.
    var resource: String {
        let parts = path.split(separator: "/").dropFirst().map(String.init)
        return parts.starts(with: ["jobs", "{job}"]) && parts.count > 2 ? "job-actions" : parts.first ?? ""
    }
}
