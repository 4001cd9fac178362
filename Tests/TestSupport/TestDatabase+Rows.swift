import Postgres

extension TestDatabase {
    /// How many rows of each table hold an id, in whatever column, type and form: as a UUID, as it is written outside, within texts
    /// and JSON. The tables are found in the catalogue, so a new one is looked at by itself. For tests that erase somebody.
    public func rowsHolding<Of>(_ id: ID<Of>) async throws -> [String: Int64] {
        let uuid: String = try await database.query("SELECT \(id)::text AS text").only("text")
        let digits = Self.hex(id.bytes)
        return try await rowsHolding(anyOf: [uuid, id.text, digits, Self.hex(id.text.utf8)])
    }

    /// The same for a text, such as an address, in whatever case and also within bytes.
    public func rowsHolding(_ text: String) async throws -> [String: Int64] {
        try await rowsHolding(anyOf: [text, Self.hex(text.utf8)])
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }

    private func rowsHolding(anyOf texts: [String]) async throws -> [String: Int64] {
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
                WHERE lower((whole.*)::text) LIKE ANY (\(texts.map { "%\($0.lowercased())%" }))
                """
            ).only("count")
            if count > 0 { found[name] = count }
        }
        return found
    }
}
