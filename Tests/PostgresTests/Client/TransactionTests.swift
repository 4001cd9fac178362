import Postgres
import Synchronization
import TestSupport
import Testing

@Suite(.database) struct TransactionTests {
    private struct Refusal: Error {}

    private func count(_ scratch: Scratch) async throws -> Int {
        try await scratch.database.query("SELECT count(*) AS rows FROM t").only("rows")
    }

    @Test func whatReturnsIsCommitted() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("CREATE TABLE t (n int)")
            let inserted = try await scratch.database.transaction { transaction in
                try await transaction.query("INSERT INTO t VALUES (1)")
                #expect(try await count(scratch) == 0)
                return try await transaction.batch(["INSERT INTO t VALUES (2)", "SELECT count(*) AS rows FROM t"])[1].only(
                    "rows", as: Int.self)
            }
            #expect(inserted == 2)
            #expect(try await count(scratch) == 2)
            try await scratch.database.transaction { _ in }
        }
    }

    @Test func whatThrowsIsRolledBackAndTheConnectionIsUsedAgain() async throws {
        try await Scratch.with {
            $0.leaseConnections = 1
        } _: { scratch in
            try await scratch.database.query("CREATE TABLE t (n int)")
            let first = Mutex<Int?>(nil)
            await #expect(throws: Refusal.self) {
                try await scratch.database.transaction { transaction in
                    let process = try await transaction.query("SELECT pg_backend_pid() AS process").only("process", as: Int.self)
                    first.withLock { $0 = process }
                    try await transaction.query("INSERT INTO t VALUES (1)")
                    throw Refusal()
                }
            }
            #expect(try await count(scratch) == 0)
            let second = try await scratch.database.transaction { transaction in
                try await transaction.query("INSERT INTO t VALUES (2)")
                return try await transaction.query("SELECT pg_backend_pid() AS process").only("process", as: Int.self)
            }
            #expect(try await count(scratch) == 1)
            #expect(first.withLock { $0 } == second)
        }
    }

    /// The server answers such a COMMIT with ROLLBACK, and no error.
    @Test func aSwallowedFailureDoesNotPassForACommit() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("CREATE TABLE t (n int)")
            let error = try await failure {
                try await scratch.database.transaction { transaction in
                    try await transaction.query("INSERT INTO t VALUES (1)")
                    _ = try? await transaction.query("SELECT 1 / 0")
                }
            }
            #expect(error.kind == .rolledBack)
            #expect(try await count(scratch) == 0)
        }
    }

    @Test func aTransactionThatIsOverRefuses() async throws {
        try await Scratch.with {
            $0.leaseConnections = 1
        } _: { scratch in
            let escaped = try await scratch.database.transaction { transaction in
                try await transaction.query("SELECT 1")
                return transaction
            }
            #expect(try await failure { try await escaped.query("SELECT 1") }.kind == .closed)
            try await scratch.database.transaction { transaction in
                try await transaction.query("SELECT 1")
                #expect(try await failure { try await escaped.query("SELECT 1") }.kind == .closed)
            }
        }
    }

    @Test func statementsSentAtTheSameTimeAllBelongToTheTransaction() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("CREATE TABLE t (n int)")
            await #expect(throws: Refusal.self) {
                try await scratch.database.transaction { transaction in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<50 { group.addTask { try await transaction.query("INSERT INTO t VALUES (\(number)::int)") } }
                        try await group.waitForAll()
                    }
                    throw Refusal()
                }
            }
            #expect(try await count(scratch) == 0)
        }
    }

    @Test func losingTheConnectionBeforeTheCommitIsCertain() async throws {
        try await Scratch.with {
            $0.leaseConnections = 1
        } _: { scratch in
            let error = try await failure {
                try await scratch.database.transaction { transaction in
                    try await transaction.query("SELECT 'in transaction'")
                    try await scratch.terminate(like: "SELECT 'in transaction'")
                    try await transaction.query("SELECT 1")
                }
            }
            #expect(error.kind == .connectionLost && !error.outcomeUnknown)
            #expect(try await scratch.database.transaction { try await $0.query("SELECT 1 AS one").only("one", as: Int.self) } == 1)
        }
    }

    @Test func losingTheAnswerToTheCommitLeavesTheOutcomeUnknown() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.script(
                """
                CREATE TABLE t (n int);
                CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slowly();
                """)
            async let lost = failure {
                try await scratch.database.transaction { try await $0.query("INSERT INTO t VALUES (1)") }
            }
            try await scratch.untilRunning(like: "COMMIT")
            try await scratch.terminate(like: "COMMIT")
            let error = try await lost
            #expect(error.kind == .connectionLost && error.outcomeUnknown)
            #expect(error.sql == "COMMIT")
        }
    }
}
