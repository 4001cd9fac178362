import Postgres
import TestSupport
import Testing

@Suite(.database) struct RowTests {
    @Test func rowsAreReadByNameAndByPlace() async throws {
        try await Scratch.with { scratch in
            let rows = try await scratch.database.query(
                "SELECT n AS number, 'row ' || n AS name FROM generate_series(1, 3) AS n ORDER BY n")
            #expect(rows.count == 3 && rows.affected == 3)
            #expect(try rows[2]("name") == "row 3")
            let (number, name) = try rows[1].decode(as: (Int, String?).self)
            #expect(number == 2 && name == "row 2")
        }
    }

    @Test func anUnknownColumnIsNamedTogetherWithTheKnownOnes() async throws {
        try await Scratch.with { scratch in
            let row = try await scratch.database.query("SELECT 1 AS one, 2 AS two")[0]
            let error = #expect(throws: PostgresError.self) { try row("three", as: Int.self) }
            #expect(error?.kind == .decoding)
            #expect(error?.message == "the answer has no column \"three\" but one, two")
            #expect(throws: PostgresError.self) { try row.decode(as: (Int32, Int32, Int32).self) }
        }
    }

    @Test func theWrongTypeIsSaidWithoutTheValue() async throws {
        try await Scratch.with { scratch in
            let row = try await scratch.database.query("SELECT 's3cret' AS word, 12.5 AS amount, date '2026-01-01' AS day")[0]
            let error = #expect(throws: PostgresError.self) { try row("word", as: Int.self) }
            #expect(error?.message == "column \"word\": text cannot be read as Int64")
            #expect(throws: PostgresError.self) { try row("amount", as: Double.self) }
            #expect(throws: PostgresError.self) { try row("day", as: String.self) }
        }
    }

    @Test func affectedCountsWhatWasWritten() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("CREATE TABLE t (n int)")
            #expect(try await scratch.database.query("INSERT INTO t SELECT generate_series(1, 5)").affected == 5)
            #expect(try await scratch.database.query("UPDATE t SET n = 0 WHERE n > 3").affected == 2)
            #expect(try await scratch.database.query("DELETE FROM t WHERE n = 99").affected == 0)
        }
    }
}
