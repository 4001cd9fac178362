import Migrations
import Postgres
import TestSupport
import Time

/// A schema of its own in the tests' Postgres, in which `clock_timestamp()` says what the simulation says, and which a mutant
/// may spoil.
struct SimulatedDatabase: Sendable {
    let database: Database
    private let keeper = TestDatabase.current.database
    private let schema: String

    init() async throws {
        schema = "sim_\(UInt64.random(in: 0...UInt64.max))"
        try await keeper.script("CREATE SCHEMA \(schema)")
        var configuration = TestDatabase.current.configuration
        configuration.searchPath = "\(schema), pg_catalog"
        // One connection: statements of two nodes stand in line, and a seed gives one and the same story.
        configuration.hotConnections = 1
        database = try Database(configuration, on: TestCluster.loop, logger: silence)
        try await Migrator(Migrations.all).run(on: database)
        try await database.script(
            """
            CREATE TABLE virtual_time (now timestamptz NOT NULL);
            INSERT INTO virtual_time VALUES ('epoch');
            CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now FROM virtual_time';
            -- Of what stands in one place of a line, the older job goes first: by the rows' ids it would be drawn by lot.
            CREATE FUNCTION place_by_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                NEW.line_at := NEW.line_at + interval '1 us' * (SELECT count(*) FROM jobs WHERE id < NEW.job_id);
                RETURN NEW;
            END $$;
            CREATE TRIGGER place_by_job BEFORE INSERT ON queue FOR EACH ROW EXECUTE FUNCTION place_by_job();
            -- By the server's own clock all of it is long past; nothing is folded here.
            DROP TRIGGER executions_unfold_written ON executions;
            DROP TRIGGER executions_unfold_changed ON executions;
            """)
    }

    /// For the few statements that read the server's own clock.
    func show(_ time: Timestamp) async throws { try await database.query("UPDATE virtual_time SET now = \(time)") }

    func close() async throws {
        await database.close()
        try await keeper.script("DROP SCHEMA \(schema) CASCADE")
    }
}
