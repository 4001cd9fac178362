import Postgres
import TestSupport
import Testing

@Suite(.database) struct ErrorTests {
    @Test func aUniqueViolationNamesItsConstraintAndNoValue() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("CREATE TABLE people (email text CONSTRAINT one_each UNIQUE)")
            try await scratch.database.query("INSERT INTO people VALUES (\("s3cret@example.com"))")
            let error = try await failure { try await scratch.database.query("INSERT INTO people VALUES (\("s3cret@example.com"))") }
            #expect(error.sqlState == "23505")
            #expect(error.constraint == "one_each")
            #expect(error.table == "people")
            #expect(error.sql == "INSERT INTO people VALUES ($1)")
            #expect(!error.outcomeUnknown)
            #expect(error.message == "duplicate key value violates unique constraint \"one_each\"")
            #expect(!everything(in: error).contains("s3cret"))
        }
    }

    /// These put the value into the message itself, not only into its DETAIL.
    @Test(arguments: [
        "SELECT \("s3cret")::integer" as Query, "SELECT \("s3cret")::regclass", "SELECT \("s3cret")::jsonb",
        "SELECT \("s3cret")::timestamptz",
        "SELECT \("s3cret")::interval", "SELECT set_config('work_mem', \("s3cret"), false)", "SELECT \("(s3cret")::tsquery",
    ])
    func noMessageQuotesAValue(_ query: Query) async throws {
        try await Scratch.with { scratch in
            let error = try await failure { try await scratch.database.query(query) }
            #expect(error.sqlState != nil)
            #expect(!everything(in: error).contains("s3cret"))
        }
    }

    @Test func aMistakeInTheStatementIsStillExplained() async throws {
        try await Scratch.with { scratch in
            let error = try await failure { try await scratch.database.query("SELECT nothing FROM nowhere WHERE a = \(1)") }
            #expect(error.message == "relation \"nowhere\" does not exist")
            let other = try await failure { try await scratch.database.query("SELEC 1") }
            #expect(other.message == "syntax error at or near \"SELEC\"")
        }
    }

    @Test func aNotNullViolationNamesItsColumn() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("CREATE TABLE t (a int NOT NULL, secret text)")
            let error = try await failure { try await scratch.database.query("INSERT INTO t VALUES (\(nil as Int32?), \("s3cret"))") }
            #expect(error.column == "a")
            #expect(!everything(in: error).contains("s3cret"))
        }
    }

    @Test func anUnreadableURLIsNotQuoted() throws {
        let configuration = DatabaseConfiguration(url: "postgresql://me:s3cret@host:port/db?nonsense=1", applicationName: "x")
        let error = #expect(throws: PostgresError.self) { try Database(configuration, on: Scratch.loop, logger: Scratch.logger) }
        #expect(error?.kind == .configuration)
        #expect(error.map { !everything(in: $0).contains("s3cret") } == true)
    }

    @Test func aScriptRunsAsOneAndNamesTheLineThatFails() async throws {
        try await Scratch.with { scratch in
            let error = try await failure {
                try await scratch.database.script(
                    "CREATE TABLE made (a int);\n-- é\nINSERT INTO made VALUES (1);\nSELECT 's3cret' FROM nowhere")
            }
            #expect(error.message == "line 4: relation \"nowhere\" does not exist")
            #expect(!everything(in: error).contains("s3cret"))
            #expect(try await scratch.database.query("SELECT to_regclass('made') IS NULL AS gone").only("gone") == true)
        }
    }

    private func everything(in error: PostgresError) -> String {
        var dumped = ""
        dump(error, to: &dumped)
        return dumped + "\(error)" + String(reflecting: error)
    }
}
