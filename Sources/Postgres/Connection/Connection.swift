import CLibPQ
import DequeModule
import EventLoop
import Foundation

/// A session with the server, in libpq's pipeline mode: requests go out without waiting for the answers of those before,
/// each ended by a sync of its own, so that an error in one is none of the next.
///
/// Lives on the event loop's thread: its methods are called there by its owners, without a hop. The loop, which watches its
/// socket, keeps it alive until it is closed.
actor Connection {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// nil once closed.
    var handle: OpaquePointer?
    private var closeReason = PostgresError(.connectionLost, "the connection is closed")
    private let descriptor: Int32
    var statements: StatementCache
    private var sending = SendBuffers()
    var exchanges = Deque<Exchange>()
    private var watchesWritable = false
    private var alarm: (timer: EventLoop.TimerID, instant: ContinuousClock.Instant)?
    private var lease = ConnectionLease()

    /// Called when answers have come in.
    var onAnswers: @Sendable () -> Void = {}
    var onNotification: @Sendable (_ channel: String, _ payload: String) -> Void = { _, _ in }
    /// Called once, with the reason.
    private var onClose: @Sendable (PostgresError) -> Void = { _ in }

    private init(_ opened: OpenedConnection, statements capacity: Int, on loop: EventLoop) {
        self.loop = loop
        handle = opened.handle
        descriptor = PQsocket(opened.handle)
        statements = StatementCache(capacity: capacity)
    }

    /// Makes a connection and hands it over on the loop's thread. On a thread of its own: even libpq's asynchronous way of
    /// connecting resolves host names blocking, reads password and certificate files and computes for milliseconds (SCRAM).
    static func open(
        _ parameters: ConnectionParameters, statements capacity: Int = 256, on loop: EventLoop,
        then handOver: @escaping @Sendable (Result<Connection, PostgresError>) -> Void
    ) {
        Thread.detachNewThread {
            let result: Result<Connection, PostgresError>
            do throws(PostgresError) {
                let opened = try OpenedConnection.make(parameters)
                PQsetnonblocking(opened.handle, 1)
                PQenterPipelineMode(opened.handle)
                result = .success(Connection(opened, statements: capacity, on: loop))
            } catch { result = .failure(error) }
            loop.execute {
                if case .success(let connection) = result { connection.assumeIsolated { $0.watch() } }
                handOver(result)
            }
        }
    }

    /// Says whom to tell of what happens.
    func report(
        answers: @escaping @Sendable () -> Void = {}, notification: @escaping @Sendable (String, String) -> Void = { _, _ in },
        close: @escaping @Sendable (PostgresError) -> Void = { _ in }
    ) {
        (onAnswers, onNotification, onClose) = (answers, notification, close)
    }

    /// Begins a lease and tells its number; requests of earlier ones are refused from now on.
    func beginLease() -> UInt64 { lease.begin() }

    func endLease() { lease.end() }

    var isOpen: Bool { handle != nil }
    var inFlight: Int { exchanges.count }

    /// Whether the next lease finds the session as a new one: nothing awaited, no transaction open.
    var isFresh: Bool { handle.map { PQtransactionStatus($0) == PQTRANS_IDLE } ?? false && exchanges.isEmpty }
}

// MARK: Sending

extension Connection {
    /// Sends a request at once. Its reply is called exactly once, whatever happens.
    func send(_ request: Request) {
        guard let handle else { return request.fail(closeReason, sent: false) }
        #if DEBUG
            guard let request = failed(request) else { return }
        #endif
        if let refusal = request.queries.lazy.compactMap(\.refusal).first {
            return request.fail(PostgresError(.invalidQuery, "the query holds \(refusal)"), sent: false)
        }
        guard let exchange = lease.admit(request) else { return }
        let position = exchanges.count
        exchanges.append(exchange)
        var evicted: [String] = []
        var sent = !exchange.begins || put(.begin, 0, of: position, &evicted, handle)
        for (index, query) in request.queries.enumerated() where sent {
            sent = put(query, index + (exchange.begins ? 1 : 0), of: position, &evicted, handle)
        }
        guard sent, PQpipelineSync(handle) == 1 else { return lose() }
        arm(for: request.deadline)
        for name in evicted { send(Request(deallocating: name, deadline: request.deadline)) }
        flush()
    }

    private func put(_ query: Query, _ index: Int, of position: Int, _ evicted: inout [String], _ handle: OpaquePointer) -> Bool {
        let way = exchanges[position].request.bypassesCache || query.isPlannedAnew ? .unnamed : statements.way(of: query)
        switch way {
        case .named(let name): return sending.execute(name, query, on: handle)
        case .unnamed: return sending.execute(query, on: handle)
        case .prepare(let name, let old):
            if let old { evicted.append(old) }
            exchanges[position].preparing.append((name, index))
            return sending.prepare(name, query, on: handle) && sending.execute(name, query, on: handle)
        }
    }

    /// Writes what the socket takes; for the rest, waits until it takes more. Reading goes on meanwhile: a server that
    /// cannot get rid of its answers stops reading requests.
    func flush() {
        guard let handle else { return }
        let pending = PQflush(handle)
        if pending < 0 { return lose() }
        guard (pending == 1) != watchesWritable else { return }
        watchesWritable = pending == 1
        watch()
    }

    private func watch() {
        loop.watch(descriptor, for: watchesWritable ? [.readable, .writable] : .readable) { readiness in
            if readiness.contains(.readable) { self.receive() }
            self.flush()
        }
    }
}

// MARK: Ending

extension Connection {
    /// The deadline of a request that is not answered in time ends the connection: libpq 15 can only cancel blocking, and in
    /// a pipeline a cancel hits whatever statement happens to run. One timer serves all requests.
    private func arm(for deadline: ContinuousClock.Instant) {
        if let alarm {
            guard deadline < alarm.instant else { return }
            loop.cancel(alarm.timer)
        }
        alarm = (loop.schedule(at: deadline) { self.checkDeadlines() }, deadline)
    }

    private func checkDeadlines() {
        alarm = nil
        guard let next = exchanges.lazy.map(\.request.deadline).min() else { return }
        guard next <= .now else { return arm(for: next) }
        close(PostgresError(.connectionLost, "the connection was dropped because another statement on it took too long"))
    }

    func lose() {
        close(PostgresError(.connectionLost, "the connection to the server broke"))
    }

    /// Ends the connection; whoever waits for an answer gets `reason`, or "timed out" if that is what they are.
    func close(_ reason: PostgresError) {
        guard let handle else { return }
        self.handle = nil
        closeReason = reason
        loop.unwatch(descriptor)
        PQfinish(handle)
        if let alarm { loop.cancel(alarm.timer) }
        alarm = nil
        let now = ContinuousClock.now
        for exchange in exchanges {
            let isLate = exchange.request.deadline <= now
            exchange.request.fail(isLate ? PostgresError(.timedOut, "no answer by the deadline") : reason, sent: true)
        }
        exchanges.removeAll()
        onClose(reason)
        report()
    }
}
