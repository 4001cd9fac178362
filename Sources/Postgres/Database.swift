import EventLoop
import Logging
import ServiceLifecycle

/// The door to the database. It connects when it is first asked and again whenever it must.
///
///     let rows = try await database.query("SELECT name FROM jobs WHERE id = \(id)")
///     let name: String? = try rows.first?("name")
public final class Database: QueryRunner, Service {
    /// Makes advisory locks and channels, which are the whole database's, differ between schemas.
    public let schemaHash: UInt64
    let configuration: DatabaseConfiguration
    /// The loop of its connections.
    public let loop: EventLoop
    let logger: Logger
    private let hot: HotConnections
    private let leases: Leases
    let listener: Listener

    /// Does not connect. Throws `PostgresError` of kind `.configuration` if the URL cannot be read.
    public init(_ configuration: DatabaseConfiguration, on loop: EventLoop, logger: Logger) throws(PostgresError) {
        (self.configuration, self.loop, self.logger) = (configuration, loop, logger)
        schemaHash = Self.hash(configuration.searchPath ?? "public")
        let parameters = try ConnectionParameters(configuration)
        let shared = try ConnectionParameters(configuration, isShared: true)
        let (wait, most) = (configuration.connectionWait, configuration.mostWaiting)
        hot = HotConnections(shared, count: configuration.hotConnections, mostWaiting: most, on: loop, logger: logger)
        leases = Leases(parameters, capacity: configuration.leaseConnections, patience: wait, mostWaiting: most, on: loop)
        listener = Listener(try ConnectionParameters(configuration, vigilance: .high), on: loop, logger: logger)
    }

    /// Waits until the task is cancelled or the service is asked to stop, then closes the database. It can be used before.
    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    /// Refuses new statements, waits for the answers to those under way and closes all connections.
    public func close() async {
        await leases.close()
        await listener.close()
        await hot.close()
    }

    /// Sends a statement, which commits by itself, on a connection shared with others. Waits for the answer at most
    /// `timeout` (nil: as configured); then the connection is dropped, and those who wait for answers on it fail as well.
    /// A task that is cancelled while it waits goes on waiting: the statement cannot be called back. Throws `PostgresError`.
    @discardableResult
    public func query(_ query: Query, timeout: Duration?) async throws(PostgresError) -> Rows {
        try await batch([query], timeout: timeout)[0]
    }

    /// Sends statements together: they are one transaction, one round trip and one flush of the server's log. Otherwise
    /// like `query`.
    @discardableResult
    public func batch(_ queries: [Query], timeout: Duration?) async throws(PostgresError) -> [Rows] {
        if queries.isEmpty { return [] }
        if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled") }
        let now = ContinuousClock.now
        let deadline = now.advanced(by: timeout ?? configuration.answerTimeout)
        return try await withCheckedContinuation { continuation in
            hot.submit(
                Request(queries, deadline: deadline, sendBy: now.advanced(by: configuration.connectionWait)) {
                    continuation.resume(returning: $0)
                })
        }.get()
    }

    /// Runs `body` in a transaction on a connection of its own: committed when it returns, rolled back when it throws.
    /// Throws what `body` throws, or `PostgresError`: `.poolExhausted` when all connections stay taken; with
    /// `outcomeUnknown` when the answer to the COMMIT was lost.
    @discardableResult
    public func transaction<Result: Sendable>(_ body: (Transaction) async throws -> Result) async throws -> Result {
        let connection = try await leases.take()
        let lease = await connection.beginLease()
        let transaction = Transaction(connection: connection, lease: lease, answerTimeout: configuration.answerTimeout)
        do {
            let result = try await body(transaction)
            try await transaction.commit()
            await leases.giveBack(connection)
            return result
        } catch {
            await transaction.rollback()
            await leases.giveBack(connection)
            throw error
        }
    }

    /// FNV-1a: the same in every process and version, which Swift's own hash is not.
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
