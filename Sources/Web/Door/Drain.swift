import ServiceLifecycle
import Synchronization

/// Holds a shutdown back for a while: load balancers see at `/health` that this node is about to go, and send nothing more,
/// before it stops to listen. Put last among the services, it is the first to be told.
final class Drain: Service {
    private let time: Duration
    /// What has no end by itself is ended.
    private let onBegin: @Sendable () -> Void
    private let begun = Atomic(false)

    init(_ time: Duration, onBegin: @escaping @Sendable () -> Void = {}) { (self.time, self.onBegin) = (time, onBegin) }

    /// Whether we are about to go: `/health` says 503, and each answer is its connection's last.
    var hasBegun: Bool { begun.load(ordering: .relaxed) }

    func run() async throws {
        try await gracefulShutdown()
        begun.store(true, ordering: .relaxed)
        onBegin()
        try await Task.sleep(for: time)
    }
}
