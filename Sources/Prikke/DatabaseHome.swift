import EventLoop
import Logging
import Migrations
import Postgres

/// The database that this program uses: the one it was told, or its private one. What must not wait for each other goes by
/// connections of its own; docs/operations.md counts them.
struct DatabaseHome {
    /// For scheduling, leasing and sweeping; for commands, for everything.
    let engine: Database
    /// For outcomes.
    let results: Database
    /// For the API and the pages, on a thread of their own. Here load is shed first.
    let api: Database
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

    /// Connects to nothing yet.
    init(_ url: String, logger: Logger) throws {
        loop = EventLoop(name: "postgres")
        engine = try Database(.engine(url), on: loop, logger: logger)
        results = try Database(.results(url), on: loop, logger: logger)
        api = try Database(.api(url), on: EventLoop(name: "postgres-api"), logger: logger)
        pulse = try Database(.pulse(url), on: EventLoop(name: "heartbeat"), logger: logger)
    }

    /// In the order in which they are opened, and closed in the reverse order.
    var all: [Database] { [engine, results, pulse, api] }

    func close() async { for database in all.reversed() { await database.close() } }

    /// Safe on many nodes at once.
    func migrate() async throws { try await Migrator(Migrations.all).run(on: engine) }
}

extension DatabaseConfiguration {
    fileprivate static func engine(_ url: String) -> Self {
        var configuration = Self(url: url, applicationName: "prikke")
        configuration.leaseConnections = 2
        configuration.connectionWait = .seconds(2)
        configuration.statementTimeout = .seconds(7)
        configuration.answerTimeout = .seconds(8)
        configuration.idleInTransactionTimeout = .seconds(5)
        return configuration
    }

    fileprivate static func results(_ url: String) -> Self {
        var configuration = Self.engine(url)
        configuration.hotConnections = 1
        configuration.leaseConnections = 1
        return configuration
    }

    /// A statement is answered or given up within 4 s, whatever becomes of the database. A request makes a few of them; where
    /// the database is away, the first ends it.
    fileprivate static func api(_ url: String) -> Self {
        var configuration = Self(url: url, applicationName: "prikke-api")
        configuration.leaseConnections = 6
        configuration.connectionWait = .seconds(2)
        configuration.mostWaiting = 256
        configuration.statementTimeout = .seconds(3)
        configuration.answerTimeout = .seconds(4)
        configuration.idleInTransactionTimeout = .seconds(5)
        return configuration
    }

    /// Sooner than a lease is over, so that a beat on a connection that has gone silent is followed by one on another.
    fileprivate static func pulse(_ url: String) -> Self {
        var configuration = Self(url: url, applicationName: "prikke-heartbeat")
        configuration.hotConnections = 1
        configuration.leaseConnections = 1
        configuration.connectionWait = .seconds(2)
        configuration.connectTimeout = .seconds(2)
        configuration.statementTimeout = .milliseconds(1_500)
        configuration.answerTimeout = .seconds(2)
        return configuration
    }
}
