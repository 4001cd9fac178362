import CLibPQ

/// Why a statement has no answer. Holds the SQL text and never a bound value, so it may be logged: the server's DETAIL,
/// HINT and CONTEXT are not read at all, and its message only where it cannot quote a value.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, for a caller that decides by it.
    public enum Kind: Sendable, Hashable {
        /// The server refused; the five characters of the SQL standard say why ("23505": unique violation).
        case server(sqlState: String)
        /// The connection broke after the statement was handed to it.
        case connectionLost
        /// No connection could be made in time; the statement was not sent.
        case unavailable
        /// The answer did not come by the deadline.
        case timedOut
        /// The task was cancelled.
        case cancelled
        /// All connections for transactions were taken for too long.
        case poolExhausted
        /// The transaction could not commit, because a statement in it had failed before.
        case rolledBack
        /// The database, or the transaction, has been closed.
        case closed
        /// The query holds a value that cannot be sent.
        case invalidQuery
        /// An answer came, but it is not what the code expects.
        case decoding
        /// The configuration makes no sense.
        case configuration
    }

    /// What went wrong.
    public let kind: Kind
    /// A sentence for the operator.
    public let message: String
    /// The constraint that was violated.
    public internal(set) var constraint: String?
    /// The table it happened in.
    public internal(set) var table: String?
    /// The column it is about.
    public internal(set) var column: String?
    /// The statement, with `$1` for the values; nil for a script, whose text may hold values.
    public internal(set) var sql: String?
    /// Whether the statement may have taken effect although there is no answer: a COMMIT, or a statement outside a
    /// transaction, was sent and its answer lost. Whoever cannot repeat it harmlessly must look.
    public internal(set) var outcomeUnknown = false

    init(_ kind: Kind, _ message: String) { (self.kind, self.message) = (kind, message) }

    /// An answer came, but it is not what the caller expects; `message` says what, without values.
    public static func decoding(_ message: String) -> PostgresError { PostgresError(.decoding, message) }

    /// The five characters of the SQL standard, where the server spoke.
    public var sqlState: String? {
        if case .server(let sqlState) = kind { sqlState } else { nil }
    }

    public var description: String {
        var text = "database: " + message
        if let sqlState { text += " [\(sqlState)]" }
        if outcomeUnknown { text += "; it may have taken effect" }
        // What was never sent is not to blame.
        if let sql, kind != .unavailable { text += "; in: \(sql)" }
        return text
    }

    /// The same error as it concerns another statement.
    func concerning(sql: String?, outcomeUnknown: Bool) -> PostgresError {
        var error = self
        error.sql = sql
        error.outcomeUnknown = outcomeUnknown
        return error
    }
}

extension PostgresError {
    /// Reads the error out of a result of libpq, which the caller goes on owning. `sql` is what was sent.
    init(_ result: OpaquePointer, sql: String) {
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        guard let sqlState = field(prikke_diag_sqlstate) else {
            self.init(.connectionLost, "the connection broke")
            return
        }
        let names = [prikke_diag_schema, prikke_diag_table, prikke_diag_column, prikke_diag_datatype, prikke_diag_constraint].compactMap(
            field)
        let severity = field(prikke_diag_severity)
        let message = Self.harmless(field(prikke_diag_message) ?? "", sqlState: sqlState, sql: sql, names: names)
        let ends = severity == "FATAL" || severity == "PANIC"
        self.init(ends ? .connectionLost : .server(sqlState: sqlState), message)
        (constraint, table, column) = (field(prikke_diag_constraint), field(prikke_diag_table), field(prikke_diag_column))
    }

    /// The server's primary message, unless it could quote a value. Data exceptions (class 22) and messages made by
    /// functions (class P0) do so by nature; of the others every quoted word must be known from the statement or from the
    /// error's own names (`'x'::regclass` makes "relation "x" does not exist" of class 42 out of a value).
    private static func harmless(_ message: String, sqlState: String, sql: String, names: [String]) -> String {
        let quotes = message.split(separator: "\"", omittingEmptySubsequences: false)
        let words = quotes.indices.filter { $0 % 2 == 1 }.map { quotes[$0] }
        let known = words.allSatisfy { word in names.contains { $0 == word } || sql.contains(word) }
        let class22 = sqlState.hasPrefix("22"), classP0 = sqlState.hasPrefix("P0")
        if known, !class22, !classP0 { return message }
        return class22 ? "a value does not fit its type or its use (data exception)" : "the server refused the statement"
    }
}
