import Logging
import Synchronization

/// What goes wrong again and again while the database is away: told the first time, and then at most once a minute, with how
/// often it was not told. Each message has its own count, and a mistake of another kind is told at once.
public final class Complaints: Sendable {
    private static let pause: Duration = .seconds(60)

    private struct Cause: Hashable {
        let message: String
        let kind: String
    }

    private struct Silence {
        var end: ContinuousClock.Instant
        var untold = 0
    }

    private let logger: Logger
    private let silences = Mutex<[Cause: Silence]>([:])

    /// Nothing has been told yet.
    public init(to logger: Logger) { self.logger = logger }

    /// `message` is what went wrong, once more, at `now`; one of few, not made of values. `facts` stand beside the error.
    public func tell(
        _ message: String, _ error: any Error, _ facts: Logger.Metadata = [:], at level: Logger.Level = .error,
        now: ContinuousClock.Instant = .now
    ) {
        let kind = (error as? PostgresError).map { $0.isPassing ? "passing" : "\($0.kind)" } ?? ""
        guard let untold = untold(Cause(message: message, kind: kind), now) else { return }
        var facts = facts
        facts["error"] = "\(error)"
        if untold > 0 { facts["untold"] = "\(untold)" }
        logger.log(level: level, "\(message)", metadata: facts)
    }

    /// How often it was not told since it last was; nil: it is not told now.
    private func untold(_ cause: Cause, _ now: ContinuousClock.Instant) -> Int? {
        silences.withLock { silences in
            if let silence = silences[cause], now < silence.end {
                silences[cause]?.untold += 1
                return nil
            }
            defer { silences[cause] = Silence(end: now + Self.pause) }
            return silences[cause]?.untold ?? 0
        }
    }
}
