import Synchronization

/// What a service sleeps by: until somebody rings, or until its next instant. Ringing while nobody sleeps is remembered
/// once, so nothing that happened between looking and falling asleep is missed. One sleeper at a time.
public final class Bell: Sendable {
    private struct State {
        var isRung = false
        var sleeper: CheckedContinuation<Void, Never>?
        /// Tells one sleep from the next: a timer of an earlier one wakes nobody.
        var sleep: UInt64 = 0
    }

    private let state = Mutex(State())
    private let loop: EventLoop

    /// `loop` keeps the time.
    public init(on loop: EventLoop) { self.loop = loop }

    /// Wakes the sleeper, now or as soon as it tries to sleep. From any thread.
    public func ring() {
        let sleeper = state.withLock { state in
            state.isRung = state.sleeper == nil
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Returns when rung, at `deadline`, or when the task is cancelled.
    public func wait(until deadline: ContinuousClock.Instant) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { sleeper in
                guard let sleep = fallAsleep(sleeper) else { return sleeper.resume() }
                loop.execute { [loop] in loop.schedule(at: deadline) { self.end(sleep) } }
            }
        } onCancel: {
            ring()
        }
    }

    /// The number of the sleep that begins; nil where there is no time for one.
    private func fallAsleep(_ sleeper: CheckedContinuation<Void, Never>) -> UInt64? {
        state.withLock { state in
            guard !state.isRung, !Task.isCancelled else {
                state.isRung = false
                return nil
            }
            precondition(state.sleeper == nil, "a bell has one sleeper")
            state.sleeper = sleeper
            state.sleep += 1
            return state.sleep
        }
    }

    private func end(_ sleep: UInt64) {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.sleep == sleep else { return nil }
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }
}
