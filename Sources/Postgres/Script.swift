import CLibPQ
import Glibc

extension Database {
    /// Runs a text of several statements, such as a migration, on a connection of its own outside pipeline mode. Without
    /// BEGIN and COMMIT in it the text is one transaction. Its session ends with it, and so do SETs and temporary tables.
    /// The server breaks off a statement that takes longer than `timeout`, and a second later this side breaks off the whole
    /// text, also where the server says nothing at all; cancelling the task changes nothing.
    ///
    /// Throws `PostgresError`; its message names the line of the text, and its `sql` is nil, because values are written in
    /// such texts.
    public func script(_ sql: String, timeout: Duration = .seconds(600)) async throws(PostgresError) {
        var configuration = configuration
        configuration.statementTimeout = timeout
        let parameters = try ConnectionParameters(configuration)
        let deadline = ContinuousClock.now + timeout + .seconds(1)
        try await onOwnThread { () throws(PostgresError) in try Self.run(sql, with: parameters, until: deadline) }
    }

    private static func run(
        _ sql: String, with parameters: ConnectionParameters, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) {
        if sql.utf8.contains(0) { throw PostgresError(.invalidQuery, "the script holds a NUL character") }
        let opened = try OpenedConnection.make(parameters)
        defer { PQfinish(opened.handle) }
        PQsetnonblocking(opened.handle, 1)
        guard PQsendQuery(opened.handle, sql) == 1 else { throw PostgresError(.connectionLost, "the connection broke") }
        while let result = try nextResult(on: opened.handle, before: deadline) {
            defer { PQclear(result) }
            let status = PQresultStatus(result)
            if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY { continue }
            let error = PostgresError(result, sql: sql).at(line(of: result, in: sql))
            throw error.concerning(sql: nil, outcomeUnknown: error.kind == .connectionLost)
        }
    }

    /// nil: all statements have been answered. An answer that is there is taken also from a server that has hung up since.
    private static func nextResult(
        on handle: OpaquePointer, before deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> OpaquePointer? {
        while true {
            let unsent = PQflush(handle)
            guard PQisBusy(handle) == 1 else { return PQgetResult(handle) }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else {
                throw PostgresError(.timedOut, "no answer by the deadline").concerning(sql: nil, outcomeUnknown: true)
            }
            var socket = pollfd(fd: PQsocket(handle), events: Int16(unsent == 1 ? POLLIN | POLLOUT : POLLIN), revents: 0)
            // Rounded up, or the last millisecond would be spent turning here.
            poll(&socket, 1, Int32(clamping: left.milliseconds + 1))
            guard PQconsumeInput(handle) == 1 || PQisBusy(handle) == 0 else {
                throw PostgresError(.connectionLost, "the connection broke").concerning(sql: nil, outcomeUnknown: true)
            }
        }
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
