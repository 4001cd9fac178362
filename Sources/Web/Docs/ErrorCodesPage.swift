import HTTPTypes

/// Every code that an error may carry, and a page of each.
struct ErrorCodesPage: Page {
    static let template = "errorcodes"
    static let samples = [ErrorCodesPage()]

    struct Row: Sendable { let code, codePath, statuses, meaning: String }
    struct FieldRow: Sendable { let fieldCode, fieldCodePath, fieldMeaning: String }

    let title = "Errors · Prikke"
    let description = "Every code that an error of Prikke carries: what happened and what to do about it."
    let rows: [Row]
    let fieldRows: [FieldRow]

    init() {
        rows = ProblemCode.all.map {
            Row(
                code: $0.code, codePath: Paths.errorPage($0.code), statuses: $0.statuses.map(String.init).joined(separator: ", "),
                meaning: $0.meaning)
        }
        fieldRows = FieldCode.all.map {
            FieldRow(fieldCode: $0.code, fieldCodePath: Paths.errorPage($0.code), fieldMeaning: $0.meaning)
        }
    }

    /// What one code means and what to do about it; nil: there is no such code.
    static func page(of code: String) -> PlainPage? {
        let links: [(text: String, path: String)] = [("All errors", Paths.errorPages), ("The API", Paths.apiDocs)]
        let (problem, field) = (ProblemCode.named(code), FieldCode.named(code))
        guard problem != nil || field != nil else { return nil }
        var facts: [(String, String)] = []
        var words: [String] = []
        if let problem {
            words += [problem.meaning, problem.remedy]
            facts.append(("Status", problem.statuses.map(String.init).joined(separator: ", ")))
            facts.append(("Stands in", "code of a problem (application/problem+json)"))
        }
        if let field {
            words.append(problem == nil ? field.meaning : "Of a member: \(field.meaning)")
            facts.append(("Of a member", "code within errors of invalid_input; its pointer names the member"))
        }
        facts.insert(("Code", code), at: 0)
        var page = PlainPage(Problem(.badRequest, code, "").title, words, facts: facts, links: links)
        page.description = "The error \(code) of Prikke: what happened and what to do about it."
        return page
    }
}
