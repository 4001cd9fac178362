import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite struct CatchUpTests {
    private let now = Timestamp(seconds: 1_000)

    @Test func lateOnesStartOneAfterTheOther() {
        let catchUp = CatchUp(rate: 4)
        let late = Timestamp(seconds: 900)
        #expect((0..<3).map { _ in catchUp.start(of: late, since: late, now: now) } == [0, 250, 500].map { now.adding(.milliseconds($0)) })
        // What has been handed out is over by then.
        #expect(catchUp.start(of: late, since: late, now: now.adding(.seconds(9))) == now.adding(.seconds(9)))
    }

    @Test func whatIsInTimeNeverWaits() {
        let catchUp = CatchUp(rate: 1)
        for _ in 0..<9 { _ = catchUp.start(of: Timestamp(seconds: 0), since: Timestamp(seconds: 0), now: now) }
        for time in [now, now.adding(.seconds(2)), now.adding(.seconds(-30))] {
            #expect(catchUp.start(of: time, since: time, now: now) == time)
        }
    }

    /// It is in time still: waiting for its turn must not make it too late.
    @Test func noneIsPutOffBeyondItsDeadline() {
        let catchUp = CatchUp(rate: 1)
        let time = now.adding(.seconds(-40))
        let starts = (0..<50).map { _ in catchUp.start(of: time, since: time, now: now, latest: time.adding(.seconds(60))) }
        #expect(starts.last == now.adding(.seconds(20)) && starts[3] == now.adding(.seconds(3)))
    }

    @Test func whatCameToNothingLeavesItsTurns() async throws {
        let catchUp = CatchUp(rate: 1)
        let late = Timestamp(seconds: 900)
        await #expect(throws: CancellationError.self) {
            try await catchUp.unlessItFails {
                for _ in 0..<9 { _ = catchUp.start(of: late, since: late, now: now) }
                throw CancellationError()
            }
        }
        #expect(catchUp.start(of: late, since: late, now: now) == now)
    }

    /// Its caller's "now" is past by our clock, or a long list took its time to come in.
    @Test func whatWasMadeOnlyNowIsNotLate() {
        let catchUp = CatchUp(rate: 1)
        let past = now.adding(.seconds(-600))
        for _ in 0..<9 { #expect(catchUp.start(of: past, since: now.adding(.seconds(-1)), now: now) == past) }
    }

    @Test func withoutARateAllStartAtOnce() {
        let late = Timestamp(seconds: 900)
        #expect(CatchUp(rate: nil).start(of: late, since: late, now: now) == late)
    }
}

@Suite(.database, .timeLimit(.minutes(1))) struct OutageTests {
    /// A hundred and fifty jobs are late, and one a second may start: those behind wait past their next occurrences.
    @Test(arguments: ["queue", "skip"]) func whatWaitsForItsTurnHoldsUpNothingThatIsInTime(overlap: String) async throws {
        let moved = try await Moved(catchUpRate: 1)
        for _ in 0..<150 { _ = try await moved.minutely(["overlap": .string(overlap)]) }
        moved.move(to: .seconds(600 + 40))
        // What has come to its turn is started within moments, as by a worker.
        for second in stride(from: 640, through: 800, by: 1) {
            try await moved.look(at: .seconds(second))
            try await moved.work()
        }
        let told = try await moved.told()
        #expect(!told.contains { $0.contains("overlap") })
        for minute in 11..<14 { #expect(told.count { $0 == "\(minute) success" } == 150) }
        #expect(told.count { $0.hasPrefix("10 ") } == 150)
        #expect(try await moved.unexplained() == 0)
    }

    /// Its turn comes while what was in time is still running: it waits, and then runs.
    @Test(arguments: ["queue", "skip"]) func whatGaveWayDoesNotRunBesideTheOther(overlap: String) async throws {
        let moved = try await Moved()
        let scene = moved.scene
        _ = try await moved.minutely(["overlap": .string(overlap)])
        try await moved.look(at: .seconds(40))
        try await scene.database.query("UPDATE queue SET due_at = \(moved.at(.seconds(70)))")
        try await moved.look(at: .seconds(60))
        let inTime = try await scene.claim()
        #expect(inTime.map(\.scheduledFor) == [moved.at(.seconds(60))])
        moved.move(to: .seconds(75))
        #expect(try await scene.claim().isEmpty)
        try await scene.complete(inTime)
        try await scene.queue.release(after: nil, now: scene.engine.clock.now())
        #expect(try await scene.claim().map(\.scheduledFor) == [moved.begin])
    }

    /// Three hours without a scheduler, fifty jobs: each gets what its policy says, spread over five seconds.
    @Test func afterThreeHoursEachJobGetsWhatItsPolicySaysAndNothingComesInABurst() async throws {
        let moved = try await Moved(catchUpRate: 20)
        let policies: [(JSONObject, Int)] = [
            (["missed": "skip"], 0), (["missed": "last"], 1), (["missed": "all", "missed_limit": 3], 3),
            (["missed": "skip", "start_deadline": "1d"], 181), (["missed": "all", "missed_limit": 4, "overlap": "skip"], 4),
        ]
        var jobs: [(id: ID<Job>, runs: Int)] = []
        for number in 0..<50 {
            let (policy, runs) = policies[number % policies.count]
            jobs.append((try await moved.minutely(policy).id, runs))
        }
        moved.move(to: .seconds(3 * 3_600 + 40))
        while try await moved.scene.count("job_states WHERE next_run_at <= \(moved.scene.engine.clock.now())") > 0 {
            try await moved.look()
        }
        let now = moved.scene.engine.clock.now()
        for (id, runs) in jobs {
            #expect(try await moved.scene.count("queue WHERE job_id = \(id)") == runs)
            let told: Int64 = try await moved.scene.database.query(
                "SELECT coalesce(sum(count), 0)::bigint AS sum FROM executions WHERE job_id = \(id)"
            ).only("sum")
            #expect(told == 181 - runs)
            #expect(try await moved.scene.count("executions WHERE job_id = \(id)") == (runs == 181 ? 0 : 1), "a stretch is one row")
        }
        let most =
            try await moved.scene.database.query(
                "SELECT count(*) AS count FROM queue GROUP BY date_trunc('second', due_at) ORDER BY 1 DESC LIMIT 1"
            ).only("count") as Int64
        #expect(most <= 21)
        #expect(try await moved.scene.count("queue WHERE due_at < \(now.adding(.zero - CatchUp.ordinary))") == 0)
        #expect(try await moved.unexplained() == 0)
    }
}
