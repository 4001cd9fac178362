import HTTPTypes
import Hummingbird
import Mail
import Time

/// The mails that would have gone out, as they would have looked. In development only.
struct MailboxPages: Sendable {
    /// So many are listed.
    private static let most = 200

    static let listPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    /// A mail's own styles and nothing else: no script, no image, no answer to anybody. Its links open beside it.
    static let partPolicy = """
        default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; base-uri 'none'; \
        sandbox allow-popups allow-popups-to-escape-sandbox
        """

    let mailbox: Mailbox
    let views: Views
    let assets: Assets

    func addRoutes(to router: Router<VisitorContext>) {
        router.get(RouterPath(Paths.mailbox), use: list)
        router.get(RouterPath(Paths.mail), use: mail)
        router.get(RouterPath(Paths.mailHTML), use: part)
    }

    @Sendable func list(_ request: Request, _ context: VisitorContext) async throws -> Response {
        Self.answer(views.html(MailboxPage(try await mailbox.newest(Self.most)), assets: assets, viewer: context.viewer), Self.listPolicy)
    }

    @Sendable func mail(_ request: Request, _ context: VisitorContext) async throws -> Response {
        Self.answer(views.html(MailPage(try await entry(context)), assets: assets, viewer: context.viewer), Self.listPolicy)
    }

    @Sendable func part(_ request: Request, _ context: VisitorContext) async throws -> Response {
        Self.answer(try await entry(context).mail.html, Self.partPolicy)
    }

    private func entry(_ context: VisitorContext) async throws -> Mailbox.Entry {
        guard let id = context.parameters.get("mail").flatMap({ Mailbox.Entry.ID($0) }), let entry = try await mailbox.mail(id) else {
            throw Problem.notFound
        }
        return entry
    }

    static func answer(_ html: String, _ policy: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8", .contentSecurityPolicy: policy],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}

/// The list, newest first.
struct MailboxPage: Page {
    static let template = "mailbox"
    static let samples = [
        MailboxPage(rows: []),
        MailboxPage(rows: [
            Row(subject: "Sign in to Prikke", path: "/dev/mailbox/mail_0", recipient: "alice@example.com", time: "2026-11-23 09:14:03")
        ]),
    ]

    struct Row {
        let subject: String
        let path: String
        let recipient: String
        let time: String
    }

    let title: String
    let heading: String
    let introduction: String
    let rows: [Row]
    let isEmpty: Bool
    /// The other list of mails.
    let otherPath: String
    let otherName: String

    init(_ entries: [Mailbox.Entry]) {
        self.init(
            rows: entries.map {
                Row(subject: $0.mail.subject, path: Paths.mail($0.mail.id.text), recipient: $0.mail.to.text, time: $0.sentAt.inWords)
            })
    }

    /// Every mail that there is, with invented content.
    init(_ samples: [MailSample]) {
        self.init(
            heading: "Mails", introduction: "Each mail that Prikke sends, with invented content.",
            rows: samples.map {
                Row(subject: $0.mail.subject, path: Paths.mailSample($0.name), recipient: $0.mail.kind.rawValue, time: "")
            }, other: (Paths.mailbox, "Mailbox"))
    }

    private init(
        heading: String = "Mailbox", introduction: String = "Mail that would have been sent, newest first. Nothing leaves this machine.",
        rows: [Row], other: (path: String, name: String) = (Paths.mailSamples, "Each mail that there is")
    ) {
        title = "\(heading) · Prikke"
        (self.heading, self.introduction, self.rows, isEmpty) = (heading, introduction, rows, rows.isEmpty)
        (otherPath, otherName) = other
    }
}

/// One mail: its headers, its link, and both parts.
struct MailPage: Page {
    static let template = "mail"
    static let samples = [
        MailPage(
            subject: "Join Acme <b> on Prikke", headers: [Header(label: "To", value: "alice@example.com")],
            links: [Link(action: "Join Acme", url: "https://prikke.example/invites/1")], text: "Bob & Eve invite you.\n",
            html: "/dev/mailbox/mail_0/html"),
        MailPage(
            subject: "New API key", headers: [], links: [], text: "", html: "/dev/mails/new-api-key/html", list: ("/dev/mails", "Mails")),
    ]

    struct Header {
        let label: String
        let value: String
    }

    struct Link {
        let action: String
        let url: String
    }

    let title: String
    let subject: String
    let headers: [Header]
    let links: [Link]
    let text: String
    let htmlPath: String
    let listPath: String
    let listName: String

    init(_ sample: MailSample) {
        let mail = sample.mail
        self.init(
            subject: mail.subject,
            headers: [
                Header(label: "From", value: "\(mail.from.name) <\(mail.from.address)>"), Header(label: "Kind", value: mail.kind.rawValue),
            ], links: [], text: mail.text, html: Paths.mailSampleHTML(sample.name), list: (Paths.mailSamples, "Mails"))
    }

    init(_ entry: Mailbox.Entry) {
        let mail = entry.mail
        self.init(
            subject: mail.subject,
            headers: [
                Header(label: "From", value: "\(mail.from.name) <\(mail.from.address)>"), Header(label: "To", value: mail.to.text),
                Header(label: "Sent", value: entry.sentAt.inWords), Header(label: "Kind", value: mail.kind.rawValue),
            ],
            links: entry.button.map { [Link(action: $0.label, url: $0.url)] } ?? [], text: mail.text,
            html: Paths.mailHTML(mail.id.text))
    }

    private init(
        subject: String, headers: [Header], links: [Link], text: String, html: String,
        list: (path: String, name: String) = (Paths.mailbox, "Mailbox")
    ) {
        title = "\(subject) · \(list.name)"
        (self.subject, self.headers, self.links, self.text, htmlPath) = (subject, headers, links, text, html)
        (listPath, listName) = list
    }
}

extension Timestamp {
    /// To the second, by UTC.
    fileprivate var inWords: String { rfc3339Seconds.replacing("T", with: " ").replacing("Z", with: " UTC") }
}
