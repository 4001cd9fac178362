import Synchronization

/// Answers that are dear to find, kept for a moment: so that a page which fifty people look at does not count everything fifty times.
///
/// What took long is kept for longer, up to `longest`: at most a twentieth of the time goes into finding it anew. What is found at once
/// is not kept at all, so small organizations always see how things stand. Who asks while an answer is being found gets that one.
final class Memory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Kept {
        let finding: Task<Value, any Error>
        let number: UInt64
        /// Nil: it is being found.
        var until: ContinuousClock.Instant?
    }

    private struct State {
        var kept: [Key: Kept] = [:]
        var count: UInt64 = 0
    }

    private let longest: Duration
    private let times: Int
    private let most: Int
    private let trifle: Duration
    private let state = Mutex(State())

    /// Keeps at most `most` answers, each so many `times` as long as it took to find, up to `longest`; those found within `trifle` are
    /// not kept.
    init(longest: Duration = .seconds(2), times: Int = 20, trifle: Duration = .milliseconds(5), most: Int = 1_000) {
        (self.longest, self.times, self.trifle, self.most) = (longest, times, trifle, most)
    }

    func value(_ key: Key, _ find: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let now = ContinuousClock.now
        let (kept, isMine) = state.withLock { state in
            if let kept = state.kept[key], kept.until.map({ now < $0 }) ?? true { return (kept, false) }
            if state.kept.count >= most { state.kept = state.kept.filter { $0.value.until.map { now < $0 } ?? true } }
            state.count += 1
            // Not of whoever asks first: if he goes away, the others still wait for it.
            let kept = Kept(finding: Task { try await find() }, number: state.count)
            // When all are fresh, one more is found by itself each time.
            if state.kept.count < most { state.kept[key] = kept }
            return (kept, true)
        }
        guard isMine else { return try await kept.finding.value }
        let result = await kept.finding.result
        let cost = ContinuousClock.now - now
        state.withLock { state in
            guard state.kept[key]?.number == kept.number else { return }
            if case .success = result, cost >= trifle {
                state.kept[key]?.until = .now + min(cost * times, longest)
            } else {
                state.kept[key] = nil
            }
        }
        return try result.get()
    }

    /// How many are kept; for tests.
    var count: Int { state.withLock { $0.kept.count } }
}
