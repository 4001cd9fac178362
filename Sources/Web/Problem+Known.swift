import HTTPTypes
import JSON
import Tenancy

extension Problem {
    /// No key, a wrong, an expired or a revoked one: which it was is told to nobody.
    public static let unauthenticated = Problem(
        .unauthorized, "unauthenticated", "Send a valid API key: Authorization: Bearer pk_live_….sk_live_…",
        headers: [.wwwAuthenticate: "Bearer"]
    )

    /// Nothing there, or nothing that may be seen.
    public static let notFound = Problem(.notFound, "not_found", "There is nothing at this address. Check the path and the id.")

    /// Whoever asks is known, but may not do this.
    static func lacking(_ permission: Permission, _ access: Access) -> Problem {
        guard let scopes = access.scopes else {
            return Problem(.forbidden, "missing_role", "Your role here is \(access.role.rawValue), which may not do this. Ask an owner.")
        }
        guard let scope = permission.scope else {
            return Problem(.forbidden, "person_needed", "No key may do this. Sign in and do it on the page.")
        }
        guard scopes.contains(scope) else {
            return Problem(.forbidden, "missing_scope", "This key lacks the scope “\(scope.rawValue)”. Use one that has it.")
        }
        let words = "This key’s scope “\(scope.rawValue)” rests: whoever made it may not do this here any more. An admin can make another."
        return Problem(.forbidden, "missing_role", words)
    }

    /// Of a page, where no page is wanted.
    static let signInNeeded = Problem(.unauthorized, "sign_in_needed", "Sign in first; programs use the API, with a key.")

    /// Of a key or an organization, in this minute.
    static func tooManyRequests(seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, "rate_limited", "Too many requests in this minute. Try again in \(seconds) seconds.",
            headers: [.retryAfter: "\(seconds)"])
    }

    static let ownCall = Problem(.forbidden, "own_call", "Jobs may not call Prikke itself. Call it from your program instead.")

    static func methodNotAllowed(_ allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(.methodNotAllowed, "method_not_allowed", "This address answers \(list) only.", headers: [.allow: list])
    }

    /// The rest of the body is not read, so the connection cannot be used again.
    static func contentTooLarge(limit: Int) -> Problem {
        let most = limit < 1_048_576 ? "\(limit / 1_024) KiB" : "\(limit / 1_048_576) MiB"
        let words = "The body is larger than \(most). Send less, or in several requests."
        return Problem(.contentTooLarge, "content_too_large", words, headers: [.connection: "close"])
    }

    /// The connection cannot be used again: where the next request would begin is not known.
    static func malformed(_ detail: String) -> Problem {
        Problem(.badRequest, "malformed_request", detail, headers: [.connection: "close"])
    }

    static let allMethods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"

    static let methodNotImplemented = Problem(
        .notImplemented, "method_not_implemented", "Use one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.",
        headers: [.allow: Problem.allMethods, .connection: "close"]
    )

    static let headersTooLarge = Problem(
        .requestHeaderFieldsTooLarge, "headers_too_large", "Send at most 100 headers of 32 KiB together, and none over 16 KiB.",
        headers: [.connection: "close"]
    )

    static let uriTooLong = Problem(
        .uriTooLong, "uri_too_long", "The address is too long: method, address and version may have 8 KiB.", headers: [.connection: "close"]
    )

    static let expectationFailed = Problem(
        .expectationFailed, "expectation_failed", "The only thing that can be expected is 100-continue.", headers: [.connection: "close"]
    )

    static let requestTimeout = Problem(
        .requestTimeout, "request_timeout", "The request took too long to arrive. Send it again, in one go.",
        headers: [.connection: "close"]
    )

    static let jsonNeeded = Problem(
        .unsupportedMediaType, "unsupported_media_type", "Send JSON in UTF-8, not compressed, with Content-Type: application/json.",
        headers: [.accept: "application/json"]
    )

    static let formNeeded = Problem(
        .unsupportedMediaType, "unsupported_media_type", "Send the form as application/x-www-form-urlencoded, in UTF-8.",
        headers: [.accept: "application/x-www-form-urlencoded"]
    )

    static let malformedForm = Problem(
        .badRequest, "malformed_form", "The form is not percent-encoded UTF-8. Go back, load the page again and send it once more.")

    /// Somebody else's page had the browser send it, or a program that hides where it comes from.
    static let crossSite = Problem(
        .forbidden, "cross_site", "This was not sent from a page of Prikke, so nothing was done. Open the page here and send it again.")

    /// The form is of another session: before signing in or out, or of a browser that keeps no cookies.
    static let staleForm = Problem(
        .forbidden, "stale_form", "This form is out of date, so nothing was done. Go back, load the page again and send it once more.")

    /// Something that we need is away for the moment.
    public static let unavailable = Problem(
        .serviceUnavailable, "unavailable", "Prikke cannot answer this just now. Try again in a few seconds.",
        headers: [.retryAfter: "5"]
    )

    static let internalError = Problem(
        .internalServerError, "internal_error",
        "Something went wrong on our side and was logged. Try again; if it stays, send us the request id."
    )
}

extension JSONError: Answerable {
    public var problem: Problem { Problem(.badRequest, code, detail) }
}

extension InvalidInput: Answerable {
    public var problem: Problem {
        let words = errors.count == 1 ? errors[0].detail : "\(errors.count) members are wrong; see errors for each."
        return Problem(.unprocessableContent, "invalid_input", words, errors: errors)
    }
}
