import HTTPTypes
import JSON

/// Why a request is not answered as it wished (RFC 9457). Thrown from anywhere; `ErrorAnswers` makes it problem+json for a
/// program and a page for a person.
public struct Problem: Error, Sendable, Equatable {
    /// The answer's status.
    public var status: HTTPResponse.Status

    /// A word that does not change, by which programs tell problems apart.
    public var code: String

    /// What happened and what to do next, for a person.
    public var detail: String

    /// What is wrong with which member; empty where nothing of that kind is.
    public var errors: [FieldError]

    /// Headers that the answer needs: `Allow`, `Retry-After`, `WWW-Authenticate`.
    public var headers: HTTPFields

    /// A problem of this status and code.
    public init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, errors: [FieldError] = [], headers: HTTPFields = [:]) {
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// The code in words: `not_found` is "Not found", `invalid_json` "Invalid JSON".
    var title: String {
        let spelled = ["json": "JSON", "utf8": "UTF-8", "nul": "NUL", "url": "URL"]
        let words = code.split(separator: "_").map { spelled[String($0)] ?? String($0) }.joined(separator: " ")
        return words.capitalizedFirst
    }

    /// The members of RFC 9457 §3.1 and ours: `code`, `request_id`, and `errors` where there are any.
    func json(requestID: String, siteURL: String) -> JSON {
        var members: JSONObject = [
            "type": .string(siteURL + Paths.errorPage(code)), "title": .string(title), "status": .integer(Int64(status.code)),
            "detail": .string(detail), "code": .string(code), "request_id": .string(requestID),
        ]
        if !errors.isEmpty {
            members["errors"] = .array(errors.map(\.json))
        }
        return .object(members)
    }
}

/// An error that knows how it is answered. Every refusal of a module below `Web` becomes one here, in `Web`.
public protocol Answerable: Error {
    /// How it is answered.
    var problem: Problem { get }
}

extension Problem: Answerable {
    public var problem: Problem { self }
}

extension FieldError {
    /// As it stands within `errors`.
    var json: JSON { ["pointer": .string(pointer), "code": .string(code), "detail": .string(detail)] }
}
