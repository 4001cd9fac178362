import EventLoop
import Foundation
import JSON
import Logging
import Postgres
import TestSupport

/// `prikke serve` with a private Postgres in a folder whose path has a space.
final class Server: Sendable {
    struct DidNotStart: Error, CustomStringConvertible {
        let description: String
    }

    let port: UInt16
    let child: Child
    let settings: [String: String]

    var dataFolder: String { settings["PRIKKE_DATA_DIR"] ?? "" }
    var url: String { "http://127.0.0.1:\(port)" }

    /// One server for all tests that do not end it; stopped when the test process ends.
    static func shared() async throws -> Server { try await SharedServer.instance.server() }

    /// Starts a server and waits for the line in which it says that it listens.
    static func start(on dataFolder: String, _ more: [String: String] = [:]) async throws -> Server {
        let port = try freePort()
        let usual = ["PORT": "\(port)", "PRIKKE_ALLOW_NETWORKS": "127.0.0.0/8", "PRIKKE_RATE_LIMIT": "0", "PRIKKE_DATA_DIR": dataFolder]
        let settings = usual.merging(more) { $1 }
        let child = try Child(Program.path, ["serve"], Program.environment(settings))
        guard await child.errors.line(containing: "listens on") != nil else { throw DidNotStart(description: child.errors.text) }
        return Server(port: port, child: child, settings: settings)
    }

    private init(port: UInt16, child: Child, settings: [String: String]) {
        self.port = port
        self.child = child
        self.settings = settings
    }

    /// Lends a server on a new folder, and stops it and deletes its folder afterwards.
    static func lend<R: Sendable>(_ body: (Server) async throws -> R) async throws -> R {
        try await Folder.lend { folder in try await start(on: folder + "/data").stopped(after: body) }
    }

    /// Lends the server that comes after this one, on the same folder, and stops it afterwards.
    func lendNext<R: Sendable>(_ body: (Server) async throws -> R) async throws -> R {
        try await Server.start(on: dataFolder).stopped(after: body)
    }

    private func stopped<R: Sendable>(after body: (Server) async throws -> R) async throws -> R {
        let result: Result<R, any Error>
        do { result = .success(try await body(self)) } catch { result = .failure(error) }
        await stop()
        return try result.get()
    }

    /// Asks it to end and waits for it. Once it has ended, this does nothing.
    @discardableResult
    func stop() async -> Child.End {
        child.signal(SIGTERM)
        return await child.end()
    }

    /// Runs a command of the program beside this server.
    func command(_ arguments: String...) async throws -> Program.Result { try await Program.run(arguments, settings) }

    /// Makes an organization with `prikke organization create`; again, where the command found the database too busy.
    func tenant(_ name: String = "Acme", plan: String = "business", options: [String] = []) async throws -> Tenant {
        let email = "owner-\(UUID().uuidString.lowercased())@example.com"
        let create = ["organization", "create", "--name", name, "--email", email, "--plan", plan, "--json"]
        var created = try await Program.run(create + options, settings)
        for _ in 0..<4 where created.code != 0 { created = try await Program.run(create + options, settings) }
        return try Tenant(created, of: self)
    }

    /// What it says when it says that it is well, which a busy machine may keep it from now and then.
    @discardableResult
    func untilWell() async throws -> Answer {
        var health = Answer([])
        try await until("\(url) is not well") {
            health = await send(Call(path: "/health"))
            return health.status == 200
        }
        return health
    }

    /// A look into its database.
    func database<R: Sendable>(_ body: (Database) async throws -> R) async throws -> R {
        guard let url = settings["DATABASE_URL"] ?? EmbeddedPostgres.running(dataFolder: dataFolder) else {
            throw DidNotStart(description: "no Postgres")
        }
        let configuration = DatabaseConfiguration(url: url, applicationName: "end-to-end")
        let logger = Logger(label: "end-to-end") { _ in SwiftLogNoOpLogHandler() }
        let database = try Database(configuration, on: Self.loop, logger: logger)
        let result: Result<R, any Error>
        do { result = .success(try await body(database)) } catch { result = .failure(error) }
        await database.close()
        return try result.get()
    }

    private static let loop = EventLoop(name: "end-to-end")
}
