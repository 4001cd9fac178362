import Logging
import Mail
import Postgres
import ServiceLifecycle
import TestSupport
import Web

@testable import Prikke
@testable import Tenancy

/// The program's own composition on the test's database, with its web server on a free port of loopback.
struct House: Sendable {
    static let siteURL = "https://prikke.test"

    let services: Services
    let port: Int
    /// What the server's router answers.
    let routes: [(method: String, path: String)]
    /// The test's own way to the rows.
    var database: Database { TestDatabase.current.database }

    /// Opens one, with `settings` beside those that a test needs, and takes it down afterwards.
    static func open(
        _ settings: [String: String] = [:], logger: Logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() },
        _ body: @escaping @Sendable (House) async throws -> Void
    ) async throws {
        let standard = [
            "DATABASE_URL": TestDatabase.current.connectionString, "PRIKKE_HOST": "prikke.test", "PRIKKE_RATE_LIMIT": "0",
            "MAILJET_WEBHOOK_USER": "mailjet", "MAILJET_WEBHOOK_PASSWORD": "what only Mailjet knows",
            "SECRET_KEY_BASE": String(repeating: "0123456789abcdef", count: 4),
        ]
        let configuration = try Configuration(standard.merging(settings) { $1 })
        let home = try DatabaseHome(TestDatabase.current.connectionString, logger: logger)
        let ended: Result<Void, any Error>
        do { ended = .success(try await serve(configuration, home, logger, body)) } catch { ended = .failure(error) }
        await home.close()
        try ended.get()
    }

    private static func serve(
        _ configuration: Configuration, _ home: DatabaseHome, _ logger: Logger, _ body: @escaping @Sendable (House) async throws -> Void
    ) async throws {
        let services = try Services(configuration, home, logger: logger)
        try await services.heartbeat.begin()
        var web = WebServer.Configuration(configuration)
        web.port = 0
        web.stopDeadline = .seconds(1)
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = try WebServer(web, site: .make(services), logger: logger) { told.yield($0) }
        let group = ServiceGroup(services: [NamedService(server)], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { told.finish() }
                try await group.run()
            }
            guard let port = await ports.first(where: { _ in true }) else { return try await tasks.waitForAll() }
            let ended: Result<Void, any Error>
            do {
                ended = .success(try await body(House(services: services, port: port, routes: server.routes)))
            } catch {
                ended = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try ended.get()
        }
    }

    /// One request on a connection of its own.
    func send(_ call: Call) async -> Answer { await send(call.text) }

    /// These bytes and no others.
    func send(_ text: String) async -> Answer {
        Answer(
            await Wire.run { [port] in
                guard let wire = Wire(port: port) else { return [] }
                wire.send(text)
                return wire.readAll()
            })
    }

    // MARK: - Mail

    /// All mails so far, oldest first, as the development mailbox shows them. (What a courier does is said of each: that it was sent.)
    func mails() async throws -> [Mailbox.Entry] {
        try await database.query(
            "UPDATE outbox SET status = 'sent', finished_at = created_at, next_try_at = NULL WHERE finished_at IS NULL")
        guard let mailbox = services.mailbox else { return [] }
        return try await mailbox.newest(Mailbox.most).reversed()
    }

    /// The path that the button of the last mail of a kind leads to.
    func path(of kind: Message.Kind, to recipient: String) async throws -> String {
        let mail = try await mails().last { $0.mail.kind == kind && $0.mail.to.text == recipient }
        return String((mail?.button?.url ?? "").dropFirst(Self.siteURL.count))
    }

    // MARK: - Signing in as people do

    /// Asks for a link in a browser, and follows it there: the answer of that, with the caller as he is then.
    func signIn(
        _ email: String, in caller: Caller, next: String? = nil, asking headers: [String] = []
    ) async throws -> (answer: Answer, caller: Caller) {
        let fields = [("email", email)] + (next.map { [("next", $0)] } ?? [])
        _ = await send(caller.call("POST", "/users/log-in", fields, headers: headers))
        let answer = await send(caller.call("POST", try await path(of: .signIn, to: email), headers: headers))
        var caller = caller
        caller.session = answer.cookie("session") ?? caller.session
        return (answer, caller)
    }

    /// Forgets what was counted: tests ask oftener than people may.
    func forgetCounts() async throws { try await database.query("DELETE FROM rate_counts") }
}
