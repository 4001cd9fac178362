import Logging
import Postgres
import Testing
import TestSupport

@Suite(.database) struct DatabaseTraitTests {
    private let silence = Logger(label: "other") { _ in SwiftLogNoOpLogHandler() }

    /// More than there are schemas: each finds its own empty, whatever the others did.
    @Test(arguments: 0..<24) func eachTestHasASchemaOfItsOwnAndFindsItEmpty(number: Int) async throws {
        let current = TestDatabase.current
        let rows = try await current.database.query("SELECT to_regclass('leftover') IS NULL AS gone, current_schema()::text AS name")
        #expect(try rows[0]("gone", as: Bool.self))
        #expect(try rows[0]("name", as: String.self) == current.schema)
        try await current.database.script("CREATE TABLE leftover AS SELECT 1 AS n")
        let users = try await current.database.query("SELECT count(*) AS n FROM organizations").only("n", as: Int64.self)
        #expect(users == 0)
        try await current.database.script(
            """
            INSERT INTO organizations (id, slug, name, created_at)
            SELECT gen_random_uuid(), 'slug-' || n, 'name', now() FROM generate_series(1, 3) n
            """)
    }

    @Test func aSessionLeftInATransactionDoesNotHoldUpTheNextTest() async throws {
        let other = try Database(TestDatabase.current.configuration, on: TestCluster.loop, logger: silence)
        // Not closed, and its lock not released: what empties the schema ends the session.
        try await other.query("SELECT pg_advisory_lock(1)")
        try await other.script("CREATE TABLE leftover AS SELECT 1 AS n")
    }

    @Test func theConnectionStringLeadsToTheSameSchema() async throws {
        let current = TestDatabase.current
        let configuration = DatabaseConfiguration(url: current.connectionString, applicationName: current.schema)
        let other = try Database(configuration, on: TestCluster.loop, logger: silence)
        #expect(try await other.query("SELECT current_schema()::text AS name").only("name", as: String.self) == current.schema)
        await other.close()
    }
}
