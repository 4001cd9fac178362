import EventLoop
import Logging
import Postgres
import TestSupport

/// Where the tests' server is.
func testDatabaseURL() -> String { TestDatabase.current.configuration.url }

/// A database whose search path is a schema made for one test, and a second door by which the test watches and harms its
/// sessions.
struct Scratch: Sendable {
    let database: Database
    let admin: Database
    /// Under this name the sessions of `database` stand in the server's activity view.
    let applicationName: String

    static let loop = EventLoop(name: "postgres-tests")
    static let logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

    static func with(
        _ adjust: (inout DatabaseConfiguration) -> Void = { _ in }, _ body: (Scratch) async throws -> Void
    ) async throws {
        let name = "scratch_\(UInt32.random(in: .min ... .max))"
        let admin = try Database(DatabaseConfiguration(url: testDatabaseURL(), applicationName: "admin"), on: loop, logger: logger)
        try await admin.script("CREATE SCHEMA \(name)")
        var configuration = DatabaseConfiguration(url: testDatabaseURL(), applicationName: name, searchPath: name)
        configuration.leaseConnections = 2
        // Longer than a busy machine keeps anybody waiting; the tests of these limits set their own.
        (configuration.lockTimeout, configuration.connectionWait) = (.seconds(20), .seconds(30))
        adjust(&configuration)
        let scratch = Scratch(
            database: try Database(configuration, on: loop, logger: logger), admin: admin, applicationName: configuration.applicationName)
        let result: Result<Void, any Error>
        do { result = .success(try await body(scratch)) } catch { result = .failure(error) }
        await scratch.database.close()
        try await admin.script("DROP SCHEMA \(name) CASCADE")
        await admin.close()
        try result.get()
    }

    /// Ends the sessions of `database` whose latest statement is like `pattern`, and says how many there were.
    @discardableResult
    func terminate(like pattern: String = "%") async throws -> Int {
        try await admin.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = \(applicationName) AND query LIKE \(pattern)"
        ).count
    }

    /// Waits until a session of `database` is executing a statement like `pattern`.
    func untilRunning(like pattern: String) async throws {
        try await until("no session runs \(pattern)") {
            try await admin.query(
                "SELECT FROM pg_stat_activity WHERE application_name = \(applicationName) AND state = 'active' AND query LIKE \(pattern)"
            ).count > 0
        }
    }

    /// How many sessions `database` has.
    func sessions() async throws -> Int {
        try await admin.query("SELECT FROM pg_stat_activity WHERE application_name = \(applicationName)").count
    }
}

/// The error that `body` throws.
func failure<Answer>(_ body: () async throws -> Answer) async throws -> PostgresError {
    do { _ = try await body() } catch let error as PostgresError { return error }
    throw NeverHappened("no error was thrown")
}
