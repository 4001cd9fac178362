import DequeModule
import EventLoop
import Logging

/// The connections for transactions: each is lent to one at a time. At most `capacity` are open; a borrower waits for one
/// up to a limit and in the order of asking.
actor Leases {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let parameters: ConnectionParameters
    private let capacity: Int
    private let patience: Duration
    private let mostWaiting: Int

    private var idle: [Connection] = []
    /// Idle, lent out and being opened.
    private var count = 0
    private var borrowers = Deque<Borrower>()
    private var borrowersSeen: UInt64 = 0
    private var isClosed = false

    private struct Borrower {
        let number: UInt64
        let resume: CheckedContinuation<Turn, Never>
        let timer: EventLoop.TimerID
    }

    private enum Turn {
        case connection(Connection)
        case mayOpen
        case failure(PostgresError)
    }

    init(_ parameters: ConnectionParameters, capacity: Int, patience: Duration, mostWaiting: Int, on loop: EventLoop) {
        (self.parameters, self.capacity, self.patience) = (parameters, max(1, capacity), patience)
        (self.mostWaiting, self.loop) = (mostWaiting, loop)
    }

    /// Lends a connection. Throws `PostgresError` of kind `.poolExhausted`, `.unavailable`, `.cancelled` or `.closed`.
    func take() async throws(PostgresError) -> Connection {
        if isClosed { throw PostgresError(.closed, "the database has been closed") }
        if let connection = idle.popLast() { return connection }
        let start = ContinuousClock.now
        if count < capacity {
            count += 1
            return try await open(until: start.advanced(by: patience))
        }
        if borrowers.count >= mostWaiting {
            throw PostgresError(.poolExhausted, "\(mostWaiting) transactions wait for a connection already")
        }
        switch await turn() {
        case .connection(let connection): return connection
        case .mayOpen: return try await open(until: start.advanced(by: patience))
        case .failure(let error): throw error
        }
    }

    /// Takes a connection back, or closes it if the next borrower would not find it as new.
    func giveBack(_ connection: Connection) {
        connection.assumeIsolated { $0.endLease() }
        if isClosed || !connection.assumeIsolated({ $0.isFresh }) {
            connection.assumeIsolated { $0.close(PostgresError(.closed, "the connection was left in the middle of something")) }
            return freePlace()
        }
        if let borrower = borrowers.popFirst() { resume(borrower, .connection(connection)) } else { idle.append(connection) }
    }

    /// Refuses new borrowers; connections lent out are closed when they come back.
    func close() {
        isClosed = true
        while let borrower = borrowers.popFirst() { resume(borrower, .failure(PostgresError(.closed, "the database has been closed"))) }
        for connection in idle { connection.assumeIsolated { $0.close(PostgresError(.closed, "the database has been closed")) } }
        count -= idle.count
        idle.removeAll()
    }

    private func freePlace() {
        if let borrower = borrowers.popFirst() { resume(borrower, .mayOpen) } else { count -= 1 }
    }
}

// MARK: Waiting

extension Leases {
    private func turn() async -> Turn {
        borrowersSeen += 1
        let number = borrowersSeen
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume(returning: .failure(Self.cancelled)) }
                let timer = loop.schedule(at: .now.advanced(by: patience)) {
                    let waited = "no connection for a transaction within \(self.patience): all \(self.capacity) are taken"
                    self.dismiss(number, PostgresError(.poolExhausted, waited))
                }
                borrowers.append(Borrower(number: number, resume: continuation, timer: timer))
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.dismiss(number, Self.cancelled) } }
        }
    }

    private static let cancelled = PostgresError(.cancelled, "the task was cancelled")

    private func dismiss(_ number: UInt64, _ error: PostgresError) {
        guard let index = borrowers.firstIndex(where: { $0.number == number }) else { return }
        resume(borrowers.remove(at: index), .failure(error))
    }

    private func resume(_ borrower: Borrower, _ turn: Turn) {
        loop.cancel(borrower.timer)
        borrower.resume.resume(returning: turn)
    }
}

// MARK: Opening

extension Leases {
    /// Opens a connection in the place that has been counted for it, trying again until `limit`.
    private func open(until limit: ContinuousClock.Instant) async throws(PostgresError) -> Connection {
        var backoff = Backoff()
        while true {
            do throws(PostgresError) {
                let connection = try await Connection.open(parameters, on: loop)
                adopt(connection)
                return connection
            } catch {
                let pause = backoff.next()
                guard !isClosed, .now.advanced(by: pause) < limit, (try? await Task.sleep(for: pause)) != nil else {
                    freePlace()
                    throw error
                }
            }
        }
    }

    private func adopt(_ connection: Connection) {
        connection.assumeIsolated {
            $0.report(close: { [weak connection] _ in
                guard let connection else { return }
                self.assumeIsolated { $0.lost(connection) }
            })
        }
    }

    /// One that is lent out is counted until it comes back.
    private func lost(_ connection: Connection) {
        guard let index = idle.firstIndex(where: { $0 === connection }) else { return }
        idle.remove(at: index)
        count -= 1
    }
}
