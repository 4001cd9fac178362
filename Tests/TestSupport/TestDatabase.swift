import Logging
import Postgres

/// The database of one test: a schema of its own, in which nothing is wrapped in a transaction, so LISTEN, SKIP LOCKED and
/// second connections work as in production.
public struct TestDatabase: Sendable {
    /// The test's own, inside a test or suite with the trait ``DatabaseTrait``.
    public static var current: TestDatabase {
        guard let current = shared else { preconditionFailure("this test lacks the trait .database") }
        return current
    }

    @TaskLocal static var shared: TestDatabase?

    /// Connected when first asked; closed when the test ends.
    public let database: Database
    /// The schema's name.
    public let schema: String
    /// For whoever connects by himself (a second node, psql): it leads to the same schema.
    public let connectionString: String
    /// For a second `Database` as a second node has it. A session left open is ended when the test ends.
    public let configuration: DatabaseConfiguration

    init(schema: String, url: String) throws {
        self.schema = schema
        connectionString = "\(url) application_name=\(schema) options='-c search_path=\(schema)'"
        var configuration = DatabaseConfiguration(url: url, applicationName: schema, searchPath: schema)
        // Longer than a busy machine keeps anybody waiting; the tests of these limits set their own.
        (configuration.lockTimeout, configuration.connectionWait) = (.seconds(20), .seconds(30))
        self.configuration = configuration
        database = try Database(configuration, on: TestCluster.loop, logger: Schemas.silence)
    }
}
