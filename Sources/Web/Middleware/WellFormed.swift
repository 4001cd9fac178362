import HTTPTypes
import Hummingbird

/// Refuses what a proxy before us might understand otherwise than we do (request smuggling), where the HTTP decoder is more
/// lenient than RFC 9112. A missing `Host` is let pass: probes of load balancers speak HTTP/1.0, and we never use it.
struct WellFormed: RouterMiddleware {
    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        if request.method == .connect { throw Problem.methodNotImplemented }
        // The decoder makes the first Host the authority and leaves a second one among the headers.
        guard !request.headers.contains(.secondHost) else { throw Problem.malformed("There are two Host headers; send one.") }
        guard request.headers[values: .transferEncoding].allSatisfy({ $0.lowercased() == "chunked" }) else {
            throw Problem.malformed("Transfer-Encoding may be chunked only.")
        }
        return try await next(request, context)
    }
}
