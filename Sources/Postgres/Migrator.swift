/// Brings a schema up to date: applies, in order, the migrations that a table in it does not list.
///
/// Each runs in one transaction, and the row that lists it is written first. Two nodes that start at once therefore meet at
/// that row: one waits for the other, is refused because the row exists, and goes on with the next. Whatever dies in the
/// middle leaves neither the row nor anything else.
///
/// Rows of migrations that this program does not know are a newer program's. They are no error: migrations only add, so
/// that the older program goes on working while the newer one is put in its place.
public struct Migrator: Sendable {
    /// What a run did and saw.
    public struct Report: Sendable, Equatable {
        /// The migrations applied by this run.
        public var applied: [String] = []
        /// The migrations in the database that this program does not know.
        public var unknown: [String] = []
    }

    private let migrations: [Migration]

    /// - Parameter migrations: all there are, in order.
    public init(_ migrations: [Migration]) { self.migrations = migrations }

    /// Applies what is missing. Safe to run on any number of nodes at once.
    ///
    /// Throws `MigrationError`, or `PostgresError` where the database cannot be asked.
    @discardableResult
    public func run(on database: Database) async throws -> Report {
        try await makeTable(on: database)
        let known = try await compare(on: database)
        if let changed = known.first(where: { $0.applied != nil && $0.applied != $0.checksum }) {
            throw MigrationError.changed(name: changed.name)
        }
        var report = Report(unknown: try await unknown(on: database))
        for (migration, state) in zip(migrations, known) where state.applied == nil {
            if try await apply(migration, checksum: state.checksum, on: database) { report.applied.append(migration.name) }
        }
        return report
    }

    /// The migrations that the database lacks, in order: none if it is up to date, all if it is empty. One short query.
    public func pending(on database: Database) async throws(PostgresError) -> [String] {
        do throws(PostgresError) {
            let applied: Set<String> = try await names(on: database)
            return migrations.map(\.name).filter { !applied.contains($0) }
        } catch {
            guard error.sqlState == "42P01" else { throw error }
            return migrations.map(\.name)
        }
    }

    /// Two sessions that make a table at the same moment collide in the catalogue, IF NOT EXISTS or not: so one at a time.
    private func makeTable(on database: Database) async throws(PostgresError) {
        try await database.script(
            """
            SELECT pg_advisory_xact_lock(\(Int64(bitPattern: database.schemaHash)));
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name text PRIMARY KEY,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """)
    }

    private struct State {
        let name: String
        /// The SHA-256 of the text as we have it, and of the one that was applied.
        let checksum: String
        let applied: String?
    }

    /// The server computes the checksums: it has to be asked anyway.
    private func compare(on database: Database) async throws(PostgresError) -> [State] {
        let (names, texts) = (migrations.map(\.name), migrations.map(\.sql))
        let rows = try await database.query(
            """
            SELECT name, encode(sha256(convert_to(sql, 'UTF8')), 'hex') AS checksum, schema_migrations.checksum AS applied
            FROM unnest(\(names), \(texts)) WITH ORDINALITY AS ours (name, sql, position)
            LEFT JOIN schema_migrations USING (name)
            ORDER BY position
            """)
        var states: [State] = []
        for row in rows { states.append(State(name: try row("name"), checksum: try row("checksum"), applied: try row("applied"))) }
        return states
    }

    private func unknown(on database: Database) async throws(PostgresError) -> [String] {
        try await names(on: database).subtracting(migrations.map(\.name)).sorted()
    }

    private func names(on database: Database) async throws(PostgresError) -> Set<String> {
        var names: Set<String> = []
        for row in try await database.query("SELECT name FROM schema_migrations") { names.insert(try row("name")) }
        return names
    }

    /// False if another node was faster. The row stands on the file's own first line, so that the line in an error is the file's.
    private func apply(_ migration: Migration, checksum: String, on database: Database) async throws -> Bool {
        let name = migration.name.replacing("'", with: "''")
        let row = "INSERT INTO schema_migrations (name, checksum) VALUES ('\(name)', '\(checksum)'); "
        do throws(PostgresError) {
            try await database.script(row + migration.sql)
            return true
        } catch {
            if error.constraint == "schema_migrations_pkey" { return false }
            throw MigrationError.failed(name: migration.name, error)
        }
    }
}
