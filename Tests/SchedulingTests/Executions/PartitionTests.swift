import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite(.database) struct PartitionTests {
    private let database = TestDatabase.current.database

    private func names(_ pattern: String) async throws -> [String] {
        try await database.query(
            """
            SELECT relname::text AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
                AND relname LIKE \(pattern) ORDER BY 1
            """
        ).map { try $0("name") }
    }

    @Test func aDayOfLongAgoIsMadeOnDemand() async throws {
        let partitions = Partitions(database, clock: DatabaseClock())
        let moments = ["2026-08-30T23:59:59.999999Z", "2026-08-31T00:00:00Z", "2026-08-31T12:00:00Z", "1969-12-31T23:59:59Z"]
        try await partitions.ensure(moments.map { (90, try #require(Timestamp(rfc3339: $0))) })
        for table in ["executions", "attempts"] {
            #expect(
                try await names("\(table)_keep_%_%")
                    == ["19691231", "20260830", "20260831"].map { "\(table)_keep_90_\($0)" })
        }
        for moment in moments {
            try await database.query(
                """
                INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, attempt, finished_at)
                VALUES (\(ID<Node>()), 90, \(Timestamp(rfc3339: moment)), \(ID<Execution>()), \(ID<Job>()), 'schedule', 'success', 1, now())
                """)
        }
    }

    /// As a node that knows of none, again and again where the others take longer than it may wait for them.
    private func ensure(_ moments: [(keepDays: Int, scheduledFor: Timestamp)]) async throws {
        try await until("they hold each other up") {
            do { try await Partitions(database, clock: DatabaseClock()).ensure(moments) } catch let error as PostgresError
                where error.isPassing
            { return false }
            return true
        }
    }

    @Test func aDayIsMadeOnceAlsoByTwoThatDoNotKnowOfEachOther() async throws {
        let day = try #require(Timestamp(rfc3339: "2026-09-01T00:00:00Z"))
        try await withThrowingTaskGroup { tasks in
            for _ in 0..<6 { tasks.addTask { try await ensure([(7, day), (30, day)]) } }
            try await tasks.waitForAll()
        }
        #expect(try await names("%_20260901").count == 4)
        // Nothing to do, and no error, the next time.
        try await Partitions(database, clock: DatabaseClock()).ensure([(7, day)])
    }

    @Test func theDaysAheadAreMadeForEveryRetention() async throws {
        try await Partitions(database, clock: DatabaseClock()).prepare(from: #require(Timestamp(rfc3339: "2026-12-28T10:00:00Z")))
        for keepDays in [7, 30, 90] {
            let days = ["20261228", "20261229", "20261230", "20261231", "20270101", "20270102", "20270103", "20270104", "20270105"]
            #expect(try await names("executions_keep_\(keepDays)_%") == days.map { "executions_keep_\(keepDays)_\($0)" })
        }
    }
}
