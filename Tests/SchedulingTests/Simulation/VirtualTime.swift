import Synchronization
import Time

/// The time of a simulation: a monotonic clock that nobody but the driver moves, and beside it the database's clock, which can
/// be set.
///
/// A `moment` is a count of microseconds of the monotonic clock since the simulation began.
final class VirtualTime: Sendable {
    private let base = ContinuousClock.now
    private let start: Timestamp
    private let state = Mutex((moment: Int64(0), step: Int64(0)))

    init(start: Timestamp) { self.start = start }

    var moment: Int64 { state.withLock { $0.moment } }

    /// What the database's clock says.
    var now: Timestamp { state.withLock { Timestamp(microseconds: start.microseconds + $0.moment + $0.step) } }

    func advance(to moment: Int64) { state.withLock { $0.moment = max($0.moment, moment) } }

    /// Sets the database's clock by so many microseconds.
    func step(by microseconds: Int64) { state.withLock { $0.step += microseconds } }

    /// When the database's clock will say this, unless it is set before.
    func moment(of time: Timestamp) -> Int64 { state.withLock { time.microseconds - start.microseconds - $0.step } }

    /// For the clocks of the nodes.
    @Sendable func monotonic() -> ContinuousClock.Instant { base + .microseconds(moment) }
}
