import Foundation
import Synchronization
import Time

/// A real HTTP/1.1 server on a free port of 127.0.0.1, in the place of a customer's. It answers as the test says, path by
/// path, well or badly, and keeps every request it got.
///
///     let receiver = try Receiver()
///     receiver.answer("/hook") { _ in .status(503) }
///     …
///     let request = try await receiver.request(1, at: "/hook")
///
/// A thread accepts, and one a connection reads and writes; all end with ``close()`` or when nobody holds the receiver.
public final class Receiver: Sendable {
    /// A request as it came in.
    public struct Request: Sendable {
        /// As it was written.
        public let method: String
        /// With the query.
        public let path: String
        /// In the order they came, names as they were written.
        public let headers: [(name: String, value: String)]
        /// As many bytes as Content-Length said.
        public let body: [UInt8]
        /// When its last byte had been read, by this machine's clock.
        public let arrived: Timestamp

        /// The first header of that name.
        public func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// The request did not come.
    public struct NothingCame: Error {
        /// Where it was awaited; nil: anywhere.
        public let path: String?
        /// How many had come there.
        public let received: Int
    }

    /// Makes the answer to a request, on the connection's thread.
    public typealias Handler = @Sendable (Request) -> Answer

    /// Where it listens.
    public let port: UInt16
    /// Its address, without a slash at the end.
    public var url: String { "http://127.0.0.1:\(port)" }

    private let state = State()
    private let listener: Int32

    final class State: Sendable {
        struct Values {
            var handlers: [String: Handler] = [:]
            var requests: [Request] = []
            var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
            var waiters = 0
            var connections: Set<Int32> = []
            var isClosed = false
        }
        let values = Mutex(Values())
    }

    /// Starts to listen; every path answers 200 with no body until told otherwise.
    public init() throws {
        (listener, port) = try listenOnLoopback()
        let (listener, state) = (listener, state)
        Thread.detachNewThread { acceptConnections(of: listener, state) }
    }

    deinit { close() }

    /// Says how the path (without its query) answers from now on.
    public func answer(_ path: String, _ handler: @escaping Handler) { state.values.withLock { $0.handlers[path] = handler } }

    /// What has come in so far, in order.
    public var requests: [Request] { state.values.withLock { $0.requests } }

    /// Waits for the `number`-th request (1 is the first), at all or at one path, by a signal of its arrival.
    /// - Throws: ``NothingCame`` when `patience` is over.
    public func request(_ number: Int = 1, at path: String? = nil, within patience: Duration = .seconds(30)) async throws -> Request {
        let deadline = ContinuousClock.now.advanced(by: patience)
        while true {
            let matching = requests.filter { path == nil || $0.path == path }
            if matching.count >= number { return matching[number - 1] }
            guard await arrival(after: requests.count, before: deadline) else { throw NothingCame(path: path, received: matching.count) }
        }
    }

    /// False if `deadline` passed without another request.
    private func arrival(after seen: Int, before deadline: ContinuousClock.Instant) async -> Bool {
        let state = state
        let id = state.values.withLock { values in
            values.waiters += 1
            return values.waiters
        }
        let alarm = Task {
            try await Task.sleep(until: deadline)
            state.values.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
        defer { alarm.cancel() }
        await withCheckedContinuation { continuation in
            let missed = state.values.withLock { values in
                if values.requests.count > seen || ContinuousClock.now >= deadline { return true }
                values.waiting[id] = continuation
                return false
            }
            if missed { continuation.resume() }
        }
        return requests.count > seen
    }

    /// Ends all connections and stops listening. Asking twice does nothing more.
    public func close() {
        state.values.withLock { values in
            guard !values.isClosed else { return }
            values.isClosed = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in values.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }
}

extension Receiver.State {
    /// Files a request, wakes who waits for it, and says how it is answered.
    func answer(to request: Receiver.Request) -> Receiver.Answer {
        let (handler, woken) = values.withLock { values in
            values.requests.append(request)
            defer { values.waiting = [:] }
            return (values.handlers[String(request.path.prefix { $0 != "?" })], Array(values.waiting.values))
        }
        woken.forEach { $0.resume() }
        return handler?(request) ?? .status(200)
    }
}
