import EventLoop

extension Database {
    /// A lock of that name, which one session of all processes that use this schema can hold.
    public func advisoryLock(name: String) throws(PostgresError) -> AdvisoryLock {
        let parameters = try ConnectionParameters(configuration, vigilance: .high)
        return AdvisoryLock(key: Int64(bitPattern: Self.hash("\(schemaHash) \(name)")), parameters, on: loop)
    }
}

/// A lock that its session holds: it is lost the moment the server ends the session, whatever this side believes. So it has
/// a connection of its own, kept from one attempt to the next, and asks on that very connection.
public actor AdvisoryLock {
    /// An answer that comes later is worth nothing: the connection is dropped, and with it the lock.
    private static let patience: Duration = .seconds(2)

    nonisolated let loop: EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let key: Int64
    private let parameters: ConnectionParameters
    private var connection: Connection?

    init(key: Int64, _ parameters: ConnectionParameters, on loop: EventLoop) {
        (self.key, self.parameters, self.loop) = (key, parameters, loop)
    }

    /// Takes the lock if nobody else has it, without waiting; true if it is held now. Throws `PostgresError`.
    ///
    /// A session that has it already is not given it a second time: it would have to be let go twice.
    public func tryAcquire() async throws(PostgresError) -> Bool {
        try await ask("SELECT CASE WHEN \(isOurs) THEN true ELSE pg_try_advisory_lock(\(key)) END AS held", in: try await session())
    }

    /// Whether the lock is held at this moment, by asking the server in the session that holds it.
    public func isHeld() async -> Bool {
        guard let connection else { return false }
        return (try? await ask("SELECT \(isOurs) AS held", in: connection)) ?? false
    }

    /// Lets the lock go by ending its session.
    public func release() async {
        guard let connection else { return }
        self.connection = nil
        await connection.close(PostgresError(.closed, "the lock was released"))
    }

    private var isOurs: Query {
        """
        EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
            AND objsubid = 1 AND classid::bigint << 32 | objid::bigint = \(key))
        """
    }

    private func session() async throws(PostgresError) -> Connection {
        if let connection { return connection }
        let opened = try await Connection.open(parameters, on: loop)
        if let connection {
            await opened.close(PostgresError(.closed, "another attempt was faster"))
            return connection
        }
        connection = opened
        return opened
    }

    private func ask(_ query: Query, in session: Connection) async throws(PostgresError) -> Bool {
        do throws(PostgresError) {
            return try await session.perform([query], deadline: .now + Self.patience)[0].only("held")
        } catch {
            await session.close(error)
            if connection === session { connection = nil }
            throw error
        }
    }
}
