import Documents
import Hummingbird

/// What programs that read the web ask for: what they may read, where the pages are, and what all of it is about.
struct RobotsFiles: Sendable {
    private let robots, sitemap, forLanguageModels: FixedAnswer
    private let assets: Assets

    init(siteURL: String, api: API, assets: Assets) {
        self.assets = assets
        robots = FixedAnswer(Self.robots(siteURL), type: "text/plain")
        let resources = API.resources(of: api.operations).map { Paths.apiDocs(of: $0.word) }
        sitemap = FixedAnswer(Self.sitemap(siteURL, resources), type: "application/xml")
        forLanguageModels = FixedAnswer(Self.summary(siteURL), type: "text/plain")
    }

    func addRoutes(to router: Router<VisitorContext>) {
        router.get(RouterPath(Paths.robots), use: robots.answer)
        router.get(RouterPath(Paths.sitemap), use: sitemap.answer)
        router.get(RouterPath(Paths.forLanguageModels), use: forLanguageModels.answer)
        // Asked for by browsers where no page names an icon, and by what reads no pages. All that matter take SVG.
        router.get(RouterPath(Paths.icon)) { request, _ in try assets.response(to: request, name: assets.icon.name) }
    }

    /// Pages that one signs in to begin with any word, so what may be read is named, and not what may not (RFC 9309: the longest match
    /// counts).
    private static func robots(_ url: String) -> String {
        let open = [
            "\(Paths.landing)$", Paths.docs, Paths.status + "$", "/assets/", Paths.forLanguageModels, Paths.icon, Paths.editorSchema,
        ]
        return (["User-agent: *"] + open.map { "Allow: \($0)" } + ["Disallow: /", "", "Sitemap: \(url)\(Paths.sitemap)", ""])
            .joined(separator: "\n")
    }

    private static func sitemap(_ url: String, _ resources: [String]) -> String {
        let paths =
            [Paths.landing, Paths.docs] + Document.all.map { Paths.document($0.name) } + [Paths.apiDocs] + resources
            + [Paths.errorPages, Paths.status]
        let entries = paths.map { "<url><loc>\(url)\($0)</loc></url>\n" }.joined()
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
            \(entries)</urlset>

            """
    }

    /// As llmstxt.org describes it.
    private static func summary(_ url: String) -> String {
        let documents = Document.all.map { "- [\($0.title)](\(url)\(Paths.document($0.name)).md): \($0.summary)" }
        return """
            # Prikke

            > \(LandingPage.sentence) One program on one PostgreSQL, with a REST API, a dashboard and a command line.

            A job is a URL (with method, headers and body) and a schedule. Each due occurrence of a job is an execution, with one or more \
            attempts and a status: pending, running, success, failed, timeout, missed, skipped or cancelled. Delivery is at least once, \
            with the same webhook-id for each attempt of an execution.

            ## Docs

            \(documents.joined(separator: "\n"))

            ## API

            - [OpenAPI 3.1](\(url)\(OpenAPI.path)): every operation with its fields and answers.
            - [API](\(url)\(Paths.apiDocs)): the same for people, with a line of curl for each.
            - [Errors](\(url)\(Paths.errorPages)): every code that an error carries.
            - [JSON Schema of prikke.yaml](\(url)\(Paths.editorSchema)): what a file for `prikke sync` may hold.

            """
    }
}
