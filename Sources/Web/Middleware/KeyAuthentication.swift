import HTTPTypes
import Hummingbird
import Tenancy

/// Finds out who is acting from the `Authorization` header, and from nowhere else: a key in an address would end up in
/// logs and histories.
struct KeyAuthentication: RouterMiddleware {
    /// Whose key this is; nil for one that is unknown, expired or revoked. A throw means that it could not be found out.
    let authenticate: @Sendable (String) async throws -> Access?
    /// Counts the request; nil: there is no limit.
    let budget: @Sendable (Access) async throws -> RequestBudgets.Verdict?

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        guard let key = Self.key(in: request.headers) else { throw Problem.unauthenticated }
        var context = context
        let verdict: RequestBudgets.Verdict?
        let (client, logger) = (context.client, context.logger)
        let find: @Sendable () async throws -> Access = {
            do {
                guard var access = try await authenticate(key) else { throw Problem.unauthenticated }
                access.origin = Origin(.api, from: client.address)
                return access
            } catch let problem as Problem {
                throw problem
            } catch {
                // Who cannot be asked for has no access; that he should try again is all he is told.
                logger.error("a key could not be checked", metadata: ["error": "\(error)"])
                throw Problem.unavailable
            }
        }
        let access = try await find()
        (context.access, context.findAccess) = (access, find)
        do {
            verdict = try await budget(access)
        } catch {
            logger.error("a request could not be counted", metadata: ["error": "\(error)"])
            throw Problem.unavailable
        }
        guard let verdict else { return try await next(request, context) }
        do {
            guard verdict.isAllowed else { throw Problem.tooManyRequests(seconds: verdict.secondsLeft) }
            var response = try await next(request, context)
            for (name, value) in Self.headers(verdict) { response.headers[name] = value }
            return response
        } catch {
            throw Counted(error: error, headers: Self.headers(verdict))
        }
    }

    /// draft-ietf-httpapi-ratelimit-headers-10.
    private static func headers(_ verdict: RequestBudgets.Verdict) -> [(HTTPField.Name, String)] {
        [
            (.rateLimitPolicy, "\"key\";q=\(verdict.most);w=\(verdict.windowSeconds)"),
            (.rateLimit, "\"key\";r=\(verdict.left);t=\(verdict.secondsLeft)"),
        ]
    }

    /// The key of exactly one header `Authorization: Bearer pk_live_….sk_live_…` (RFC 6750 §2.1). Anything else is nil,
    /// and is never shown to the database.
    static func key(in headers: HTTPFields) -> String? {
        let values = headers[values: .authorization]
        guard values.count == 1, let value = values.first, value.utf8.count <= 300 else { return nil }
        let parts = value.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let halves = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count == 2, isToken(halves[0], prefix: "pk_live_"), isToken(halves[1], prefix: "sk_live_") else { return nil }
        return String(parts[1])
    }

    private static func isToken(_ text: Substring, prefix: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count > prefix.utf8.count, bytes.starts(with: prefix.utf8) else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

/// An error that is answered with what is left of a key's budget, whatever it is.
struct Counted: Error {
    let error: any Error
    let headers: [(HTTPField.Name, String)]
}

/// Counts what a key asks for where there is nothing, and tells it what is left, as everywhere: 404 and 405 are the router's, and no
/// route's.
struct UnknownPaths: RouterMiddleware {
    let authentication: KeyAuthentication

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        let isOfAPI = request.uri.path.hasPrefix("/api/") && context.endpointPath == nil && request.method != .options
        guard isOfAPI, request.headers.contains(.authorization) else { return try await next(request, context) }
        return try await authentication.handle(request, context: context, next: next)
    }
}
