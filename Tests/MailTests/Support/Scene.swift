import Logging
import Postgres
import Secrets
import Synchronization
import TestSupport
import Time

@testable import Mail

/// The outbox on the test's own database, and couriers that send by a transport of the test's.
struct Scene {
    static let begin = Timestamp(seconds: 1_800_000_000)

    let database = TestDatabase.current.database
    let outbox: Outbox
    let renderer: MessageRenderer
    let transport: ScriptedTransport
    let notes = Notes()

    init(answering outcomes: SendOutcome..., finding findings: Finding..., keepsContents: Bool = false) throws {
        outbox = Outbox(seal: try Seal(keys: [Seal.Key([UInt8](repeating: 7, count: 32))]), bell: database)
        renderer = try MessageRenderer(from: .development)
        transport = ScriptedTransport(outcomes, findings, keepsContents: keepsContents)
    }

    static func message(_ kind: Message.Kind = .newAPIKey) throws -> Message {
        Message(
            kind, subject: "Canary subject", paragraphs: ["Canary paragraph."],
            button: try Message.Button(label: "Go", url: "https://prikke.example/canary"))
    }

    func add(
        _ kind: Message.Kind = .newAPIKey, at instant: Timestamp = begin, expiresAt: Timestamp? = nil,
        to address: String = "alice@example.com"
    ) async throws {
        guard let recipient = EmailAddress(address) else { return }
        try await database.query(try outbox.insertion(Self.message(kind), to: recipient, at: instant, expiresAt: expiresAt))
    }

    var logger: Logger { Logger(label: "test") { _ in notes } }

    var courier: Courier { courier(transport) }

    func courier(_ transport: (any MailTransport)?) -> Courier {
        Courier(database, outbox: outbox, transport: transport, renderer: renderer, logger: logger)
    }

    var mailbox: Mailbox { Mailbox(database, outbox: outbox, renderer: renderer) }

    /// What the only row says.
    func row() async throws -> (status: String, nextTryAt: Timestamp?, tries: Int, error: String?, hasContent: Bool) {
        let rows = try await database.query(
            "SELECT status, next_try_at, tries, error, sealed IS NOT NULL AS kept FROM outbox ORDER BY id LIMIT 1")
        guard let row = rows.first else { throw NeverHappened("there is no row") }
        return (try row("status"), try row("next_try_at"), Int(try row("tries") as Int32), try row("error"), try row("kept"))
    }

    func count() async throws -> Int { try await database.query("SELECT count(*) AS count FROM outbox").only("count") }
}

/// Answers what it was told to, one after the other, the last again and again; `sent` where it was told nothing.
final class ScriptedTransport: MailTransport {
    private struct State {
        var outcomes: [SendOutcome]
        var findings: [Finding]
        var sent: [RenderedMail] = []
        var lookedUp = 0
    }

    let keepsContents: Bool
    private let state: Mutex<State>

    init(_ outcomes: [SendOutcome], _ findings: [Finding], keepsContents: Bool) {
        self.keepsContents = keepsContents
        state = Mutex(State(outcomes: outcomes, findings: findings))
    }

    var sent: [RenderedMail] { state.withLock { $0.sent } }
    var lookedUp: Int { state.withLock { $0.lookedUp } }

    func send(_ mail: RenderedMail) async -> SendOutcome {
        state.withLock { state in
            state.sent.append(mail)
            if state.outcomes.count > 1 { return state.outcomes.removeFirst() }
            return state.outcomes.first ?? .sent(providerID: "m1")
        }
    }

    func find(_ id: ID<RenderedMail>) async -> Finding {
        state.withLock { state in
            state.lookedUp += 1
            if state.findings.count > 1 { return state.findings.removeFirst() }
            return state.findings.first ?? .notFound
        }
    }
}

/// Keeps what is logged, facts included.
final class Notes: LogHandler, Sendable {
    let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) { lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") } }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}
