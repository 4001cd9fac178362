import Hummingbird
import Logging
import NIOCore
import Tenancy

/// What is known of any request: who sent it is not, as yet.
struct VisitorContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    /// Names this request in the answer, in the log and in an error; set by `RequestLog`.
    var requestID = ""

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
    let access: Access
    let channel: any Channel

    init(context: VisitorContext) throws {
        guard let access = context.access else { throw Problem.unauthenticated }
        coreContext = context.coreContext
        requestID = context.requestID
        self.access = access
        channel = context.channel
    }
}
