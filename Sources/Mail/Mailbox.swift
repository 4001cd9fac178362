import Postgres
import Time

/// The transport of development: nothing leaves the machine. What was "sent" stays in the outbox, to be read.
public struct Mailbox: MailTransport {
    /// So many mails are kept, at most.
    public static let most = 500

    /// A mail in the mailbox.
    public struct Entry: Sendable {
        /// Names one.
        public typealias ID = Postgres.ID<RenderedMail>

        public let mail: RenderedMail
        public let sentAt: Timestamp
        /// Its button, if it has one.
        public let button: Message.Button?
    }

    private let database: Database
    private let outbox: Outbox
    private let renderer: MessageRenderer

    public init(_ database: Database, outbox: Outbox, renderer: MessageRenderer) {
        (self.database, self.outbox, self.renderer) = (database, outbox, renderer)
    }

    public var keepsContents: Bool { true }

    public func send(_ mail: RenderedMail) async -> SendOutcome { .sent(providerID: nil) }

    /// The row itself is the mail.
    public func find(_ id: ID<RenderedMail>) async -> Finding { .sent(providerID: nil) }

    /// The newest mails, newest first; at most `limit`. One that does not open any more (another key) is left out.
    public func newest(_ limit: Int) async throws -> [Entry] {
        try await database.query("\(Self.selection) ORDER BY finished_at DESC, id DESC LIMIT \(limit)").compactMap(entry)
    }

    /// Nil for one that is not there, or not any more.
    public func mail(_ id: ID<RenderedMail>) async throws -> Entry? {
        try await database.query("\(Self.selection) AND id = \(id)").first.flatMap(entry)
    }

    private static let selection: Query =
        "SELECT id, recipient, sealed, finished_at FROM outbox WHERE finished_at IS NOT NULL AND status = 'sent' AND sealed IS NOT NULL"

    private func entry(_ row: Row) throws -> Entry? {
        let (id, text): (ID<RenderedMail>, String) = (try row("id"), try row("recipient"))
        guard let message = outbox.message(try row("sealed"), id: id, recipient: text), let recipient = EmailAddress(text) else {
            return nil
        }
        return Entry(
            mail: renderer.render(message, id: id, to: recipient), sentAt: try row("finished_at"), button: message.button)
    }
}
