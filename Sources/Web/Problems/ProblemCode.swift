/// A word by which programs tell problems apart. It never changes; its page is `/docs/errors/{code}`.
public struct ProblemCode: Sendable {
    public let code: String

    /// The statuses that it comes with.
    public let statuses: [Int]

    /// One sentence: what happened.
    public let meaning: String

    /// One sentence: what to do next.
    public let remedy: String

    init(_ code: String, _ statuses: Int..., meaning: String, remedy: String) {
        (self.code, self.statuses, self.meaning, self.remedy) = (code, statuses, meaning, remedy)
    }

    /// The problem of that code; nil: there is none.
    public static func named(_ code: String) -> ProblemCode? { byCode[code] }

    private static let byCode = Dictionary(all.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
}

/// A word that says what is wrong with one member of what was sent: the `code` within `errors` of `invalid_input`.
public struct FieldCode: Sendable {
    public let code: String

    /// One sentence: what is wrong.
    public let meaning: String

    init(_ code: String, _ meaning: String) { (self.code, self.meaning) = (code, meaning) }

    /// The field code of that name; nil: there is none.
    public static func named(_ code: String) -> FieldCode? { byCode[code] }

    private static let byCode = Dictionary(all.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
}
