import Logging
import Postgres
import TestSupport
import Testing
import Web

@testable import Prikke

@Suite(.database, .timeLimit(.minutes(1))) struct HealthTests {
    private func database() throws -> Database {
        var configuration = TestDatabase.current.configuration
        configuration.hotConnections = 1
        return try Database(configuration, on: TestCluster.loop, logger: Logger(label: "tests"))
    }

    /// The check waits behind somebody's slow statement: it says so, and leaves the connection to him.
    @Test func aCheckThatIsLateCutsNobodysStatement() async throws {
        let database = try database()
        async let slow = database.query("SELECT 'whole' AS answer, pg_sleep(6)").only("answer") as String
        while try await TestDatabase.current.database.query(
            "SELECT FROM pg_stat_activity WHERE query LIKE '%whole%' AND state = 'active' AND pid <> pg_backend_pid()"
        ).count == 0 { await Task.yield() }
        let start = ContinuousClock.now
        let report = await Site.health(of: database)
        #expect(!report.isHealthy && start.duration(to: .now) < .seconds(5))
        #expect(try await slow == "whole")
        await database.close()
    }
}
