import HTTPTypes
import Hummingbird

/// What every answer tells a browser, whatever it is: `demands/security.md` H1–H6. A header that is set already stays: a page
/// whose address holds a token sets its own `Referrer-Policy`.
struct SecurityHeaders: RouterMiddleware {
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'", "form-action 'self'",
        "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'",
    ]

    private static let always: [(HTTPField.Name, String)] = [
        (.contentSecurityPolicy, policy.joined(separator: "; ")),
        (.xContentTypeOptions, "nosniff"),
        (.referrerPolicy, "strict-origin-when-cross-origin"),
        (.named("Cross-Origin-Opener-Policy"), "same-origin"),
        (.named("Cross-Origin-Resource-Policy"), "same-origin"),
        (.named("Permissions-Policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
        (.cacheControl, "no-store"),
    ]

    /// That a host is to be reached over TLS only can be said over TLS only (RFC 6797 §7.2).
    static func headers(isSecure: Bool) -> [(HTTPField.Name, String)] {
        isSecure ? always + [(.strictTransportSecurity, "max-age=31536000; includeSubDomains")] : always
    }

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for (name, value) in Self.headers(isSecure: context.client.isSecure) where response.headers[name] == nil {
            response.headers[name] = value
        }
        return response
    }
}
