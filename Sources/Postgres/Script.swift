import CLibPQ

extension Database {
    /// Runs a text of several statements, such as a migration, on a connection of its own outside pipeline mode. Without
    /// BEGIN and COMMIT in it the text is one transaction. Its session ends with it, and so do SETs and temporary tables.
    /// The server breaks off a statement that takes longer than `timeout`; cancelling the task changes nothing.
    ///
    /// Throws `PostgresError`; its message names the line of the text, and its `sql` is nil, because values are written in
    /// such texts.
    public func script(_ sql: String, timeout: Duration = .seconds(600)) async throws(PostgresError) {
        var configuration = configuration
        configuration.statementTimeout = timeout
        let parameters = try ConnectionParameters(configuration)
        try await onOwnThread { () throws(PostgresError) in try Self.run(sql, with: parameters) }
    }

    private static func run(_ sql: String, with parameters: ConnectionParameters) throws(PostgresError) {
        if sql.utf8.contains(0) { throw PostgresError(.invalidQuery, "the script holds a NUL character") }
        let opened = try OpenedConnection.make(parameters)
        defer { PQfinish(opened.handle) }
        guard let result = PQexec(opened.handle, sql) else { throw PostgresError(.connectionLost, "the connection broke") }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY { return }
        let error = PostgresError(result, sql: sql).at(line(of: result, in: sql))
        throw error.concerning(sql: nil, outcomeUnknown: error.kind == .connectionLost)
    }

    /// The line at which the server found fault; it counts characters from 1.
    private static func line(of result: OpaquePointer, in sql: String) -> Int? {
        guard let text = PQresultErrorField(result, prikke_diag_position), let position = Int(String(cString: text)) else { return nil }
        return sql.unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
    }
}

extension PostgresError {
    fileprivate func at(_ line: Int?) -> PostgresError {
        guard let line else { return self }
        var error = PostgresError(kind, "line \(line): \(message)")
        (error.constraint, error.table, error.column) = (constraint, table, column)
        return error
    }
}
