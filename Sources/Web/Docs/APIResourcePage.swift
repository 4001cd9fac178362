import JSON

/// Each operation of one resource: what it takes, what it answers, and a line to try it with.
struct APIResourcePage: Page {
    static let template = "apiresource"
    static let samples = API.resources(of: APISamples.api.operations).map { APIResourcePage($0) }

    struct Entry: Sendable {
        let anchor: String
        let entrySummary: String
        let method: String
        let operationPath: String
        let paragraphs: [Paragraph]
        let tables: [Table]
        let answers: [Answer]
        let curl: String
        /// One, or none: then there is one of `likeness`, or nothing to show.
        var examples: [Example]
        var likeness: [Like] = []
        /// The statuses of what can go wrong.
        let problems: String
    }

    struct Paragraph: Sendable { let paragraph: String }
    struct Table: Sendable {
        let caption: String
        let rows: [Row]
    }
    struct Row: Sendable { let memberName, memberType, memberNotes, memberHelp: String }
    struct Answer: Sendable { let answerStatus, answerWords: String }
    struct Like: Sendable { let likeName: String }
    struct Example: Sendable { let exampleText: String }

    let title: String
    let description: String
    let heading: String
    let entries: [Entry]
    let errorsPath = Paths.errorPages

    init(_ resource: API.Resource) {
        heading = resource.name
        title = "\(resource.name) · API · Prikke"
        description = "\(resource.name) in the REST API of Prikke: what each request takes and answers, with a line of curl."
        var described: [(id: String, names: [String])] = []
        var shown: [(id: String, example: String)] = []
        entries = resource.operations.map { operation in
            let names = (operation.body.shape?.members ?? []).map(\.name)
            let same = described.first { names.count > 3 && $0.names == names }?.id
            described.append((operation.id, names))
            var entry = Entry(operation, membersAreThoseOf: same)
            // What is answered alike is shown once.
            if let text = entry.examples.first?.exampleText, let first = shown.first(where: { $0.example == text }) {
                entry.examples = []
                entry.likeness = [Like(likeName: first.id)]
            } else {
                shown += entry.examples.map { (operation.id, $0.exampleText) }
            }
            return entry
        }
    }
}

extension APIResourcePage.Entry {
    /// `other` is the operation whose body has been described already and has the same members.
    fileprivate init(_ operation: Operation, membersAreThoseOf other: String?) {
        anchor = operation.id
        entrySummary = operation.summary
        (method, operationPath) = (operation.method.rawValue, operation.path)
        var words = operation.description.isEmpty ? [] : [operation.description]
        words.append(operation.permission.scope.map { "Needs the scope \($0.rawValue)." } ?? "No key may do this.")
        if let other {
            words.append("The body has the members of \(other)’s. Each may be left out, and null sets it back to its default (RFC 7396).")
        }
        paragraphs = words.map { APIResourcePage.Paragraph(paragraph: $0) }
        tables = Self.tables(operation, withBody: other == nil)
        answers = operation.answers.map {
            APIResourcePage.Answer(answerStatus: "\($0.status.code)", answerWords: Self.words(operation, $0))
        }
        problems = operation.problems.map { "\($0.status.code)" }.joined(separator: ", ")
        curl = operation.curl
        examples = operation.answers.filter { $0.shape != nil }.prefix(1).map { APIResourcePage.Example(exampleText: $0.example.pretty) }
    }

    private static func tables(_ operation: Operation, withBody: Bool) -> [APIResourcePage.Table] {
        let body = withBody ? operation.body.shape?.members ?? [] : []
        let caption = operation.body.mayBeEmpty ? "Body (may be left out)" : "Body"
        return [
            ("In the path", operation.pathParameters), ("In the query", operation.query), ("Headers", operation.requestHeaders),
            (caption, body),
        ].filter { !$0.1.isEmpty }.map { caption, fields in
            APIResourcePage.Table(caption: caption, rows: fields.flatMap { rows($0, within: "") })
        }
    }

    /// A member, and below it those that it has itself.
    private static func rows(_ field: Field, within parent: String) -> [APIResourcePage.Row] {
        let name = parent.isEmpty ? field.name : "\(parent).\(field.name)"
        var notes: [String] = []
        if field.isRequired { notes.append("required") }
        if let value = field.defaultValue, !(value.object?.isEmpty ?? false) { notes.append("default \(value.text)") }
        if field.isNullable, field.defaultValue != .null { notes.append("or null") }
        if field.isSecret { notes.append("secret") }
        let row = APIResourcePage.Row(
            memberName: name, memberType: field.shape.inWords, memberNotes: notes.joined(separator: ", "),
            memberHelp: field.help.replacing("`", with: ""))
        return [row] + field.shape.members.flatMap { rows($0, within: name) }
    }

    private static func words(_ operation: Operation, _ answer: DeclaredAnswer) -> String {
        let headers = operation.headers(of: answer).filter { $0.isAlwaysThere && $0.name != AnswerHeader.requestID.name }.map(\.name)
        let words = answer.status == .ok ? [] : [answer.words.replacing("`", with: "")]
        return (words + (headers.isEmpty ? [] : ["With \(headers.joined(separator: ", "))."])).joined(separator: " ")
    }
}

extension Operation {
    /// A line for a shell that does it, with an address and a key from the environment.
    var curl: String {
        var path = path
        for field in pathParameters { path = path.replacing("{\(field.name)}", with: field.example?.string ?? "…") }
        let verb = method == .get || (method == .post && body.shape != nil) ? "" : " -X \(method.rawValue)"
        var lines = ["curl -sS\(verb) \"$PRIKKE_URL\(path)\"", "-H \"Authorization: Bearer $PRIKKE_API_KEY\""]
        if body.shape != nil {
            lines.append("-H 'Content-Type: application/json'")
            lines.append("-d '\(body.example.text.replacing("'", with: "'\\''"))'")
        }
        return lines.joined(separator: " \\\n  ")
    }
}
