import Hummingbird
import JSON
import Logging
import NIOCore
import Tenancy

/// What pages and forms need to know of a request, whoever sent it.
protocol PageContext: RequestContext {
    /// Names this request in the answer, in the log and in an error.
    var requestID: String { get }

    /// Where it came from.
    var client: Client { get }

    /// What every page shows of whoever looks at it.
    var viewer: Viewer { get }

    /// What a form sent, checked by `FormGuard`; nil: no form was sent.
    var formParameters: [FormParameter]? { get }
}

/// What is known of any request: which person sent it is not, as yet.
struct VisitorContext: PageContext {
    var coreContext: CoreRequestContextStorage

    /// Set by `RequestLog`.
    var requestID = ""

    /// Set by `ClientFinder`.
    var client = Client.unknown

    /// Set by `ViewerFinder`.
    var viewer = Viewer()

    /// What the browser keeps that a form's token is made of; set by `ViewerFinder`, nil where nothing came with the request.
    var formSecret: String?

    /// What the browser is known by, and calls itself; set by `ViewerFinder`.
    var browser: String?
    var userAgent = ""

    /// Set by `FormGuard`.
    var formParameters: [FormParameter]?

    /// Who is acting, and where; set by `KeyAuthentication` in the API, by `SessionFinder` on the pages of an organization that the
    /// person belongs to.
    var access: Access?

    /// Finds out once more who is acting; set by `KeyAuthentication`.
    var findAccess: (@Sendable () async throws -> Access)?

    /// Who is signed in, and what is his; set by `SessionFinder`.
    var person: Person?

    /// Why nobody can be said to be signed in although there may be somebody; set by `SessionFinder`.
    var personIsUnknown = false

    /// Where the organization has gone whose former address was asked for; set by `SessionFinder`.
    var movedTo: String?

    /// The connection that the request came by.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        coreContext = CoreRequestContextStorage(source: source)
    }
}

/// What is known of a request that came with a good API key. A handler that takes this cannot forget to ask who is acting:
/// without access there is no such context, and the request is answered with 401 before the handler is reached.
struct KeyContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let requestID: String
    let client: Client
    var access: Access
    let channel: any Channel
    private let findAccess: @Sendable () async throws -> Access
    private let found = ContinuousClock.now

    init(context: VisitorContext) throws {
        guard let access = context.access, let findAccess = context.findAccess else { throw Problem.unauthenticated }
        self.findAccess = findAccess
        coreContext = context.coreContext
        requestID = context.requestID
        client = context.client
        self.access = access
        channel = context.channel
    }

    /// Throws where the key is no longer good. Asked when the body is there, which may have taken its time: what was revoked meanwhile
    /// must not act.
    mutating func renewAccess() async throws {
        if found.duration(to: .now) > .milliseconds(250) { access = try await findAccess() }
    }

    /// Whether the key is still good for this. Where it cannot be found out it is, until it can.
    func mayStill(_ permission: Permission) async -> Bool {
        do { return try await findAccess().may(permission) } catch { return (error as? Problem) != .unauthenticated }
    }
}

/// Somebody who is signed in.
struct Person: Sendable {
    let session: Session
    let memberships: [Memberships.Own]
    let invites: [Invite]

    var user: User { session.user }
}

/// What every page of somebody who is signed in knows.
protocol SignedInContext: PageContext {
    var person: Person { get }
}

/// What is known of a request of somebody who is signed in. Without a session there is no such context: the handler is not reached.
struct PersonContext: SignedInContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let requestID: String
    let client: Client
    let viewer: Viewer
    let formParameters: [FormParameter]?
    let person: Person

    init(context: VisitorContext) throws {
        guard !context.personIsUnknown else { throw Problem.unavailable }
        guard let person = context.person else { throw SignInNeeded(place: context.viewer.place) }
        coreContext = context.coreContext
        (requestID, client, viewer, formParameters) = (context.requestID, context.client, context.viewer, context.formParameters)
        self.person = person
    }

    var origin: Origin { Origin(.page, from: client.address) }
}

/// What is known of a request to an organization's page by one of its members. To everybody else the page is not there.
struct MemberContext: SignedInContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let requestID: String
    let client: Client
    var viewer: Viewer
    let formParameters: [FormParameter]?
    let person: Person
    let access: Access

    init(context: VisitorContext) throws {
        guard Organization.mayHave(slug: context.parameters.get("slug") ?? "") else { throw Problem.notFound }
        let signedIn = try PersonContext(context: context)
        guard let access = context.access else {
            if let path = context.movedTo { throw Moved(path: path) }
            throw Problem.notFound
        }
        coreContext = context.coreContext
        (requestID, client, viewer, formParameters) = (context.requestID, context.client, context.viewer, context.formParameters)
        (person, self.access) = (signedIn.person, access)
    }

    var slug: String { access.organization.slug }
}

extension Request {
    /// Refuses HEAD, which the router answers as it does GET: pages whose address holds a token are for people. Thrown as the router
    /// throws it for a method that nothing answers.
    func checkIsRead() throws {
        guard method == .get else { throw HTTPError(.notFound) }
    }
}

/// Nobody is signed in, and somebody must be.
struct SignInNeeded: Error {
    /// The page that was asked for.
    let place: String
}

/// The page has another address now.
struct Moved: Error {
    let path: String
}

/// Every route of an organization says what it takes to be there; who has it, `Permission` says.
extension RouterMethods where Context == MemberContext {
    @discardableResult
    func get(
        _ path: String, needs permission: Permission, use handle: @escaping @Sendable (Request, MemberContext) async throws -> Response
    ) -> Self {
        on(RouterPath(path), method: .get) { request, context in
            guard context.access.may(permission) else { throw Problem.lacking(permission, context.access) }
            return try await handle(request, context)
        }
    }

    @discardableResult
    func post(
        _ path: String, needs permission: Permission, form fields: [Field] = [],
        use handle: @escaping @Sendable (SubmittedForm, MemberContext) async throws -> Response
    ) -> Self {
        post(path, form: fields) { form, context in
            guard context.access.may(permission) else { throw Problem.lacking(permission, context.access) }
            return try await handle(form, context)
        }
    }
}
