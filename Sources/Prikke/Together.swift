import ServiceLifecycle

/// Services that are told to stop at the same moment. A service group stops one after the other, so that the last would hear
/// of it when the first has taken its time.
struct Together: Service {
    let services: [any Service]
    /// Whoever sends here ends the patience with them: they are cancelled.
    private let haste: AsyncStream<Void>.Continuation
    private let impatience: AsyncStream<Void>

    init(_ services: [any Service]) {
        self.services = services
        (impatience, haste) = AsyncStream.makeStream()
    }

    func hurry() { haste.yield() }

    func run() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for service in services {
                tasks.addTask {
                    try await service.run()
                    return true
                }
            }
            tasks.addTask {
                for await _ in impatience { break }
                return false
            }
            var running = services.count
            while running > 0, let hasEnded = try await tasks.next() {
                if hasEnded { running -= 1 } else { tasks.cancelAll() }
            }
            tasks.cancelAll()
        }
    }
}
