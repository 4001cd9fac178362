import EventLoop

extension Database {
    /// A lock of that name, which one session of all processes that use this schema can hold.
    public func advisoryLock(name: String) throws(PostgresError) -> AdvisoryLock {
        let parameters = try ConnectionParameters(configuration, vigilance: .high)
        return AdvisoryLock(key: Int64(bitPattern: Self.hash("\(schemaHash) \(name)")), parameters, configuration.answerTimeout, on: loop)
    }
}

/// A lock that its session holds: it is lost the moment the server ends the session, whatever this side believes. So it has
/// a connection of its own, and `isHeld` asks on that very connection.
public actor AdvisoryLock {
    nonisolated let loop: EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let key: Int64
    private let parameters: ConnectionParameters
    private let timeout: Duration
    private var connection: Connection?

    init(key: Int64, _ parameters: ConnectionParameters, _ timeout: Duration, on loop: EventLoop) {
        (self.key, self.parameters, self.timeout, self.loop) = (key, parameters, timeout, loop)
    }

    /// Takes the lock if nobody else has it, without waiting; true if it is held now. Throws `PostgresError`.
    public func tryAcquire() async throws(PostgresError) -> Bool {
        if await isHeld() { return true }
        let opened = try await Connection.open(parameters, on: loop)
        do throws(PostgresError) {
            let rows = try await opened.perform(["SELECT pg_try_advisory_lock(\(key)) AS held"], deadline: deadline)
            guard connection == nil, try rows[0].first?("held") == true else {
                await opened.close(PostgresError(.closed, "somebody else has the lock"))
                return false
            }
            connection = opened
            return true
        } catch {
            await opened.close(error)
            throw error
        }
    }

    /// Whether the lock is held at this moment, by asking the server in the session that holds it.
    public func isHeld() async -> Bool {
        guard let connection else { return false }
        let held: Query = """
            SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
                AND objsubid = 1 AND classid::bigint << 32 | objid::bigint = \(key)) AS held
            """
        if let rows = try? await connection.perform([held], deadline: deadline), (try? rows[0].first?("held")) == true { return true }
        await release()
        return false
    }

    /// Lets the lock go by ending its session.
    public func release() async {
        guard let connection else { return }
        self.connection = nil
        await connection.close(PostgresError(.closed, "the lock was released"))
    }

    private var deadline: ContinuousClock.Instant { .now.advanced(by: timeout) }
}
