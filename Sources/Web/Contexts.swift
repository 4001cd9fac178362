import Hummingbird
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

    /// Set by `FormGuard`.
    var formParameters: [FormParameter]?

    /// Who is acting; set by `KeyAuthentication`, nil outside the API.
    var access: Access?

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
    let access: Access
    let channel: any Channel

    init(context: VisitorContext) throws {
        guard let access = context.access else { throw Problem.unauthenticated }
        coreContext = context.coreContext
        requestID = context.requestID
        client = context.client
        self.access = access
        channel = context.channel
    }
}
