import JSON
import Synchronization
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// A scene whose clock the test moves: hours pass in a moment. It begins at a full minute to come.
struct Moved: Sendable {
    private final class Ahead: Sendable {
        let time = Mutex(Duration.zero)
    }

    let scene: Scene
    let begin: Timestamp
    private let ahead: Ahead

    init(_ entitlements: Entitlements = .business(), catchUpRate: Int? = nil) async throws {
        let ahead = Ahead()
        let clock = DatabaseClock(monotonic: { ContinuousClock.now + ahead.time.withLock { $0 } })
        scene = try await Scene(entitlements, clock: clock, catchUpRate: catchUpRate)
        self.ahead = ahead
        begin = Timestamp(seconds: (scene.engine.clock.now().seconds / 60 + 2) * 60)
    }

    /// So long after the beginning.
    func at(_ duration: Duration) -> Timestamp { begin.adding(duration) }

    /// Moves the clock on to so long after the beginning, at least.
    func move(to duration: Duration) {
        let way = scene.engine.clock.now().duration(to: at(duration))
        if way > .zero { ahead.time.withLock { $0 += way } }
    }

    /// Moves on, and has the scheduler look.
    func look(at duration: Duration) async throws {
        move(to: duration)
        try await look()
    }

    func look() async throws {
        try await scene.tick()
        let scheduler = Scheduler(scene.engine, logger: silence)
        _ = try await scheduler.passOver(at: scene.engine.clock.now())
    }

    /// Runs what is due, one after the other, till nothing is.
    func work() async throws {
        while true {
            let claims = try await scene.claim(1_000)
            if claims.isEmpty { return }
            try await scene.complete(claims)
            try await scene.queue.release(after: nil, now: scene.engine.clock.now())
        }
    }

    /// A job every minute from the beginning on.
    func minutely(_ more: JSONObject = [:]) async throws -> Job {
        try await scene.jobs.create(.probe(["every": "1m", "anchor": .string(begin.rfc3339)], more), for: scene.acme)
    }

    /// A line for each that has ended, oldest first: `3 success`, `4 skipped paused`, `5-140 skipped paused`, by minutes from the
    /// beginning.
    func told() async throws -> [String] {
        try await scene.database.query(
            "SELECT scheduled_for, last_scheduled_for, status, reason, trigger, count FROM executions ORDER BY scheduled_for, id"
        ).map { row in
            let first: Timestamp = try row("scheduled_for")
            let last: Timestamp? = try row("last_scheduled_for")
            let (reason, trigger): (String?, String) = (try row("reason"), try row("trigger"))
            var text = "\(minute(first))"
            if let last { text += "-\(minute(last))" }
            text += " \(try row("status") as String)"
            if let reason { text += " \(reason)" }
            if trigger != "schedule" { text += " \(trigger)" }
            if let last {
                let count: Int32 = try row("count")
                #expect(Int64(count) == minute(last) - minute(first) + 1)
            }
            return text
        }
    }

    private func minute(_ time: Timestamp) -> Int64 { begin.duration(to: time).components.seconds / 60 }

    /// What the reconciler has not found, a quarter of an hour later.
    func unexplained() async throws -> Int64 {
        let later = scene.engine.clock.now()
        while try await Reconciler(scene.engine, logger: silence).check(at: later.adding(Reconciler.lag)) {}
        try await scene.database.query(Reconciler.over(at: later))
        return try await scene.database.query("SELECT coalesce(sum(unexplained), 0)::bigint AS count FROM schedule_periods").only("count")
    }
}
