import Synchronization
import Time

/// Spreads what is late: after an outage everything is due at once, and targets, the database and whoever is due now would pay
/// for it. So what is late starts one after the other, so many a second; what is in time never waits for it.
final class CatchUp: Sendable {
    /// Later than this is late. Up to here no job's start deadline is over, and what has come together is no more than half a
    /// minute's work: that is done as fast as can be.
    static let ordinary: Duration = .seconds(30)
    private let interval: Duration?
    private let free = Mutex(Timestamp(microseconds: .min))

    /// At most so many a second; nil: all at once.
    init(rate: Int?) { interval = rate.map { .microseconds(1_000_000 / $0) } }

    /// When an occurrence may start that has been known since an instant (a one-time job may be made when its time is past).
    /// Each late one that is asked for takes the next free instant, but none after `latest`: it shall not be missed for having
    /// waited for its turn.
    func start(of time: Timestamp, since known: Timestamp, now: Timestamp, latest: Timestamp? = nil) -> Timestamp {
        guard let interval, max(time, known) < now.adding(.zero - Self.ordinary) else { return time }
        let start = free.withLock { free in
            let start = max(free, now)
            free = start.adding(interval)
            return start
        }
        return latest.map { max(now, min($0, start)) } ?? start
    }

    /// What was handed out while `body` ran is free again if it throws: nothing came of it.
    func unlessItFails<Result>(_ body: () async throws -> Result) async throws -> Result {
        let mark = free.withLock { $0 }
        do { return try await body() } catch {
            free.withLock { $0 = mark }
            throw error
        }
    }
}
