import EventLoop
import Logging
import Migrations
import Postgres

/// The database that this program uses: the one it was told, or its private one.
struct DatabaseHome {
    let database: Database
    /// For the heartbeat alone: one connection, on a thread that nothing else keeps busy.
    let pulse: Database
    let loop: EventLoop

    /// For a command: beside a running server its database is used, without one the private Postgres is started and
    /// stopped. The schema is brought up to date first.
    static func use<Result: Sendable>(
        _ configuration: Configuration, logger: Logger, _ body: (DatabaseHome) async throws -> Result
    ) async throws -> Result {
        guard let url = configuration.databaseURL else {
            return try await EmbeddedPostgres.withServer(dataFolder: configuration.dataFolder, logger: logger) { connection in
                try await use(connection, logger: logger, body)
            }
        }
        return try await use(url, logger: logger, body)
    }

    private static func use<Result: Sendable>(
        _ url: String, logger: Logger, _ body: (DatabaseHome) async throws -> Result
    ) async throws -> Result {
        let home = try DatabaseHome(url, logger: logger)
        let result: Swift.Result<Result, any Error>
        do {
            try await home.migrate()
            result = .success(try await body(home))
        } catch {
            result = .failure(error)
        }
        await home.close()
        return try result.get()
    }

    init(_ url: String, logger: Logger) throws {
        loop = EventLoop(name: "postgres")
        var configuration = DatabaseConfiguration(url: url, applicationName: "prikke")
        database = try Database(configuration, on: loop, logger: logger)
        configuration.hotConnections = 1
        pulse = try Database(configuration, on: EventLoop(name: "heartbeat"), logger: logger)
    }

    func close() async {
        await pulse.close()
        await database.close()
    }

    /// Safe on many nodes at once.
    func migrate() async throws { try await Migrator(Migrations.all).run(on: database) }
}
