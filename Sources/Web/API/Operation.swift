import HTTPTypes
import Hummingbird
import JSON
import Tenancy

/// One verb of the API: address, schemas and handler in one declaration. The route, the checks of what comes in and the
/// OpenAPI document are all made of it, so that none can say something else than the others.
///
/// Every request is taken in this order: the key (401) → what the path names, within the key's organization (404) → the
/// permission (403) → the query and the body (415, 413, 400, 422) → what was answered before under the same `Idempotency-Key` →
/// the handler.
public struct Operation: Sendable {
    public let method: HTTPRequest.Method

    /// The full path with its parameters in braces: `/api/jobs/{job}`.
    public let path: String

    /// The name in OpenAPI and in generated clients, camelCase and unique.
    public let id: String

    /// One line for the documentation.
    public let summary: String

    /// What there is to say beyond that, in sentences; empty where there is nothing.
    public let description: String

    /// What whoever asks must be allowed to do.
    public let permission: Permission

    /// The query's parameters; others are refused.
    public let query: [Field]
    public let body: Body

    /// The answers when all is well. What can go wrong follows from the rest of the declaration, but for `refusals`.
    public let answers: [DeclaredAnswer]

    /// The statuses of what is refused although it was asked for rightly: 402, 409.
    public let refusals: [HTTPResponse.Status]

    /// Whether it reads `If-Match`, and so can answer 412.
    public let takesIfMatch: Bool

    let respond: @Sendable (Request, KeyContext, IdempotencyKeys?) async throws -> Response

    /// An operation on what `find` finds. `find` must look within the access's organization only, and throws
    /// `Problem.notFound` where there is nothing: it runs before the body is looked at. After `mayTake`, a request that has not answered
    /// counts as dead for whoever sends its `Idempotency-Key` again.
    public init<Found: Sendable>(
        _ method: HTTPRequest.Method, _ path: String, id: String, summary: String, description: String = "", permission: Permission,
        query: [Field] = [], body: Body, answers: [DeclaredAnswer], refusals: [HTTPResponse.Status] = [], takesIfMatch: Bool = false,
        mayTake time: Duration = .seconds(60),
        find: @escaping @Sendable (PathParameters, Access) async throws -> Found,
        handle: @escaping @Sendable (Found, Call) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.summary = summary
        self.description = description
        self.permission = permission
        self.query = query
        self.body = body
        self.answers = answers
        self.refusals = refusals
        self.takesIfMatch = takesIfMatch
        let queryShape = Shape.object(query)
        respond = { request, context, idempotencyKeys in
            let path = try PathParameters(context.parameters)
            let found = try await find(path, context.access)
            guard context.access.may(permission) else { throw Problem.lacking(permission, context.access) }
            let reader = RequestReader(request: request, channel: context.channel)
            let query = try reader.query(queryShape, fields: query)
            let idempotencyKey = method == .post ? try IdempotencyKeys.Name(request.headers) : nil
            let (body, bytes) = try await reader.body(body)
            var context = context
            try await context.renewAccess()
            guard context.access.may(permission) else { throw Problem.lacking(permission, context.access) }
            let carryOut = { (access: Access) in
                let call = Call(access, context: context, request: request, path: path, query: query, body: body, needing: permission)
                let answer = try await handle(found, call)
                assert(
                    answers.contains { $0.status == answer.status && (answer.body == nil || $0.mediaType == answer.mediaType) },
                    "\(id) answers \(answer.status), which it does not declare")
                return answer
            }
            guard let idempotencyKeys, let idempotencyKey else { return try await carryOut(context.access).response }
            let identity = IdempotencyKeys.Request(request, bytes, named: idempotencyKey, mayTake: time)
            return try await idempotencyKeys.once(identity, for: context, carryOut)
        }
    }

    /// An operation that needs nothing to be there.
    public init(
        _ method: HTTPRequest.Method, _ path: String, id: String, summary: String, description: String = "", permission: Permission,
        query: [Field] = [], body: Body, answers: [DeclaredAnswer], refusals: [HTTPResponse.Status] = [], takesIfMatch: Bool = false,
        mayTake time: Duration = .seconds(60),
        handle: @escaping @Sendable (Call) async throws -> Answer
    ) {
        self.init(
            method, path, id: id, summary: summary, description: description, permission: permission, query: query, body: body,
            answers: answers, refusals: refusals, takesIfMatch: takesIfMatch, mayTake: time, find: { _, _ in },
            handle: { _, call in try await handle(call) }
        )
    }

    func addRoute(to api: RouterGroup<KeyContext>, keeping keys: IdempotencyKeys?) {
        api.on(RouterPath(path), method: method) { try await respond($0, $1, keys) }
    }
}

/// All operations. Each resource has its own file with a list of them.
public struct API: Sendable {
    public let operations: [Operation]

    public init(_ operations: [Operation]...) { self.operations = operations.flatMap(\.self) }
}
