import Logging
import ServiceLifecycle
import Testing

@testable import Scheduling

extension Scene {
    func worker(maximum: Int = 1_000, grace: Duration = .seconds(25)) throws -> Worker {
        Worker(
            engine, plugins: plugins, signing: try #require(Self.signing), secrets: try #require(Self.secrets),
            places: Places(100, upTo: maximum), grace: grace, logger: silence
        )
    }

    /// Runs the services while `body` runs and stops them gracefully after it: by then all that ran is recorded.
    func running(_ services: [any Service], during body: @Sendable () async throws -> Void) async throws {
        let group = ServiceGroup(services: services, logger: silence)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }
}

/// What happens, told by whom it happens to, in order.
struct Signals<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init(of type: Value.Type = Value.self) { (stream, continuation) = AsyncStream.makeStream() }

    func send(_ value: Value) { continuation.yield(value) }

    /// Waits for so many. A test that waits for one too many ends by its time limit.
    func next(_ count: Int) async -> [Value] {
        var values: [Value] = []
        var iterator = stream.makeAsyncIterator()
        while values.count < count, let value = await iterator.next() { values.append(value) }
        return values
    }
}

extension Signals where Value == Void {
    func send() { send(()) }
}
