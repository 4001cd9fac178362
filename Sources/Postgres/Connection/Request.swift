/// Statements that are sent together, answered together and end with one sync: outside a transaction they are one.
struct Request: Sendable {
    /// What the statements belong to.
    enum Scope: Sendable, Equatable {
        /// Nothing: they commit by themselves.
        case autocommit
        /// The transaction of this lease, which begins with its first request.
        case transaction(lease: UInt64)
        /// COMMIT or ROLLBACK: after it the lease is over.
        case end(lease: UInt64)
    }

    var queries: [Query]
    var scope = Scope.autocommit
    /// When the answer must be there.
    var deadline: ContinuousClock.Instant
    /// When it must have been sent, or else there is no connection to be had.
    var sendBy: ContinuousClock.Instant
    /// Sent with its own text, past the cache of prepared statements.
    var bypassesCache = false
    /// Takes as many `Rows` as there are queries. Called once, on the loop's thread: it must only hand on.
    var reply: @Sendable (Result<[Rows], PostgresError>) -> Void

    init(
        _ queries: [Query], scope: Scope = .autocommit, deadline: ContinuousClock.Instant, sendBy: ContinuousClock.Instant? = nil,
        reply: @escaping @Sendable (Result<[Rows], PostgresError>) -> Void
    ) {
        (self.queries, self.scope, self.deadline, self.reply) = (queries, scope, deadline, reply)
        self.sendBy = min(deadline, sendBy ?? deadline)
    }

    /// Frees a statement that the cache has let go of. Nobody waits for it.
    init(deallocating name: String, deadline: ContinuousClock.Instant) {
        self.init([Query(unsafe: "DEALLOCATE \(name)")], deadline: deadline) { _ in }
        bypassesCache = true
    }

    /// Whether losing the answer leaves the caller in the dark. Inside a transaction it does not: without its COMMIT
    /// nothing has happened.
    var commits: Bool {
        if case .transaction = scope { false } else { true }
    }

    func fail(_ error: PostgresError, sent: Bool) {
        reply(.failure(error.concerning(sql: queries.first?.sql, outcomeUnknown: sent && commits)))
    }
}

/// A request that has been sent, and what is known of its answer.
struct Exchange {
    let request: Request
    /// The transaction's BEGIN was sent before the first query.
    var begins = false
    /// Statements that are prepared in passing: name and query, in the order sent.
    var preparing: [(name: String, index: Int)] = []
    var rows: [Rows] = []
    var failure: PostgresError?
    /// How many of the queries have been answered, be it by an error.
    var answered = 0

    /// The statement the next result belongs to.
    var current: Query { begins && answered == 0 ? Query.begin : request.queries[answered - (begins ? 1 : 0)] }
    var isAnswered: Bool { answered == request.queries.count + (begins ? 1 : 0) }
    /// Set while the next result is the answer to a preparing.
    var preparingCurrent: String? { preparing.first?.index == answered ? preparing.first?.name : nil }

    var outcome: Result<[Rows], PostgresError> {
        if let failure { return .failure(failure) }
        return .success(begins ? Array(rows.dropFirst()) : rows)
    }
}

extension PostgresError {
    /// The server no longer knows the statement, or a table in it has changed since. Nothing was done.
    var isOfStalePreparing: Bool { sqlState == "26000" || sqlState == "0A000" && message.contains("cached plan") }
}

extension Query {
    static let begin: Query = "BEGIN"
    static let commit: Query = "COMMIT"
    static let rollback: Query = "ROLLBACK"
}
