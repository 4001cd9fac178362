import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite(.database) struct DatabaseClockTests {
    private let database = TestDatabase.current.database

    private func databaseTime() async throws -> Timestamp {
        try await database.query("SELECT clock_timestamp() AS time").only("time")
    }

    /// Read before the database is asked, it can be at most what the database then says.
    @Test func itIsNeverAheadOfTheDatabase() async throws {
        let clock = DatabaseClock()
        for _ in 0..<20 {
            try await clock.measure(database)
            for _ in 0..<5 {
                let ours = clock.now()
                #expect(try await databaseTime() >= ours)
            }
        }
    }

    @Test func itIsBehindByNoMoreThanARoundTrip() async throws {
        let clock = DatabaseClock()
        // On a busy machine a round trip takes long; that every one does, again and again, would be something else.
        try await until("it stays behind") {
            for _ in 0..<8 { try await clock.measure(database) }
            let theirs = try await databaseTime()
            return clock.now().duration(to: theirs) < .milliseconds(50)
        }
    }

    @Test func anInstantAndItsTimeAreTheSame() async throws {
        let clock = DatabaseClock()
        try await clock.measure(database)
        let time = clock.now().adding(.seconds(10))
        #expect(clock.time(at: clock.instant(of: time)) == time)
        #expect(clock.instant(of: time) > .now + .seconds(9))
    }

    /// Another server took over whose clock is an hour behind: what was measured before is worthless.
    @Test func itFollowsAClockThatIsSet() async throws {
        let clock = DatabaseClock()
        for _ in 0..<8 { #expect(try await clock.measure(database)) }
        let before = clock.now()
        try await database.script(
            """
            CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() - interval '1 hour' $$;
            """)
        let schema = TestDatabase.current.schema
        var configuration = TestDatabase.current.configuration
        // Looked up before the system's own function of that name.
        configuration.searchPath = "\(schema),pg_catalog"
        let other = try Database(configuration, on: TestCluster.loop, logger: silence)
        #expect(try await !clock.measure(other), "it is told that the older ones were worthless")
        #expect(try await clock.measure(other))
        await other.close()
        #expect(abs(before.duration(to: clock.now()) / .seconds(1) + 3_600) < 30)
        try await database.script("DROP FUNCTION \(schema).clock_timestamp()")
    }
}
