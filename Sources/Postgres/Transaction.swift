/// What can be asked: a database, or a transaction in it. A function that takes one leaves it to its caller whether its
/// statements stand alone.
public protocol QueryRunner: Sendable {
    /// Sends a statement and waits for its answer, at most `timeout` (nil: as configured). Throws `PostgresError`.
    @discardableResult
    func query(_ query: Query, timeout: Duration?) async throws(PostgresError) -> Rows

    /// Sends statements together, one round trip for all, and waits for their answers. The first that fails ends the batch
    /// and undoes it. Throws `PostgresError`.
    @discardableResult
    func batch(_ queries: [Query], timeout: Duration?) async throws(PostgresError) -> [Rows]
}

extension QueryRunner {
    /// Sends a statement and waits for its answer as long as configured. Throws `PostgresError`.
    @discardableResult
    public func query(_ query: Query) async throws(PostgresError) -> Rows { try await self.query(query, timeout: nil) }

    /// Sends statements together and waits for their answers as long as configured. Throws `PostgresError`.
    @discardableResult
    public func batch(_ queries: [Query]) async throws(PostgresError) -> [Rows] { try await batch(queries, timeout: nil) }
}

/// A transaction under way, on a connection of its own. It begins with its first statement, so one without statements costs
/// nothing. When the closure it was handed to has returned it is over, and refuses.
public struct Transaction: QueryRunner {
    let connection: Connection
    let lease: UInt64
    let answerTimeout: Duration

    /// Sends a statement and waits for its answer. After one has failed the transaction can only be rolled back. Cancelling
    /// the task ends the connection, and with it the transaction.
    @discardableResult
    public func query(_ query: Query, timeout: Duration?) async throws(PostgresError) -> Rows {
        try await connection.perform([query], scope: .transaction(lease: lease), deadline: deadline(timeout))[0]
    }

    /// Sends statements together and waits for their answers.
    @discardableResult
    public func batch(_ queries: [Query], timeout: Duration?) async throws(PostgresError) -> [Rows] {
        if queries.isEmpty { return [] }
        return try await connection.perform(queries, scope: .transaction(lease: lease), deadline: deadline(timeout))
    }

    /// Throws `.rolledBack` where the server answers COMMIT with ROLLBACK, as it does without any error after a statement
    /// has failed and the failure was swallowed.
    func commit() async throws(PostgresError) {
        let answers = try await connection.performUncancelled([.commit], scope: .end(lease: lease), deadline: deadline(nil)).get()
        guard let tag = answers.first?.tag, tag != "COMMIT" else { return }
        throw PostgresError(.rolledBack, "the transaction was rolled back because a statement in it had failed")
    }

    /// Without effect on a broken connection, whose transaction the server has ended or will.
    func rollback() async {
        _ = await connection.performUncancelled([.rollback], scope: .end(lease: lease), deadline: deadline(nil))
    }

    private func deadline(_ timeout: Duration?) -> ContinuousClock.Instant { .now.advanced(by: timeout ?? answerTimeout) }
}
