import DequeModule
import EventLoop
import Logging
import Synchronization

/// The connections that all statements outside transactions share. A statement goes to the one with the fewest under way;
/// while none is open it waits, but not longer than `Request.sendBy`. A connection that ends is replaced.
actor HotConnections {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Beyond so many under way on one connection, statements wait here: what has not been sent when a connection breaks
    /// can go to the next one.
    private static let mostInFlight = 256

    private let mostWaiting: Int
    private nonisolated let inbox = Mutex<[Request]>([])
    private nonisolated let parameters: ConnectionParameters
    private nonisolated let complaints: Complaints

    private var slots: [Slot]
    private var waiting = Deque<Request>()
    private var lastComplaint = "none was tried yet"
    private var alarm: ContinuousClock.Instant?
    private var isClosed = false
    private var closers: [CheckedContinuation<Void, Never>] = []

    private struct Slot {
        var connection: Connection?
        var isBeingOpened = false
        var backoff = Backoff()
    }

    init(_ parameters: ConnectionParameters, count: Int, mostWaiting: Int, on loop: EventLoop, logger: Logger) {
        (self.loop, self.parameters, self.mostWaiting) = (loop, parameters, mostWaiting)
        complaints = Complaints(to: logger)
        slots = Array(repeating: Slot(), count: max(1, count))
    }

    /// Hands over a request, from any thread. What comes in while the loop is busy is taken in one turn.
    nonisolated func submit(_ request: Request) {
        let isFirst = inbox.withLock {
            $0.append(request)
            return $0.count == 1
        }
        if isFirst { loop.execute { self.assumeIsolated { $0.takeInbox() } } }
    }

    private func takeInbox() {
        let requests = inbox.withLock { inbox in
            defer { inbox.removeAll(keepingCapacity: true) }
            return inbox
        }
        waiting.append(contentsOf: requests)
        dispatch()
    }

    /// Sends what can be sent.
    private func dispatch() {
        while !waiting.isEmpty {
            if isClosed { return failWaiting(PostgresError(.closed, "the database has been closed")) { _ in true } }
            guard let connection = leastBusy() else { break }
            let request = waiting.removeFirst()
            if request.sendBy <= .now { fail(late: request) } else { connection.assumeIsolated { $0.send(request) } }
        }
        for index in slots.indices { open(index) }
        shed()
        arm()
    }

    /// What cannot be sent soon is better refused now, while its caller still listens. The newest go: the others have
    /// waited for a while.
    private func shed() {
        while waiting.count > mostWaiting {
            waiting.removeLast().fail(PostgresError(.unavailable, "\(mostWaiting) statements wait for the database already"), sent: false)
        }
    }

    private func leastBusy() -> Connection? {
        var best: (connection: Connection, load: Int)?
        for slot in slots {
            guard let connection = slot.connection else { continue }
            let load = connection.assumeIsolated { $0.inFlight }
            if load < best?.load ?? Self.mostInFlight { best = (connection, load) }
        }
        return best?.connection
    }

    private func failWaiting(_ error: PostgresError, where isDoomed: (Request) -> Bool) {
        for request in waiting where isDoomed(request) { request.fail(error, sent: false) }
        waiting.removeAll(where: isDoomed)
    }

    private func fail(late request: Request) {
        request.fail(PostgresError(.unavailable, "no connection to the database in time; the last attempt: \(lastComplaint)"), sent: false)
    }
}

// MARK: Waiting in vain

extension HotConnections {
    private func arm() {
        guard let next = waiting.lazy.map(\.sendBy).min(), next < alarm ?? .now.advanced(by: .seconds(86_400)) else { return }
        alarm = next
        loop.schedule(at: next) { self.giveUp() }
    }

    private func giveUp() {
        alarm = nil
        let now = ContinuousClock.now
        for request in waiting where request.sendBy <= now { fail(late: request) }
        waiting.removeAll { $0.sendBy <= now }
        arm()
    }
}

// MARK: Opening and losing

extension HotConnections {
    private func open(_ index: Int) {
        guard !isClosed, slots[index].connection == nil, !slots[index].isBeingOpened else { return }
        slots[index].isBeingOpened = true
        Connection.open(parameters, on: loop) { result in self.assumeIsolated { $0.opened(index, result) } }
    }

    private func opened(_ index: Int, _ result: Result<Connection, PostgresError>) {
        slots[index].isBeingOpened = false
        switch result {
        case .success(let connection) where isClosed:
            connection.assumeIsolated { $0.close(PostgresError(.closed, "the database has been closed")) }
        case .success(let connection):
            slots[index].connection = connection
            connection.assumeIsolated {
                $0.report(
                    answers: { self.assumeIsolated { $0.answered(index) } },
                    close: { reason in self.assumeIsolated { $0.lost(index, reason) } })
            }
            dispatch()
        case .failure(let error):
            lastComplaint = error.message
            complaints.tell("no connection to the database", error, at: .warning)
            reopenLater(index)
        }
    }

    /// The backoff starts anew only now: a server that lets connections in and drops them is not well.
    private func answered(_ index: Int) {
        slots[index].backoff.reset()
        if !waiting.isEmpty { dispatch() }
        if isClosed { closeIdle() }
    }

    private func lost(_ index: Int, _ reason: PostgresError) {
        slots[index].connection = nil
        if isClosed { return closeIdle() }
        lastComplaint = reason.message
        complaints.tell("a database connection was lost", reason, at: .warning)
        reopenLater(index)
    }

    /// Not on the spot: whoever ends connections (a restart, a failover) usually is not ready for new ones.
    private func reopenLater(_ index: Int) {
        slots[index].isBeingOpened = true
        loop.schedule(at: .now.advanced(by: slots[index].backoff.next())) {
            self.slots[index].isBeingOpened = false
            self.open(index)
        }
    }
}

// MARK: Closing

extension HotConnections {
    /// Refuses new requests and returns when what is under way has been answered: at the latest at its deadlines.
    func close() async {
        isClosed = true
        dispatch()
        await withCheckedContinuation { closer in
            closers.append(closer)
            closeIdle()
        }
    }

    private func closeIdle() {
        for connection in slots.compactMap(\.connection) {
            connection.assumeIsolated { connection in
                if connection.inFlight == 0 { connection.close(PostgresError(.closed, "the database has been closed")) }
            }
        }
        guard slots.allSatisfy({ $0.connection == nil }) else { return }
        for closer in closers { closer.resume() }
        closers.removeAll()
    }
}
