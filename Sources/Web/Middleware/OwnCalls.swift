import HTTPTypes
import Hummingbird

/// Refuses what a job of ours asks of us: whichever node it reached, under whatever name, it would be a loop, or would see
/// what is meant for others. (That the address policy refuses our own addresses holds for those that this node knows.)
struct OwnCalls: RouterMiddleware {
    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        guard !request.headers.contains(.hop) || context.endpointPath == Paths.demoReceiver else { throw Problem.ownCall }
        return try await next(request, context)
    }
}
