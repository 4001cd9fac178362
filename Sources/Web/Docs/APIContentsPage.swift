import JSON

/// All operations by resource, and what holds of each of them.
struct APIContentsPage: Page {
    static let template = "apicontents"
    static let samples = [
        APIContentsPage(APISamples.api), APIContentsPage(API()),
    ]

    struct Resource: Sendable {
        let resourceName: String
        let resourcePath: String
        let rows: [Row]
    }

    struct Row: Sendable {
        let method: String
        let operationPath: String
        let operationTarget: String
        let operationSummary: String
        let scope: String
    }

    let title = "API · Prikke"
    let description = "The REST API of Prikke: every operation with its fields, its answers and a line of curl."
    let resources: [Resource]
    let documentPath = OpenAPI.path
    let errorsPath = Paths.errorPages

    init(_ api: API) {
        resources = API.resources(of: api.operations).map { resource in
            let path = Paths.apiDocs(of: resource.word)
            return Resource(
                resourceName: resource.name, resourcePath: path,
                rows: resource.operations.map {
                    Row(
                        method: $0.method.rawValue, operationPath: $0.path, operationTarget: "\(path)#\($0.id)",
                        operationSummary: $0.summary, scope: $0.permission.scope?.rawValue ?? "")
                })
        }
    }
}

/// Operations for the samples of pages.
enum APISamples {
    static let api = API([
        Operation(
            .post, "/api/things/{thing}", id: "changeThing", summary: "Change a <b>thing</b>", description: "At once.",
            permission: .changeJobs, query: [Field("limit", .integer(1...9), default: 5, help: "So many.")],
            body: .required(
                .object([
                    Field("name", .string(1...10), required: true, secret: true, help: "What <it> is called.", example: "a"),
                    Field("more", .object([Field("size", .integer(), nullable: true)]), default: [:]),
                ])), answers: [.created(.object([Field("id", .string())]))]
        ) { _ in .noContent },
        Operation(
            .delete, "/api/things", id: "deleteThings", summary: "Delete all", permission: .manageKeys, body: .none, answers: [.noContent]
        ) { _ in .noContent },
    ])
}
