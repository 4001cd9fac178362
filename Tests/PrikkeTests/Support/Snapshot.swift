import Postgres
import TestSupport

/// What all tables hold, as a hash of each: two are equal exactly when no row was added, changed or taken away between them.
///
/// Left out is what looking itself leaves behind: when a session or key was last used, and the counts of rate limits.
struct Snapshot: Equatable {
    private let hashes: [String: String]

    /// Of all tables, or of all but some.
    static func take(of database: Database, without ignored: Set<String> = []) async throws -> Snapshot {
        let names = try await tables(of: database).filter { $0 != "rate_counts" && !ignored.contains($0) }
        var hashes: [String: String] = [:]
        for name in names {
            hashes[name] = try await database.query(
                """
                SELECT md5(coalesce(string_agg(line, E'\\n' ORDER BY line), '')) AS hash
                FROM (SELECT (to_jsonb(whole) - 'last_used_at')::text AS line FROM \(identifier: name) whole) lines
                """
            ).only("hash")
        }
        return Snapshot(hashes: hashes)
    }

    /// Those that differ from another's.
    func changes(since other: Snapshot) -> [String] { hashes.filter { other.hashes[$0.key] != $0.value }.keys.sorted() }

    /// Found in the catalogue; partitions are read with the table that they belong to.
    static func tables(of database: Database) async throws -> [String] {
        try await database.query(
            """
            SELECT relname::text AS name FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
            """
        ).map { try $0("name") }
    }

    /// The names of a table's columns.
    static func columns(of tables: [String], in database: Database) async throws -> [String] {
        let rows = try await database.query(
            """
            SELECT DISTINCT column_name::text AS name FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = ANY (\(tables)) ORDER BY 1
            """)
        return try rows.map { try $0("name") }
    }
}
