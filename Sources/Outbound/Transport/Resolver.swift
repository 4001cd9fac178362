import EventLoop
import Glibc
import Synchronization

/// Resolves names on threads of its own, because `getaddrinfo` blocks and libcurl, left to it, waits for it when a call is
/// given up. A bounded number of threads, of which one tenant gets a quarter at most: names that answer slowly are cheap
/// to make, and must hold up nobody else. A lookup that takes long goes on, and another thread takes its place. A name that
/// several ask for is looked up once.
final class Resolver: Sendable {
    /// What is known of a name.
    enum Answer: Sendable, Equatable {
        /// Never empty, in the system's order of preference (RFC 6724).
        case addresses([IPAddress])
        /// There is no such name, or it has no address.
        case none
        /// Nobody who should know answered.
        case failed
    }

    private let state: Mutex<ResolverState>
    private let loop: EventLoop
    private let lookUp: @Sendable (String) -> Answer
    private let long: Duration

    /// A waiter's timer. `@unchecked Sendable`: touched on the loop's thread only.
    private final class Patience: @unchecked Sendable { var timer: EventLoop.TimerID? }

    /// `lookUp` may block for as long as it likes; tests give one of their own. What takes longer than `long` does not count
    /// among `threads`.
    init(on loop: EventLoop, threads: Int = 16, long: Duration = .seconds(1), lookUp: @escaping @Sendable (String) -> Answer) {
        (self.loop, self.lookUp, self.long) = (loop, lookUp, long)
        state = Mutex(ResolverState(mostThreads: threads))
    }

    /// What `name` stands for, as known a few seconds ago or looked up now. Nil when `deadline` passes first or the task is
    /// cancelled; the lookup then goes on for whoever asks next.
    func resolve(_ name: String, for tenant: UInt64, until deadline: ContinuousClock.Instant) async -> Answer? {
        if let known = state.withLock({ $0.known(name) }) { return known }
        let ticket = state.withLock { $0.makeTicket() }
        let patience = Patience()
        defer { loop.execute { [loop] in if let timer = patience.timer { loop.cancel(timer) } } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = ResolverState.Waiter(ticket: ticket, continuation: continuation)
                switch state.withLock({ $0.ask(name, for: tenant, waiter) }) {
                case .answered(let answer): continuation.resume(returning: answer)
                case .mustWait(let needsThread):
                    if needsThread { startThread() }
                    loop.execute { patience.timer = self.loop.schedule(at: deadline) { self.giveUp(name, ticket) } }
                    // Cancelled before there was anything to give up.
                    if Task.isCancelled { giveUp(name, ticket) }
                }
            }
        } onCancel: {
            giveUp(name, ticket)
        }
    }

    private func giveUp(_ name: String, _ ticket: UInt64) {
        state.withLock { $0.withdraw(name, ticket) }?.resume(returning: nil)
    }

    private func startThread() {
        var thread = pthread_t()
        let me = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(&thread, nil, { $0.flatMap { Unmanaged<Resolver>.fromOpaque($0).takeRetainedValue().work() } }, me)
        if code == 0 {
            pthread_detach(thread)
        } else {
            Unmanaged<Resolver>.fromOpaque(me).release()
            for waiter in state.withLock({ $0.threadDidNotStart() }) { waiter.continuation.resume(returning: .failed) }
        }
    }

    /// A thread's life: one name after the other until there is none that it may take.
    private func work() -> UnsafeMutableRawPointer? {
        while let (name, tenant) = state.withLock({ $0.takeNext() }) {
            loop.execute { self.loop.schedule(at: .now + self.long) { self.look(after: name) } }
            let answer = lookUp(name)
            let (waiters, mayGoOn) = state.withLock { $0.finish(name, of: tenant, with: answer) }
            for waiter in waiters { waiter.continuation.resume(returning: answer) }
            guard mayGoOn else { break }
        }
        return nil
    }

    private func look(after name: String) {
        if state.withLock({ $0.replace(name, runningFor: long) }) { startThread() }
    }
}
