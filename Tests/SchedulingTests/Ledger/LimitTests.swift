import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// What a month's limit keeps from running has its answer, and is made up when the limit is lifted.
@Suite(.database, .timeLimit(.minutes(1))) struct LimitTests {
    private func moved(left: Int) async throws -> Moved {
        let moved = try await Moved(.business().with(executionsPerMonth: left))
        return moved
    }

    private func lift(_ moved: Moved) async throws {
        try await moved.scene.database.query("UPDATE entitlements SET executions_per_month = NULL")
    }

    @Test func whatGoesOverTheLimitIsSkippedAndSaysSo() async throws {
        let moved = try await moved(left: 2)
        _ = try await moved.minutely()
        for minute in 0..<4 {
            try await moved.look(at: .seconds(minute * 60))
            try await moved.work()
        }
        #expect(try await moved.told() == ["0 success", "1 success", "2 skipped limit_reached", "3 skipped limit_reached"])
        #expect(try await moved.unexplained() == 0)
    }

    /// Two jobs are due at once, and one execution is left.
    @Test func whatIsLeftIsSharedWithinOneTick() async throws {
        let moved = try await moved(left: 1)
        for _ in 0..<3 { _ = try await moved.minutely() }
        try await moved.look(at: .zero)
        try await moved.work()
        #expect(try await moved.told().sorted() == ["0 skipped limit_reached", "0 skipped limit_reached", "0 success"])
    }

    @Test func aRunByHandIsRefusedWithTheNumbers() async throws {
        let moved = try await moved(left: 1)
        let job = try await moved.scene.jobs.create(.probe(.null), for: moved.scene.acme)
        let acme = Access(
            organization: moved.scene.acme.organization, actor: .system, origin: Origin(.engine))
        _ = try await moved.scene.executions.trigger(job, override: [:], by: .api, for: acme)
        do {
            _ = try await moved.scene.executions.trigger(job, override: [:], by: .api, for: acme)
            Issue.record("it was let through")
        } catch Refusal.limitReached(_, let sentence) {
            #expect(sentence.contains("1 executions a month, and 1 are used or waiting"))
        }
        #expect(try await moved.scene.count("queue") == 1)
    }

    @Test(arguments: [
        ("skip", ["0 skipped limit_reached", "1 skipped limit_reached", "2 skipped limit_reached"]),
        ("last", ["0 skipped limit_reached", "1 skipped limit_reached", "2 success backfill"]),
        ("all", ["0 skipped limit_reached", "1 success backfill", "2 success backfill"]),
    ])
    func aLimitThatIsLiftedIsMadeUpByThePolicy(policy: String, told: [String]) async throws {
        let moved = try await moved(left: 0)
        _ = try await moved.minutely(["missed": .string(policy), "missed_limit": 2])
        for minute in 0..<3 { try await moved.look(at: .seconds(minute * 60)) }
        try await lift(moved)
        // It looks again by itself, within minutes, before the next is due.
        try await moved.scene.database.query("UPDATE job_states SET pass_at = \(moved.at(.seconds(130)))")
        moved.move(to: .seconds(130))
        _ = try await Scheduler(moved.scene.engine, logger: silence).passOver(at: moved.scene.engine.clock.now())
        try await moved.work()
        #expect(try await moved.told() == told)
        #expect(try await moved.unexplained() == 0)
    }

    /// Between two stretches over the limit one ran; lifted, only what did not run is made up.
    @Test func whatRanBetweenTwoStretchesIsNotRunAgain() async throws {
        let moved = try await moved(left: 0)
        _ = try await moved.minutely(["missed": "all", "missed_limit": 100])
        for minute in stride(from: 0, to: 110, by: 1) { try await moved.look(at: .seconds(minute * 60)) }
        try await moved.scene.database.query("UPDATE entitlements SET executions_per_month = 1")
        try await moved.scene.database.query("UPDATE job_states SET pass_at = NULL")
        moved.move(to: .seconds(110 * 60))
        try await moved.scene.tick()
        try await moved.work()
        for minute in 111..<114 { try await moved.look(at: .seconds(minute * 60)) }
        let told = try await moved.told()
        #expect(told == ["0-109 skipped limit_reached", "110 success"] + (111..<114).map { "\($0) skipped limit_reached" })
        try await lift(moved)
        try await moved.scene.database.query("UPDATE job_states SET pass_at = \(moved.at(.seconds(113 * 60 + 1)))")
        moved.move(to: .seconds(113 * 60 + 5))
        _ = try await Scheduler(moved.scene.engine, logger: silence).passOver(at: moved.scene.engine.clock.now())
        try await moved.work()
        let again = try await moved.told()
        #expect(
            again.count { $0.hasPrefix("110 ") } == 1 && again.contains("113 success backfill") && again.contains("109 success backfill"))
        #expect(try await moved.unexplained() == 0)
    }

    /// As after an outage: what is due and runs makes up for the last.
    @Test func underLastTheNextRunMakesUpForThem() async throws {
        let moved = try await moved(left: 0)
        _ = try await moved.minutely()
        try await moved.look(at: .zero)
        try await lift(moved)
        try await moved.look(at: .seconds(60))
        try await moved.work()
        try await moved.look(at: .seconds(110))
        try await moved.work()
        #expect(try await moved.told() == ["0 skipped limit_reached", "1 success"])
    }
}

extension Entitlements {
    func with(executionsPerMonth limit: Int) -> Entitlements {
        Entitlements(
            plan: plan, jobs: jobs, executionsPerMonth: limit, shortestIntervalSeconds: shortestIntervalSeconds, keepDays: keepDays,
            members: members, concurrency: concurrency, timeoutSeconds: timeoutSeconds, plugins: plugins)
    }
}
