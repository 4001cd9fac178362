import HTTPTypes
import Hummingbird
import Logging

/// Gives every request its id and writes one line about it. The line names the route's template, never the path or the
/// query, in which tokens may stand.
struct RequestLog: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = Self.outsideID(request.headers) ?? Self.newID()
        context.logger = logger
        context.logger[metadataKey: "request_id"] = "\(context.requestID)"
        let start = ContinuousClock.now
        do {
            var response = try await next(request, context)
            response.headers[.requestID] = context.requestID
            write(request, context, status: response.status.code, since: start)
            // RFC 9110 §9.3.2: an answer to HEAD has no body, an error's neither.
            return request.method == .head ? response.createHeadResponse() : response
        } catch {
            write(request, context, status: 400, since: start)
            throw error
        }
    }

    private func write(_ request: Request, _ context: VisitorContext, status: Int, since start: ContinuousClock.Instant) {
        let duration = start.duration(to: .now) / .milliseconds(1)
        // Probes, and the demo's jobs, come every few seconds and would bury everything else.
        let isProbe =
            status < 400 && [Paths.health, Paths.liveness, Paths.metrics].contains(context.endpointPath)
            || context.endpointPath == Paths.demoReceiver
        context.logger.log(
            level: isProbe ? .debug : .info, "request",
            metadata: [
                "method": "\(request.method.rawValue.prefix(20))", "route": "\(context.endpointPath ?? "none")", "status": "\(status)",
                "duration_ms": "\((duration * 1_000).rounded() / 1_000)",
            ]
        )
    }

    /// An id that came with the request, where it is fit for logs and headers.
    private static func outsideID(_ headers: HTTPFields) -> String? {
        let values = headers[values: .requestID]
        guard values.count == 1, let id = values.first, (1...64).contains(id.utf8.count) else { return nil }
        let isSane = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isSane ? id : nil
    }

    /// Random enough to be told from every other in the logs kept.
    static func newID() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return "req_" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
