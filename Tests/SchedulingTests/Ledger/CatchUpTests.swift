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
        #expect((0..<3).map { _ in catchUp.start(of: late, now: now) } == [0, 250, 500].map { now.adding(.milliseconds($0)) })
        // What has been handed out is over by then.
        #expect(catchUp.start(of: late, now: now.adding(.seconds(9))) == now.adding(.seconds(9)))
    }

    @Test func whatIsInTimeNeverWaits() {
        let catchUp = CatchUp(rate: 1)
        for _ in 0..<9 { _ = catchUp.start(of: Timestamp(seconds: 0), now: now) }
        for time in [now, now.adding(.seconds(2)), now.adding(.seconds(-5))] { #expect(catchUp.start(of: time, now: now) == time) }
    }

    @Test func withoutARateAllStartAtOnce() {
        let late = Timestamp(seconds: 900)
        #expect(CatchUp(rate: nil).start(of: late, now: now) == late)
    }
}

@Suite(.database, .timeLimit(.minutes(1))) struct OutageTests {
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
        #expect(try await moved.scene.count("queue WHERE due_at < \(now.adding(.seconds(-5)))") == 0)
        #expect(try await moved.unexplained() == 0)
    }
}
