import Postgres

extension TestDatabase {
    /// How many rows of each table hold an id, in whatever column, type and form: as a UUID, as it is written outside, within texts
    /// and JSON. The tables are found in the catalogue, so a new one is looked at by itself. For tests that erase somebody.
    public func rowsHolding<Of>(_ id: ID<Of>) async throws -> [String: Int64] {
        let digits = id.bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
        let uuid: String = try await database.query("SELECT \(id)::text AS text").only("text")
        let tables = try await database.query(
            """
            SELECT relname::text AS name FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'm') ORDER BY 1
            """)
        var found: [String: Int64] = [:]
        for row in tables {
            let name: String = try row("name")
            let count: Int64 = try await database.query(
                """
                SELECT count(*) AS count FROM \(identifier: name) whole
                WHERE lower((whole.*)::text) LIKE ANY (\([uuid, id.text, digits].map { "%\($0.lowercased())%" }))
                """
            ).only("count")
            if count > 0 { found[name] = count }
        }
        return found
    }
}
