import EventLoop
import Logging
import Postgres
import ServiceLifecycle

/// Has the database look at tables that have grown to more than twice what its statistics know of. It does so itself once a minute at
/// most; in that minute a fresh installation can get ten thousand jobs, and every statement that was planned while there were none
/// reads all of them, each time. New statistics have kept plans made anew.
///
/// Any node may: a table that another one is looking at is left to it.
public struct Analyzer: Service {
    private static let pause: Duration = .seconds(2)
    /// Fewer rows are read as fast as any index.
    private static let fewestRows = 500
    private static let tables = ["jobs", "job_states", "queue", "schedule_periods", "audit_log"]

    private let database: Database
    private let bell: Bell
    private let complaints: Complaints

    /// An analyzer of this node; `run` does the work.
    public init(_ engine: Engine, logger: Logger) {
        database = engine.database
        bell = Bell(on: engine.loop)
        complaints = Complaints(to: logger)
    }

    public func run() async {
        await withGracefulShutdownHandler {
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                do { _ = try await analyze() } catch { complaints.tell("tables that have grown could not be looked at", error) }
                await bell.wait(until: .now + Self.pause)
            }
        } onGracefulShutdown: {
            bell.ring()
        }
    }

    /// One round; tests call it. Answers the tables that were looked at.
    func analyze() async throws -> [String] {
        let rows = try await database.query(
            """
            SELECT s.relname::text AS name FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
            WHERE s.schemaname = current_schema() AND s.relname = ANY (\(Self.tables))
                AND s.n_live_tup > greatest(2 * c.reltuples, \(Int64(Self.fewestRows)))
            """)
        let grown: [String] = try rows.map { try $0("name") }
        for table in grown { try await database.query("ANALYZE (SKIP_LOCKED) \(identifier: table)") }
        return grown
    }
}
