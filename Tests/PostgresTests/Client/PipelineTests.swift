import Postgres
import TestSupport
import Testing

@Suite(.database) struct PipelineTests {
    @Test func anErrorIsNoneOfItsNeighbours() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let rows = try? await scratch.database.query("SELECT 100 / \(number % 3) AS result")
                        return (try? rows?.only("result", as: Int.self)) == (number % 3 == 0 ? nil : 100 / (number % 3))
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count == 200 && outcomes.allSatisfy { $0 })
        }
    }

    /// Both sides have more to say than the sockets hold: who only writes, or only reads, waits for ever.
    @Test func largeQuestionsAndLargeAnswersDoNotBlockEachOther() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            let text = String(repeating: "x", count: 2_000_000)
            let lengths = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await scratch.database.query("SELECT \(text) || 'y' AS text").only("text", as: String.self).utf8.count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(lengths == Array(repeating: 2_000_001, count: 20))
        }
    }

    @Test func aBatchIsOneTransaction() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("CREATE TABLE t (n int PRIMARY KEY)")
            let answers = try await scratch.database.batch([
                "INSERT INTO t VALUES (1) RETURNING txid_current() AS id", "INSERT INTO t VALUES (2) RETURNING txid_current() AS id",
            ])
            #expect(try answers[0].only("id", as: Int.self) == answers[1].only("id"))
            let error = try await failure {
                try await scratch.database.batch(["INSERT INTO t VALUES (3)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (4)"])
            }
            #expect(error.sqlState == "23505")
            #expect(error.sql == "INSERT INTO t VALUES (1)")
            #expect(try await scratch.database.query("SELECT count(*) AS rows FROM t").only("rows") == 2)
            #expect(try await scratch.database.batch([]).isEmpty)
        }
    }

    /// Outside a transaction the server commits after it has answered the statement: an answer alone is no success.
    @Test func aStatementThatFailsAtItsCommitHasFailed() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("CREATE TABLE parents (id int PRIMARY KEY)")
            try await scratch.database.query("CREATE TABLE t (id int REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")
            let error = try await failure { try await scratch.database.query("INSERT INTO t VALUES (\(1 as Int32))") }
            #expect(error.sqlState == "23503")
            #expect(try await scratch.database.query("SELECT count(*) AS rows FROM t").only("rows") == 0)
        }
    }

    @Test func onlyTheLongestUnusedStatementsAreForgotten() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            for number in 0..<300 {
                let rows = try await scratch.database.query("SELECT \(number) + \(unsafe: "\(number)") AS sum")
                #expect(try rows.only("sum") == 2 * number)
                try await scratch.database.query("SELECT 'often used'")
            }
            let prepared = try await scratch.database.query("SELECT statement FROM pg_prepared_statements").map {
                try $0("statement", as: String.self)
            }
            #expect(prepared.count <= 257)
            #expect(prepared.contains("SELECT 'often used'"))
            #expect(!prepared.contains("SELECT $1 + 0 AS sum"))
        }
    }

    @Test func aTableThatChangesUnderAPreparedStatementIsNoError() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            try await scratch.database.query("CREATE TABLE t (n int)")
            let all: Query = "SELECT * FROM t"
            for _ in 0..<3 { try await scratch.database.query(all) }
            try await scratch.database.query("ALTER TABLE t ADD COLUMN name text DEFAULT 'new'")
            try await scratch.database.query("INSERT INTO t VALUES (1)")
            #expect(try await scratch.database.query(all).only("name") == "new")
        }
    }

    @Test func statementsThatTheServerHasForgottenArePreparedAgain() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            try await scratch.database.query("SELECT \(1) AS one")
            try await scratch.database.query("DEALLOCATE ALL")
            #expect(try await scratch.database.query("SELECT \(1) AS one").only("one") == 1)
        }
    }

    /// All find the statement new; for all but the first its preparing is still under way when they are sent.
    @Test func aNewStatementThatFailsFailsTheSameForAll() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            let states = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<20 {
                    group.addTask { (try? await failure { try await scratch.database.query("SELECT * FROM nowhere") })?.sqlState }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(states == Array(repeating: "42P01", count: 20))
            try await scratch.database.query("CREATE TABLE nowhere ()")
            #expect(try await scratch.database.query("SELECT * FROM nowhere").isEmpty)
        }
    }

    @Test func copyIsRefusedAndTheNextStatementIsNot() async throws {
        try await Scratch.with { scratch in
            let error = try await failure { try await scratch.database.query("COPY (SELECT 1) TO STDOUT") }
            #expect(error.message == "COPY is not possible through this client")
            #expect(try await scratch.database.query("SELECT 1 AS one").only("one", as: Int.self) == 1)
        }
    }

    @Test func theSessionIsSetUpAsConfigured() async throws {
        try await Scratch.with {
            $0.statementTimeout = .milliseconds(1234)
            $0.idleInTransactionTimeout = .milliseconds(4321)
        } _: { scratch in
            let rows = try await scratch.database.query(
                """
                SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle,
                    current_setting('application_name') AS name, current_schema()::text AS schema
                """)
            #expect(try rows.only("statement") == "1234ms")
            #expect(try rows.only("idle") == "4321ms")
            #expect(try rows.only("name") == scratch.applicationName)
            #expect(try rows.only("schema") == scratch.applicationName)
        }
    }

    @Test func whatIsPlannedAnewIsNotPrepared() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            for query in ["SELECT 1 AS kept", Query("SELECT 1 AS anew").plannedAnew] { _ = try await scratch.database.query(query) }
            let prepared = try await scratch.database.query(
                "SELECT statement FROM pg_prepared_statements WHERE statement IN ('SELECT 1 AS kept', 'SELECT 1 AS anew')"
            ).map { try $0("statement") as String }
            #expect(prepared == ["SELECT 1 AS kept"])
        }
    }
}
