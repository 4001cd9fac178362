import Documents
import Hummingbird
import JSON

/// What is written about Prikke for people, and the same as text for programs.
struct DocumentPages: Sendable {
    private let pages: Pages
    private let contents: [String: DocumentPage.Content]
    private let texts: [String: FixedAnswer]

    init(pages: Pages) {
        self.pages = pages
        contents = Dictionary(uniqueKeysWithValues: Document.all.map { ($0.name, DocumentPage.Content($0)) })
        texts = Dictionary(
            uniqueKeysWithValues: Document.all.map { ($0.name + ".md", FixedAnswer($0.text, type: "text/markdown")) })
    }

    func addRoutes(to router: Router<VisitorContext>) {
        router.get(RouterPath(Paths.docs)) { _, context in pages.answer(DocsContentsPage(), to: context.viewer) }
        router.get(RouterPath(Paths.document), use: document)
    }

    @Sendable private func document(_ request: Request, _ context: VisitorContext) throws -> Response {
        let name = context.parameters.get("document") ?? ""
        if let text = texts[name] { return try text.answer(request, context) }
        guard let content = contents[name] else { throw Problem.notFound }
        let question =
            name == "cron"
            ? DocumentPage.Question(try request.query(CronExplanation.fields, ignoringOthers: true)) : DocumentPage.Question()
        return pages.answer(DocumentPage(content, question), to: context.viewer)
    }
}
