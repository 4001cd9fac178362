import EventLoop

/// For callers that are not on the loop's thread.
extension Connection {
    /// Makes a connection. Throws `PostgresError` of kind `.unavailable`.
    static func open(_ parameters: ConnectionParameters, on loop: EventLoop) async throws(PostgresError) -> Connection {
        try await withCheckedContinuation { continuation in
            open(parameters, on: loop) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Sends queries together and returns their answers. A cancelled task does not wait: the connection is closed, because
    /// it is the caller's alone and the server has nothing else to do for it.
    nonisolated func perform(
        _ queries: [Query], scope: Request.Scope = .autocommit, deadline: ContinuousClock.Instant
    ) async throws(PostgresError) -> [Rows] {
        try await withTaskCancellationHandler {
            await performUncancelled(queries, scope: scope, deadline: deadline)
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.close(PostgresError(.cancelled, "the task was cancelled")) } }
        }.get()
    }

    /// The same, but cancelling the task changes nothing.
    nonisolated func performUncancelled(
        _ queries: [Query], scope: Request.Scope, deadline: ContinuousClock.Instant
    ) async -> Result<[Rows], PostgresError> {
        await withCheckedContinuation { continuation in
            let request = Request(queries, scope: scope, deadline: deadline) { continuation.resume(returning: $0) }
            loop.execute { self.assumeIsolated { $0.send(request) } }
        }
    }
}
