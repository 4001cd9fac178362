import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct ClaimTests {
    @Test func anExecutionIsClaimedOnce() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(100)
        let claims = try await withThrowingTaskGroup { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    var mine: [Claim] = []
                    // Who finds the lane locked by another claim gets nothing this time.
                    while try await scene.count("queue WHERE leased_by IS NULL") > 0 { mine += try await scene.claim(7, for: ID()) }
                    return mine
                }
            }
            return try await tasks.reduce(into: [] as [Claim]) { $0 += $1 }
        }
        #expect(claims.count == 100 && Set(claims.map(\.id)) == Set(due))
        #expect(try await scene.lane().running == 100)
    }

    @Test func aClaimHoldsAllThatTheAttemptNeeds() async throws {
        let scene = try await Scene()
        let draft = JSON.probe(
            nil, ["timeout_ms": 5_000, "retries": ["limit": 3, "backoff": ["7s"]], "success": ["status": [418]]])
        let job = try await scene.jobs.create(draft, for: scene.acme)
        let execution = try await scene.executions.trigger(job, override: ["body": "x"], by: .manual, for: scene.acme)
        let claim = try #require(try await scene.claim().first)
        #expect(claim.id == execution.id && claim.jobID == job.id && claim.organizationID == scene.acme.organization.id)
        #expect(claim.scheduledFor == execution.scheduledFor && claim.dueAt == execution.scheduledFor && claim.trigger == .manual)
        #expect(claim.attempt == 1 && claim.lostLeases == 0 && claim.keepDays == 7 && claim.plugin == "probe")
        #expect(claim.timeout == .seconds(5) && claim.retries.limit == 3 && claim.override?["body"] == "x")
        #expect(claim.success.statuses == [418...418])
        #expect(Scene.signing?.open(claim.sealedSecrets, of: claim.organizationID).map(\.count) == [32])
    }

    /// A plan that was lowered clamps the timeouts of jobs that were made under the higher one.
    @Test func theTimeoutIsClampedToThePlan() async throws {
        let scene = try await Scene()
        try await scene.backlog(1, draft: .probe(nil, ["timeout_ms": 600_000]))
        try await scene.database.query("UPDATE entitlements SET timeout_s = 30")
        #expect(try await scene.claim().map(\.timeout) == [.seconds(30)])
    }

    @Test func whatIsNotDueByTheHorizonIsNotClaimedAndTheLaneIsDueWithIt() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "allow"]), for: scene.acme)
        let now = scene.engine.clock.now()
        let ids = try await scene.enqueue(job, at: [now, now.adding(.milliseconds(300)), now.adding(.milliseconds(301))])
        let (claims, next) = try await scene.queue.claim(
            10, for: scene.engine.node, now: now, horizon: now.adding(.milliseconds(300)))
        #expect(claims.map(\.id) == Array(ids.prefix(2)))
        #expect(next == now.adding(.milliseconds(301)))
        #expect(try await scene.lane() == .init(running: 2, nextDue: now.adding(.milliseconds(301))))
    }

    @Test func whatIsHeldIsNotClaimed() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        try await scene.enqueue(job, at: [scene.engine.clock.now()], held: true)
        #expect(try await scene.claim().isEmpty)
        #expect(try await scene.lane() == .init(running: 0, nextDue: nil))
    }

    @Test func anOrganizationRunsNoMoreAtATimeThanItsPlanAllows() async throws {
        let scene = try await Scene(.business(concurrency: 3))
        let due = try await scene.backlog(5)
        let first = try await scene.claim()
        #expect(first.map(\.id) == Array(due.prefix(3)))
        #expect(try await scene.claim().isEmpty)
        #expect(try await scene.lane() == .init(running: 3, nextDue: nil))
        // One that ends makes room for one, and the lane is due again.
        try await scene.complete([first[1]])
        #expect(try await scene.lane().nextDue != nil)
        #expect(try await scene.claim().map(\.id) == [due[3]])
        try await scene.complete([first[0], first[2]])
        #expect(try await scene.claim().map(\.id) == [due[4]])
    }

    /// A day's worth of reports, due together, does not hold up the heartbeat that falls due a moment later.
    @Test func ofWhatWaitsTogetherTheMoreFrequentGoesFirst() async throws {
        let scene = try await Scene()
        var jobs: [ID<Job>] = []
        for interval in ["1d", "1h", "30s"] {
            jobs.append(try await scene.jobs.create(.probe(["every": .string(interval)], ["overlap": "allow"]), for: scene.acme).id)
        }
        let now = scene.engine.clock.now()
        for (index, job) in jobs.enumerated() {
            try await scene.database.query(
                "UPDATE job_states SET next_run_at = \(now.adding(.milliseconds(index - 1_000))) WHERE job_id = \(job)")
        }
        try await scene.tick()
        var order: [ID<Job>] = []
        // A second one of the same job may be queued already.
        while order.count < 3 { order += try await scene.claim(1).map(\.jobID).filter { !order.contains($0) } }
        #expect(order == [jobs[2], jobs[0], jobs[1]])
    }

    /// A wait behind the more frequent ends: after ten seconds the rare one is first.
    @Test func theRareIsNotStarved() async throws {
        let scene = try await Scene()
        let rare = try await scene.jobs.create(.probe(["every": "1d"], ["overlap": "allow", "start_deadline": "1h"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.database.query("UPDATE job_states SET next_run_at = \(now.adding(.seconds(-11))) WHERE job_id = \(rare.id)")
        try await scene.tick()
        try await scene.backlog(5)
        #expect(try await scene.claim(1).map(\.jobID) == [rare.id])
    }

    @Test func aRetryKeepsItsPlaceBehindItsNewTime() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.database.query("UPDATE job_states SET next_run_at = \(now) WHERE job_id = \(job.id)")
        try await scene.tick()
        try await scene.complete(try await scene.claim(), Outcome(reason: .deadline), retryAt: now.adding(.seconds(60)))
        let line: Timestamp = try await scene.database.query("SELECT line_at FROM queue WHERE job_id = \(job.id)").only("line_at")
        #expect(line == now.adding(.seconds(70)))
    }

    /// A program that does not know the line puts its rows in front; their retries are recorded all the same.
    @Test func aRetryOfWhatAnOlderProgramQueuedIsRecorded() async throws {
        let scene = try await Scene()
        try await scene.backlog(1)
        try await scene.database.query("UPDATE queue SET line_at = DEFAULT")
        let now = scene.engine.clock.now()
        try await scene.complete(try await scene.claim(), Outcome(reason: .deadline), retryAt: now.adding(.seconds(60)))
        #expect(try await scene.database.query("SELECT line_at FROM queue").only("line_at") as Timestamp == now.adding(.seconds(60)))
    }

    @Test func placesGrowWithWhatIsTakenWithinTheirBounds() {
        let places = Places(10, upTo: 100)
        #expect([0, 5, 10, 40, 60, 99, 100].map { places.free(beside: $0) } == [10, 10, 10, 40, 40, 1, 0])
        #expect(Places(10, upTo: 4).free(beside: 0) == 4)
    }

    @Test func aLaneIsDueAgainWhenSomethingNewIsQueued() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(2)
        #expect(try await scene.claim().map(\.id) == due)
        #expect(try await scene.lane().nextDue == nil)
        let more = try await scene.backlog(1)
        #expect(try await scene.claim().map(\.id) == more)
    }

    /// A statement sees what was there when it began; what comes between its look and its lock must not be lost.
    @Test func whatIsQueuedWhileItsLaneIsServedIsNotForgotten() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "allow"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: [now])
        try await scene.database.transaction { transaction in
            try await transaction.query(ExecutionQueue.lease(10, to: scene.engine.node, now: now, horizon: now))
            // Whoever queues this is about to wait for the lane.
            try await scene.database.query(
                """
                INSERT INTO queue (organization_id, id, job_id, scheduled_for, due_at, trigger, keep_days)
                VALUES (\(scene.acme.organization.id), \(ID<Execution>()), \(job.id), \(now), \(now), 'manual', 7)
                """)
            try await transaction.query(ExecutionQueue.lineUp(now: now))
        }
        #expect(try await scene.lane() == .init(running: 1, nextDue: now))
        #expect(try await scene.claim().count == 1)
    }

    @Test func underLoadNoLaneForgetsWhatWaitsInIt() async throws {
        let scene = try await Scene(.business(concurrency: 100_000))
        let forgotten = try await withThrowingTaskGroup { tasks in
            for _ in 0..<4 {
                tasks.addTask {
                    for _ in 0..<200 { _ = try await scene.claim() }
                    return Int64(0)
                }
            }
            for _ in 0..<2 {
                // A job each: of one, an instant that both take would be one occurrence.
                let job = try await scene.jobs.create(.probe(nil, ["overlap": "allow"]), for: scene.acme)
                tasks.addTask {
                    var forgotten: Int64 = 0
                    for _ in 0..<150 {
                        try await scene.enqueue(job, at: [scene.engine.clock.now()])
                        forgotten += try await scene.count(
                            "lanes WHERE next_due = 'infinity' AND EXISTS (SELECT FROM queue WHERE leased_by IS NULL)")
                    }
                    return forgotten
                }
            }
            return try await tasks.reduce(0, +)
        }
        #expect(forgotten == 0)
    }

    @Test func aJobThatCannotBeReadDoesNotKeepItsBatchFromRunning() async throws {
        let scene = try await Scene()
        let due = try await scene.backlog(3)
        let job = try await scene.jobs.page(after: nil, limit: 1, for: scene.acme)[0].id
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        try await scene.database.query("UPDATE jobs SET config = \(deep)::text::jsonb WHERE id = \(job)")
        let claims = try await scene.claim()
        #expect(claims.map(\.id) == due)
        #expect(claims.allSatisfy { !$0.isReadable })
    }

    /// Postgres writes out the digits of a number that the door let in with an exponent.
    @Test(arguments: [1e19, 1e308, -1e19, 1e-300, 0.5]) func everyNumberThatIsTakenCanBeReadAgain(number: Double) async throws {
        let scene = try await Scene()
        let made = try await scene.jobs.create(.probe(nil, ["success": ["json": ["/a": .number(number)]]]), for: scene.acme)
        #expect(made.json(now: made.createdAt)["success"]?["json"]?["/a"]?.double == number)
    }
}
