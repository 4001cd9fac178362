import Postgres
import Synchronization
import Time

/// The database's clock, read here: the only clock that decides what is due. It is this machine's monotonic clock plus
/// an offset that is measured again with each heartbeat, so a step of this machine's own time changes nothing.
///
/// A measurement bounds the offset from both sides: the database read its clock after we asked and before we had the
/// answer. The greatest lower bound of the last few is taken, so `now()` is late by a part of the shortest round trip
/// rather than early: no occurrence starts before its time.
public final class DatabaseClock: Sendable {
    /// Bounds of "database microseconds at monotonic `origin`".
    private struct Sample {
        let lower: Int64
        let upper: Int64
    }

    /// Two samples a millisecond apart still agree: the clocks drift between them.
    private static let drift: Int64 = 1_000
    /// By more than this no clock drifts from one sample to the next; and so much leases can bear.
    private static let step: Int64 = 500_000
    private static let remembered = 8
    private let samples = Mutex<[Sample]>([])
    /// This machine's monotonic clock; the simulated year hands in one of its own.
    let monotonic: @Sendable () -> ContinuousClock.Instant
    private let origin: ContinuousClock.Instant

    /// A clock that has not been set: measure once before reading it.
    public convenience init() { self.init(monotonic: { .now }) }

    init(monotonic: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.monotonic = monotonic
        origin = monotonic()
    }

    /// What time it is in the database.
    public func now() -> Timestamp { time(at: monotonic()) }

    /// When, on this machine's monotonic clock, the database's reaches `time`.
    public func instant(of time: Timestamp) -> ContinuousClock.Instant {
        origin + .microseconds(time.microseconds - offset)
    }

    /// What the database's clock said, or will say, at a monotonic instant.
    public func time(at instant: ContinuousClock.Instant) -> Timestamp {
        Timestamp(microseconds: elapsed(until: instant) + offset)
    }

    /// Microseconds by which this machine's wall clock is ahead of the database's.
    public var lead: Int64 { Timestamp.now().microseconds - now().microseconds }

    /// Asks the database for the time. Older samples that cannot agree with it are worthless: one of the clocks drifts, or was
    /// set, or another server took over. False where they differ by so much that leases are concerned.
    @discardableResult
    public func measure(_ database: Database) async throws -> Bool {
        let asked = elapsed(until: monotonic())
        let time: Timestamp = try await database.query("SELECT clock_timestamp() AS time").only("time")
        let answered = elapsed(until: monotonic())
        let sample = Sample(lower: time.microseconds - answered, upper: time.microseconds - asked)
        return samples.withLock { samples in
            let wasSet = samples.contains { $0.lower > sample.upper + Self.step || $0.upper < sample.lower - Self.step }
            samples.removeAll { $0.lower > sample.upper + Self.drift || $0.upper < sample.lower - Self.drift }
            samples.append(sample)
            if samples.count > Self.remembered { samples.removeFirst() }
            return !wasSet
        }
    }

    private var offset: Int64 {
        samples.withLock { $0.lazy.map(\.lower).max() } ?? Timestamp.now().microseconds - elapsed(until: monotonic())
    }

    private func elapsed(until instant: ContinuousClock.Instant) -> Int64 { origin.duration(to: instant).microseconds }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
