import CLibPQ

/// Where a private server listens, in libpq's words.
struct ServerAddress {
    static let database = "prikke"

    let socketFolder: String

    /// Names everything that the environment (PGPORT, PGUSER, …) could otherwise say differently.
    func connectionString(database: String) -> String {
        "host=\(Self.quoted(socketFolder)) port=5432 dbname=\(Self.quoted(database)) user=postgres"
    }

    /// A value as libpq wants it: plain, or in quotes where it holds anything that could end it.
    static func quoted(_ value: String) -> String {
        let plain = value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\\") }
        if plain, !value.isEmpty { return value }
        return "'" + value.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }

    /// Makes the database, unless it is there.
    func makeDatabase() throws(EmbeddedPostgresError) {
        let connection = PQconnectdb(connectionString(database: "postgres") + " connect_timeout=10")
        defer { PQfinish(connection) }
        let found = PQexec(connection, "SELECT FROM pg_database WHERE datname = '\(Self.database)'")
        defer { PQclear(found) }
        if PQresultStatus(found) == PGRES_TUPLES_OK, PQntuples(found) == 1 { return }
        let made = PQexec(connection, "CREATE DATABASE \(Self.database)")
        defer { PQclear(made) }
        guard PQresultStatus(made) == PGRES_COMMAND_OK else {
            throw .failed(program: "CREATE DATABASE", log: String(cString: PQerrorMessage(connection)))
        }
    }
}
