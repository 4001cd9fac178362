import Postgres

extension Database {
    /// Over a connection that is shared as long as nobody locks what is needed, and then over one of its own, on which one may wait. Either
    /// way all of it is done or nothing.
    func batchWithPatience(_ statements: [Query]) async throws -> [Rows] {
        do throws(PostgresError) {
            return try await batch(statements)
        } catch {
            guard error.isOfLock else { throw error }
            return try await transaction { transaction in try await transaction.batch(statements) }
        }
    }
}
