/// One thing wrong with one member of what was sent.
public struct FieldError: Error, Sendable, Equatable {
    /// Where, as a JSON pointer (RFC 6901): `/config/url`; empty for the whole.
    public let pointer: String

    /// What, in a word that does not change: `required`, `unknown_field`, `wrong_type`, `too_long`, …
    public let code: String

    /// A sentence: what is wrong and what to do next.
    public let detail: String

    /// An error at `pointer`. A check within a `Shape` gives the pointer from its own value on: empty for the value itself.
    public init(pointer: String = "", code: String, detail: String) {
        self.pointer = pointer
        self.code = code
        self.detail = detail
    }
}

/// What was sent cannot be taken; says everything that is wrong with it, by member.
public struct InvalidInput: Error, Sendable, Equatable {
    /// Never empty; at most `mostErrors`.
    public private(set) var errors: [FieldError]

    /// More errors than this help nobody, and hostile input would make the answer as large as itself.
    public static let mostErrors = 100

    /// `errors` must not be empty; those over `mostErrors` are left out.
    public init(errors: [FieldError]) {
        precondition(!errors.isEmpty, "invalid input needs to say what is invalid")
        self.errors = Array(errors.prefix(Self.mostErrors))
    }

    /// Invalid for one reason.
    public init(pointer: String, code: String, detail: String) {
        self.init(errors: [FieldError(pointer: pointer, code: code, detail: detail)])
    }
}

extension InvalidInput {
    /// The same about a value within a greater one, at `place` (a JSON pointer).
    public func within(_ place: String) -> InvalidInput {
        InvalidInput(errors: errors.map { FieldError(pointer: place + $0.pointer, code: $0.code, detail: $0.detail) })
    }
}

/// Where a value stands in a document, as RFC 6901 writes it.
struct Pointer {
    private var tokens: [String] = []

    mutating func enter(_ token: String) { tokens.append(token) }
    mutating func leave() { tokens.removeLast() }

    /// `/`-separated; `~` and `/` within a name are written `~0` and `~1` (RFC 6901 §3). Of a very long name only the
    /// start is shown.
    var text: String {
        tokens.map { "/" + Self.escaped($0.unicodeScalars.count > 200 ? String($0.unicodeScalars.prefix(200)) + "…" : $0) }.joined()
    }

    private static func escaped(_ name: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": escaped.append(contentsOf: "~0".unicodeScalars)
            case "/": escaped.append(contentsOf: "~1".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
