import Mustache
import Postgres

/// A mail as it goes out. Its headers hold no line break: they come from `Sender`, `EmailAddress` and `Message` alone.
public struct RenderedMail: Sendable, Equatable, Identified {
    public static let prefix = "mail"

    /// The outbox's row, by which a transport names the mail to whoever sends it on, and finds it again.
    public let id: ID<RenderedMail>
    public let kind: Message.Kind
    public let from: Sender
    public let to: EmailAddress
    public let subject: String
    /// The same content twice.
    public let text: String
    public let html: String
}

/// Makes a message's two parts, by templates that are compiled into the program.
public struct MessageRenderer: Sendable {
    static let htmlTemplate = String(decoding: PackageResources.message_html_mustache, as: UTF8.self)
    static let textTemplate = String(decoding: PackageResources.message_txt_mustache, as: UTF8.self)

    private let sender: Sender
    private let html: MustacheTemplate
    private let text: MustacheTemplate

    /// Throws where a template does not parse.
    public init(from sender: Sender) throws {
        self.sender = sender
        html = try MustacheTemplate(string: HTMLText.template(Self.htmlTemplate))
        text = try MustacheTemplate(string: Self.textTemplate)
    }

    /// The message as mail to one recipient.
    public func render(_ message: Message, id: ID<RenderedMail>, to recipient: EmailAddress) -> RenderedMail {
        let content = Content(message)
        // Each block of the text part ends with an empty line, the last one too.
        let text = text.render(content).split(separator: "\n", omittingEmptySubsequences: false).drop(while: \.isEmpty)
        let lines = text.reversed().drop(while: \.isEmpty).reversed()
        return RenderedMail(
            id: id, kind: message.kind, from: sender, to: recipient, subject: message.subject, text: lines.joined(separator: "\n") + "\n",
            html: html.render(content))
    }

    /// What the templates see: stored properties alone, none optional, no name at two depths.
    struct Content {
        struct Line { let text: String }

        let subject: String
        let headings: [Line]
        let paragraphs: [Line]
        let facts: [Message.Fact]
        let hasFacts: Bool
        let hasOutput: Bool
        let output: [Line]
        let buttons: [Link]
        let closing: [Line]
        let settings: [Link]

        struct Link { let action, url: String }

        init(_ message: Message) {
            subject = message.subject
            headings = message.heading.isEmpty ? [] : [Line(text: message.heading)]
            paragraphs = message.paragraphs.map(Line.init)
            (facts, hasFacts) = (message.facts, !message.facts.isEmpty)
            (output, hasOutput) = (message.output.map(Line.init), !message.output.isEmpty)
            buttons = message.button.map { [Link(action: $0.label, url: $0.url)] } ?? []
            closing = message.closing.map(Line.init)
            settings = message.settings.map { [Link(action: $0.label, url: $0.url)] } ?? []
        }
    }
}
