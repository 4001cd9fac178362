import HTTPTypes
import Hummingbird
import JSON
import Tenancy

/// One verb of the API: address, schemas and handler in one declaration. The route, the checks of what comes in and the
/// OpenAPI document are all made of it, so that none can say something else than the others.
///
/// Every request is taken in this order: the key (401) → what the path names, within the key's organization (404) → the
/// permission (403) → the query and the body (415, 413, 400, 422) → the handler.
public struct Operation: Sendable {
    public let method: HTTPRequest.Method

    /// The full path with its parameters in braces: `/api/jobs/{job}`.
    public let path: String

    /// The name in OpenAPI and in generated clients, camelCase and unique.
    public let id: String

    /// One line for the documentation.
    public let summary: String

    /// What whoever asks must be allowed to do.
    public let permission: Permission

    /// The query's parameters; others are refused.
    public let query: [Field]
    public let body: Body

    /// The answers when all is well. What can go wrong follows from the rest of the declaration.
    public let answers: [DeclaredAnswer]

    let respond: @Sendable (Request, KeyContext) async throws -> Response

    /// An operation on what `find` finds. `find` must look within the access's organization only, and throws
    /// `Problem.notFound` where there is nothing: it runs before the body is looked at.
    public init<Found: Sendable>(
        _ method: HTTPRequest.Method, _ path: String, id: String, summary: String, permission: Permission, query: [Field] = [], body: Body,
        answers: [DeclaredAnswer], find: @escaping @Sendable (PathParameters, Access) async throws -> Found,
        handle: @escaping @Sendable (Found, Call) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.summary = summary
        self.permission = permission
        self.query = query
        self.body = body
        self.answers = answers
        let queryShape = Shape.object(query)
        respond = { request, context in
            let path = try PathParameters(context.parameters)
            let found = try await find(path, context.access)
            guard context.access.may(permission) else { throw Problem.lacking(permission, context.access) }
            let reader = RequestReader(request: request, channel: context.channel)
            let query = try reader.query(queryShape, fields: query)
            let body = try await reader.body(body)
            var context = context
            try await context.renewAccess()
            guard context.access.may(permission) else { throw Problem.lacking(permission, context.access) }
            let call = Call(context: context, request: request, path: path, query: query, body: body)
            let answer = try await handle(found, call)
            assert(
                answers.contains { $0.status == answer.status && (answer.body == nil || $0.mediaType == answer.mediaType) },
                "\(id) answers \(answer.status), which it does not declare")
            return answer.response
        }
    }

    /// An operation that needs nothing to be there.
    public init(
        _ method: HTTPRequest.Method, _ path: String, id: String, summary: String, permission: Permission, query: [Field] = [], body: Body,
        answers: [DeclaredAnswer], handle: @escaping @Sendable (Call) async throws -> Answer
    ) {
        self.init(
            method, path, id: id, summary: summary, permission: permission, query: query, body: body, answers: answers,
            find: { _, _ in }, handle: { _, call in try await handle(call) }
        )
    }

    func addRoute(to api: RouterGroup<KeyContext>) {
        api.on(RouterPath(path), method: method, use: respond)
    }
}

/// All operations. Each resource has its own file with a list of them.
public struct API: Sendable {
    public let operations: [Operation]

    public init(_ operations: [Operation]...) { self.operations = operations.flatMap(\.self) }
}
