import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

/// What happens to an occurrence that is due while another execution of its job runs.
@Suite(.database) struct OverlapTests {
    /// A job with one execution that runs and others that wait for it, due at these offsets from now.
    private func running(_ overlap: String, in scene: Scene, waiting: [Duration]) async throws -> (running: Claim, waiting: [ID<Execution>])
    {
        let job = try await scene.jobs.create(.probe(nil, ["overlap": .string(overlap)]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: [now.adding(.seconds(-10))])
        let claim = try #require(try await scene.claim().first)
        return (claim, try await scene.enqueue(job, at: waiting.map { now.adding($0) }, held: true))
    }

    private func end(_ claim: Claim, in scene: Scene) async throws {
        let completion = try await scene.complete([claim])
        #expect(completion.jobsWithWaiting.map(\.jobID) == [claim.jobID])
        try await scene.queue.release(after: completion.jobsWithWaiting, now: scene.engine.clock.now())
    }

    private func skipped(_ scene: Scene) async throws -> [ID<Execution>] {
        try await scene.ended().filter { $0.status == .skipped && $0.reason == .overlap }.map(\.id)
    }

    @Test func underSkipWhatFellDueMeanwhileIsSkippedAndWhatIsStillToComeRuns() async throws {
        let scene = try await Scene()
        let (claim, waiting) = try await running("skip", in: scene, waiting: [.seconds(-5), .seconds(-4), .seconds(60), .seconds(120)])
        try await scene.queue.release(after: nil, now: scene.engine.clock.now())
        #expect(try await scene.count("queue WHERE held") == 4)
        try await end(claim, in: scene)
        #expect(try await skipped(scene) == Array(waiting.prefix(2)))
        #expect(try await scene.claim().isEmpty)
        let later = scene.engine.clock.now().adding(.seconds(61))
        #expect(try await scene.queue.claim(9, for: scene.engine.node, now: later, horizon: later).claims.map(\.id) == [waiting[2]])
    }

    @Test func underQueueTheFirstOfThoseThatWaitRunsAndTheOthersThatAreDueAreSkipped() async throws {
        let scene = try await Scene()
        let (claim, waiting) = try await running("queue", in: scene, waiting: [.seconds(-5), .seconds(-4), .seconds(-3), .seconds(60)])
        try await end(claim, in: scene)
        #expect(try await skipped(scene) == Array(waiting[1...2]))
        #expect(try await scene.claim().map(\.id) == [waiting[0]])
        #expect(try await scene.count("queue WHERE held") == 1)
    }

    @Test func theSweepFindsWhatNobodyLetGo() async throws {
        let scene = try await Scene()
        let (claim, waiting) = try await running("queue", in: scene, waiting: [.seconds(-5)])
        try await scene.complete([claim])
        #expect(try await scene.claim().isEmpty)
        try await Rescuer(scene.engine, logger: silence).look(alsoAtLanes: false)
        #expect(try await scene.claim().map(\.id) == waiting)
    }

    @Test func whatWaitsForARetryIsNotHeldUp() async throws {
        let scene = try await Scene()
        let (claim, waiting) = try await running("queue", in: scene, waiting: [.seconds(-5)])
        let completion = try await scene.complete(
            [claim], Outcome(reason: .connectFailed), retryAt: scene.engine.clock.now().adding(.seconds(600)))
        try await scene.queue.release(after: completion.jobsWithWaiting, now: scene.engine.clock.now())
        #expect(try await scene.claim().map(\.id) == waiting)
    }

    /// On the connection that all share nobody waits for long; on his own he may.
    @Test func aManualRunWaitsForWhoeverHasItsJobLocked() async throws {
        let scene = try await Scene(lockTimeout: .milliseconds(50))
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        let manual = try await withThrowingTaskGroup(of: Execution.self) { tasks in
            try await scene.database.transaction { transaction in
                try await transaction.query("SELECT FROM job_states WHERE job_id = \(job.id) FOR UPDATE")
                let pid: Int32 = try await transaction.query("SELECT pg_backend_pid() AS pid").only("pid")
                let waiting: Query = """
                    pg_stat_activity WHERE \(pid) = ANY (pg_blocking_pids(pid)) AND clock_timestamp() - query_start > interval '200 ms'
                    """
                tasks.addTask { try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme) }
                try await until("it waits longer than one may on a shared connection") { try await scene.count(waiting) > 0 }
            }
            return try await tasks.next()
        }
        #expect(try await scene.claim().map(\.id) == [try #require(manual).id])
    }

    @Test(arguments: ["skip", "queue"]) func aManualRunWaitsForTheOneThatRuns(overlap: String) async throws {
        let scene = try await Scene()
        let (claim, _) = try await running(overlap, in: scene, waiting: [])
        let job = try await scene.jobs.find(.id(claim.jobID), for: scene.acme)
        let manual = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme)
        #expect(try await scene.claim().isEmpty)
        try await end(claim, in: scene)
        if overlap == "queue" {
            #expect(try await scene.claim().map(\.id) == [manual.id])
        } else {
            #expect(try await skipped(scene) == [manual.id])
        }
    }

    @Test func underAllowAManualRunStartsAtOnce() async throws {
        let scene = try await Scene()
        let (claim, _) = try await running("allow", in: scene, waiting: [])
        let job = try await scene.jobs.find(.id(claim.jobID), for: scene.acme)
        let manual = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme)
        #expect(try await scene.claim().map(\.id) == [manual.id])
    }

    @Test func whatWasQueuedAheadWaitsForAManualRun() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"], ["overlap": "skip"]), for: scene.acme)
        let soon = scene.engine.clock.now().adding(.seconds(60))
        let ahead = try await scene.enqueue(job, at: [soon])
        let manual = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme)
        let claims = try await scene.queue.claim(9, for: scene.engine.node, now: soon, horizon: soon).claims
        #expect(claims.map(\.id) == [manual.id])
        try await scene.complete(claims)
        try await scene.queue.release(after: [(scene.acme.organization.id, job.id)], now: scene.engine.clock.now())
        #expect(try await scene.queue.claim(9, for: scene.engine.node, now: soon, horizon: soon).claims.map(\.id) == ahead)
    }

    /// A double click.
    @Test func ofTwoManualRunsAtOnceOneWaits() async throws {
        for _ in 0..<10 {
            let scene = try await Scene()
            let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
            try await withThrowingTaskGroup { tasks in
                for _ in 0..<4 {
                    tasks.addTask { _ = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme) }
                }
                try await tasks.waitForAll()
            }
            #expect(try await scene.claim().count == 1)
        }
    }

    /// A job whose target hangs does not pile up: what must be skipped is, when the next one is queued.
    @Test(arguments: [("skip", 0), ("queue", 1)])
    func behindOneThatHangsNoMoreWaitThanMayRunLater(overlap: String, kept: Int) async throws {
        let scene = try await Scene()
        let draft = JSON.probe(["every": "1m"], ["overlap": .string(overlap), "start_deadline": "1h"])
        let job = try await scene.jobs.create(draft, for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: [now.adding(.seconds(-300))])
        let hanging = try await scene.claim()
        let waiting = try await scene.enqueue(job, at: (1...4).map { now.adding(.seconds(-300 + 60 * $0)) }, held: true)
        let ahead = try await scene.enqueue(job, at: [now.adding(.seconds(1))], held: true)
        try await scene.database.query("UPDATE job_states SET next_run_at = \(now.adding(.seconds(2)))")
        try await scene.tick()
        #expect(try await skipped(scene) == Array(waiting.dropFirst(kept)))
        #expect(try await scene.count("queue WHERE held") == Int64(kept + 2))
        try await end(hanging[0], in: scene)
        #expect(try await scene.claim().map(\.id) == Array(waiting.prefix(kept)))
        #expect(try await scene.count("queue WHERE id = \(ahead[0])") == 1)
    }

    @Test func runsByHandDoNotPileUpBehindOneThatHangs() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "queue"]), for: scene.acme)
        var runs: [ID<Execution>] = []
        for _ in 0..<6 {
            runs.append(try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme).id)
            if runs.count == 1 { #expect(try await scene.claim().count == 1) }
        }
        #expect(try await skipped(scene) == Array(runs[2...4]))
        #expect(try await scene.count("queue WHERE held") == 2)
    }
}
