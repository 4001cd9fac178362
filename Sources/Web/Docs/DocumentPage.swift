import Documents
import JSON
import Time

/// A page of the documentation, written in Markdown; the one on cron has a box to try expressions in.
struct DocumentPage: Page {
    static let template = "document"
    static let fragments: Set = ["cronexplained"]
    static let samples = [
        DocumentPage(Content(Document.all[0])),
        DocumentPage(Content(Document.all[1]), Question("30 2 * * *", "Europe/Oslo"), now: Timestamp(seconds: 1_774_000_000)),
        DocumentPage(Content(Document.all[1]), Question("<b> * * *"), now: Timestamp(seconds: 0)),
        DocumentPage(Content(Document.all[1]), Question("0 0 13 * fri", "Nowhere"), now: Timestamp(seconds: 0)),
    ]

    /// What is asked of the box.
    struct Question: Sendable {
        var expression = "*/15 9-17 * * mon-fri"
        var timezone = "Europe/Oslo"
        var hasSeconds = false

        /// The example that a newcomer sees.
        init() {}
        init(_ expression: String, _ timezone: String = "UTC") { (self.expression, self.timezone) = (expression, timezone) }
        /// Of a page's query, read by `CronExplanation.fields`; the example where nothing is asked.
        init(_ query: JSONObject) {
            if let expression = query["expression"]?.string {
                self.init(expression, query["timezone"]?.string ?? "UTC")
                hasSeconds = query["seconds"] != nil
            } else {
                self.init()
            }
        }
    }

    /// What is on it whoever asks, made once.
    struct Content: Sendable {
        let document: Document
        let markdown: Markdown

        init(_ document: Document) {
            self.document = document
            markdown = Markdown(document.text) { Paths.documentLink($0) }
        }
    }

    struct Refusal: Sendable { let refusal: String }

    let title: String
    let description: String
    let beginning: String
    let rest: String
    let markdownPath: String
    let isCron: Bool
    let explainPath = Paths.document("cron")
    let previewPath = Fragments.path("cronexplained", of: Paths.document("cron"))
    let expression: String
    let timezone: String
    let hasSeconds: Bool
    let isExpressionWrong: Bool
    let isTimezoneWrong: Bool
    /// One of the two, or none.
    let refusals: [Refusal]
    let explanations: [CronExplanation]

    init(_ content: Content, _ question: Question = Question(), now: Timestamp = .now()) {
        title = "\(content.markdown.title) · Prikke docs"
        description = content.document.summary
        (beginning, rest) = (content.markdown.beginning, content.markdown.rest)
        markdownPath = Paths.document(content.document.name) + ".md"
        isCron = content.document.name == "cron"
        (expression, timezone, hasSeconds) = (question.expression, question.timezone, question.hasSeconds)
        var (refused, explained) = (CronExplanation.Refused?.none, CronExplanation?.none)
        if isCron {
            do throws(CronExplanation.Refused) {
                explained = try CronExplanation(expression, timezone: timezone, seconds: hasSeconds, now: now)
            } catch {
                refused = error
            }
        }
        isExpressionWrong = refused?.field == "expression"
        isTimezoneWrong = refused?.field == "timezone"
        refusals = refused.map { [Refusal(refusal: $0.sentence)] } ?? []
        explanations = explained.map { [$0] } ?? []
    }
}

/// All pages of the documentation.
struct DocsContentsPage: Page {
    static let template = "docscontents"
    static let samples = [DocsContentsPage()]

    struct Entry: Sendable { let entryTitle, entryPath, entrySummary: String }

    let title = "Docs · Prikke"
    let description = "How to use Prikke: getting started, cron, webhooks and signatures, sync, plugins, self-hosting, the API."
    let entries =
        Document.all.map { Entry(entryTitle: $0.title, entryPath: Paths.document($0.name), entrySummary: $0.summary) } + [
            Entry(entryTitle: "API", entryPath: Paths.apiDocs, entrySummary: "Every request with its fields, answers and a line of curl."),
            Entry(
                entryTitle: "Errors", entryPath: Paths.errorPages,
                entrySummary: "Every code that an error carries, and what to do about it."),
        ]
    let textPath = Paths.forLanguageModels
}
