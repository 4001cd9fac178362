/// Every path that we link to or answer at, outside the API's own declarations. Templates and handlers never spell one.
enum Paths {
    static let landing = "/"
    static let status = "/status"
    static let demo = "/demo"
    /// What the demo organization's jobs call.
    static let demoReceiver = "/demo/{behaviour}"
    /// The mails of development, one of them, and its HTML part.
    static let mailbox = "/dev/mailbox"
    static let mail = "/dev/mailbox/{mail}"
    static let mailHTML = "/dev/mailbox/{mail}/html"
    /// Each mail that there is, with invented content, one of them, and its HTML part.
    static let mailSamples = "/dev/mails"
    static let mailSample = "/dev/mails/{sample}"
    static let mailSampleHTML = "/dev/mails/{sample}/html"
    /// A form is posted here.
    static let theme = "/theme"
    static let signIn = "/users/log-in"
    static let signUp = "/users/register"
    static let signOut = "/users/log-out"
    static let account = "/account"
    static let invites = "/invites"
    static let newOrganization = "/organizations/new"
    /// Where Mailjet says what became of mails.
    static let mailjetEvents = "/webhooks/mailjet"
    static let health = "/health"
    static let liveness = "/livez"
    static let metrics = "/metrics"
    static let asset = "/assets/{name}"

    /// The version makes the address new when the content is, so that a browser may keep it for ever.
    static func asset(_ name: String, version: String) -> String { "/assets/\(name)?v=\(version)" }

    static func mail(_ id: String) -> String { "/dev/mailbox/\(id)" }

    static func mailHTML(_ id: String) -> String { "/dev/mailbox/\(id)/html" }

    static func mailSample(_ name: String) -> String { "/dev/mails/\(name)" }

    static func mailSampleHTML(_ name: String) -> String { "/dev/mails/\(name)/html" }
    static func organization(_ slug: String) -> String { "/\(slug)" }
    static func members(_ slug: String) -> String { "/\(slug)/members" }
    static func keys(_ slug: String) -> String { "/\(slug)/keys" }
    static func auditLog(_ slug: String) -> String { "/\(slug)/audit-log" }
    static func settings(_ slug: String) -> String { "/\(slug)/settings" }

    /// For whoever reads by program.
    static let robots = "/robots.txt"
    static let sitemap = "/sitemap.xml"
    static let forLanguageModels = "/llms.txt"
    static let icon = "/favicon.ico"

    /// What is written for people, and one page of it; as text with `.md` behind.
    static let docs = "/docs"
    static let document = "/docs/{document}"
    static func document(_ name: String) -> String { "/docs/\(name)" }

    /// Where a link leads that stands in a document, whose neighbours are files there: `cron.md#the-fields`.
    static func documentLink(_ link: String) -> String {
        guard !link.contains("/"), let end = link.firstRange(of: ".md") else { return link }
        return document(String(link[..<end.lowerBound])) + link[end.upperBound...]
    }

    /// What the API is, and the same of one resource.
    static let apiDocs = "/docs/api"
    static let editorSchema = "/schemas/prikke.json"
    static let apiDocsOfResource = "/docs/api/{resource}"
    static func apiDocs(of resource: String) -> String { "/docs/api/\(resource)" }

    static let errorPages = "/docs/errors"
    static let errorPage = "/docs/errors/{code}"

    /// Where an error's code is explained.
    static func errorPage(_ code: String) -> String { "/docs/errors/\(code)" }

    /// Whether whoever asks for this path is a program, which reads problem+json and no page, and has no cookies.
    static func isForPrograms(_ path: String) -> Bool {
        [health, liveness, metrics].contains(path) || path.hasPrefix(DemoReceiver.path)
            || ["/api", "/webhooks", "/ping"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}
