import EventLoop
import Logging

/// What a channel has to say.
public enum Notification: Sendable, Hashable {
    /// Somebody notified the channel.
    case received(String)
    /// From here on nothing is missed; what was said before may have been. The first element of every sequence, and again
    /// after each interruption: time to look at what the notifications are about.
    case reconnected
}

extension Database {
    /// What is said on a channel, from the moment the first `.reconnected` arrives. It goes on through lost connections, and
    /// ends when the task that iterates it is cancelled or the database is closed. A reader that falls 1,024 behind loses
    /// the oldest and is told `.reconnected`.
    ///
    /// `channel` is the plain name; say something on it with `notification(on:payload:)`.
    public func listen(to channel: String) -> AsyncStream<Notification> {
        let channel = qualified(channel: channel)
        let (stream, listener) = AsyncStream.makeStream(of: Notification.self, bufferingPolicy: .bufferingNewest(1024))
        let ear = self.listener
        loop.execute {
            ear.assumeIsolated { $0.add(listener, to: channel) }
        }
        return stream
    }

    /// The statement that says `payload` (at most 7,999 bytes) on a channel when its transaction commits. One for a batch:
    /// the server takes a lock of the whole database for it.
    public func notification(on channel: String, payload: String = "") -> Query {
        "SELECT pg_notify(\(qualified(channel: channel)), \(payload))"
    }

    /// The name of a channel in the server: a channel is heard in all schemas, so the name carries the schema's hash.
    public func qualified(channel: String) -> String { "\(channel)_\(String(schemaHash, radix: 16))" }
}

/// Hears all channels over one connection, which it opens for the first reader, closes after the last and replaces when it
/// breaks.
actor Listener {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private typealias Reader = AsyncStream<Notification>.Continuation

    private let parameters: ConnectionParameters
    private nonisolated let complaints: Complaints
    private var readers: [String: [UInt64: Reader]] = [:]
    private var readersSeen: UInt64 = 0
    private var connection: Connection?
    private var isBeingOpened = false
    private var backoff = Backoff()
    private var isClosed = false

    init(_ parameters: ConnectionParameters, on loop: EventLoop, logger: Logger) {
        (self.parameters, self.loop) = (parameters, loop)
        complaints = Complaints(to: logger)
    }

    func add(_ reader: AsyncStream<Notification>.Continuation, to channel: String) {
        if isClosed { return reader.finish() }
        readersSeen += 1
        let number = readersSeen
        readers[channel, default: [:]][number] = reader
        reader.onTermination = { _ in
            self.loop.execute { self.assumeIsolated { $0.remove(number, from: channel) } }
        }
        if connection != nil { listen(to: channel) { reader.yield(.reconnected) } } else { open() }
    }

    private func remove(_ number: UInt64, from channel: String) {
        guard readers[channel]?.removeValue(forKey: number) != nil, readers[channel]?.isEmpty == true else { return }
        readers[channel] = nil
        if readers.isEmpty {
            hangUp()
        } else {
            send("UNLISTEN \(identifier: channel)") { _ in }
        }
    }

    /// Ends all sequences.
    func close() {
        isClosed = true
        for reader in readers.values.flatMap(\.values) { reader.finish() }
        readers.removeAll()
        hangUp()
    }

    private func hangUp() {
        let old = connection
        connection = nil
        old?.assumeIsolated { $0.close(PostgresError(.closed, "nobody listens")) }
    }
}

// MARK: The connection

extension Listener {
    private func open() {
        guard connection == nil, !isBeingOpened, !readers.isEmpty else { return }
        isBeingOpened = true
        Connection.open(parameters, on: loop) { result in self.assumeIsolated { $0.opened(result) } }
    }

    private func opened(_ result: Result<Connection, PostgresError>) {
        isBeingOpened = false
        switch result {
        case .success(let opened):
            connection = opened
            opened.assumeIsolated {
                $0.report(
                    notification: { channel, payload in self.assumeIsolated { $0.hear(payload, on: channel) } },
                    close: { [weak opened] reason in self.assumeIsolated { $0.lost(opened, reason) } })
            }
            if readers.isEmpty { return hangUp() }
            for channel in readers.keys { listen(to: channel) { self.assumeIsolated { $0.tell(.reconnected, on: channel) } } }
        case .failure(let error): openLater(error)
        }
    }

    private func lost(_ lost: Connection?, _ reason: PostgresError) {
        guard connection === lost else { return }
        connection = nil
        openLater(reason)
    }

    private func openLater(_ reason: PostgresError) {
        complaints.tell("not listening to the database", reason, at: .warning)
        isBeingOpened = true
        loop.schedule(at: .now.advanced(by: backoff.next())) {
            self.isBeingOpened = false
            self.open()
        }
    }

    /// Once LISTEN has been answered, nothing said afterwards is missed. The backoff starts anew only then: a server that
    /// takes connections and drops them is not well. Refused, the channel would be deaf for as long as the connection lives.
    private func listen(to channel: String, then heard: @escaping @Sendable () -> Void) {
        let asked = connection
        send("LISTEN \(identifier: channel)") { result in
            switch result {
            case .success:
                self.assumeIsolated { $0.backoff.reset() }
                heard()
            case .failure(let error): self.assumeIsolated { $0.refused(error, by: asked) }
            }
        }
    }

    private func refused(_ error: PostgresError, by asked: Connection?) {
        guard let asked, connection === asked else { return }
        hangUp()
        openLater(error)
    }

    private func send(_ query: Query, reply: @escaping @Sendable (Result<[Rows], PostgresError>) -> Void) {
        guard let connection else { return }
        let request = Request([query], deadline: .now.advanced(by: .seconds(10)), reply: reply)
        connection.assumeIsolated { $0.send(request) }
    }

    private func hear(_ payload: String, on channel: String) { tell(.received(payload), on: channel) }

    private func tell(_ notification: Notification, on channel: String) {
        for reader in readers[channel]?.values ?? [:].values {
            if case .dropped = reader.yield(notification) { reader.yield(.reconnected) }
        }
    }
}
