import Logging
import Migrations
import Postgres

/// At most eight schemas, lent to one test each and emptied when they come back. The tests of a run all start at once; a
/// ninth waits here, before it can exhaust the server's connections.
actor Schemas {
    private let url: String
    private let keeper: Database
    private var idle: [Schema] = []
    private var made = 0
    private var lent = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    struct Schema {
        let name: String
        /// What the migrations made; a test's own tables, and partitions made at run time, are dropped.
        let tables: [String]
    }

    init(on url: String) async throws {
        self.url = url
        var configuration = DatabaseConfiguration(url: url, applicationName: "tests")
        configuration.hotConnections = 1
        keeper = try Database(configuration, on: TestCluster.loop, logger: Self.silence)
        try await keeper.script(Self.emptying)
    }

    static let silence = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

    /// Lends a schema with the migrations applied and no rows.
    func withSchema(_ body: @Sendable (TestDatabase) async throws -> Void) async throws {
        if lent == 8 { await withCheckedContinuation { waiting.append($0) } } else { lent += 1 }
        defer { if waiting.isEmpty { lent -= 1 } else { waiting.removeFirst().resume() } }
        let schema = if let idle = idle.popLast() { idle } else { try await make() }
        let database = try TestDatabase(schema: schema.name, url: url)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(database)) } catch { outcome = .failure(error) }
        await database.database.close()
        // One that cannot be emptied is not lent again.
        try await keeper.query("SELECT empty_schema(\(schema.name), \(schema.tables))")
        idle.append(schema)
        try outcome.get()
    }

    private func make() async throws -> Schema {
        made += 1
        let name = "test_\(made)"
        try await keeper.script("CREATE SCHEMA \(name)")
        let database = try TestDatabase(schema: name, url: url).database
        try await Migrator(Migrations.all).run(on: database)
        await database.close()
        var tables: [String] = []
        let rows = try await keeper.query(
            "SELECT relname::text AS name FROM pg_class WHERE relnamespace = \(name)::regnamespace AND relkind IN ('r', 'p')")
        for row in rows { tables.append(try row("name")) }
        return Schema(name: name, tables: tables)
    }

    /// DELETE takes a millisecond where TRUNCATE takes a hundred. Sessions that a test left open are ended first, for the
    /// locks they may hold; partitions are emptied by their parents; foreign keys and triggers are not asked.
    private static let emptying = """
        CREATE FUNCTION empty_schema(schema text, kept text[]) RETURNS void LANGUAGE plpgsql
        SET session_replication_role = replica SET lock_timeout = '10s' AS $$
        DECLARE
            relation record;
        BEGIN
            PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = schema;
            FOR relation IN
                SELECT relname, relispartition FROM pg_class
                WHERE relnamespace = schema::regnamespace AND relkind IN ('r', 'p') AND relname <> 'schema_migrations'
            LOOP
                IF NOT relation.relname = ANY (kept) THEN
                    EXECUTE format('DROP TABLE IF EXISTS %I.%I CASCADE', schema, relation.relname);
                ELSIF NOT relation.relispartition THEN
                    EXECUTE format('DELETE FROM %I.%I', schema, relation.relname);
                END IF;
            END LOOP;
        END $$
        """
}
