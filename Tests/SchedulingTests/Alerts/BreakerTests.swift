import JSON
import Postgres
import Synchronization
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// Of kind probe, too; each of its jobs calls one host.
private struct HostProbe: JobPlugin {
    static let kind = "probe"
    static let fields: [Field] = []

    var perform: @Sendable (JobCall) async -> Outcome

    func check(_ config: JSON) -> [FieldError] { [] }
    func completed(_ config: JSON) -> JSON { config }
    func name(for config: JSON) -> String { "Probe" }
    func destination(of config: JSON) -> String { "https://\(host)" }
    func run(_ call: JobCall) async -> Outcome { await perform(call) }
}

private let host = "api.example.com:443"

/// A host that fails five times in a row is left alone; one call at a time tries whether it is back.
@Suite(.database, .timeLimit(.minutes(1))) struct BreakerTests {
    private let down = Outcome(reason: .connectFailed, message: "Connection refused.")
    private let well = Outcome(reason: nil, statusCode: 200)

    private func failures(_ scene: Scene) async throws -> [Int32] {
        try await scene.database.query("SELECT failures FROM breakers").map { try $0("failures") }
    }

    /// An occurrence of each job, leased at an instant.
    private func lease(_ jobs: [Job], at now: Timestamp, in scene: Scene, by node: ID<Node>? = nil) async throws
        -> [ExecutionQueue.Caller]
    {
        for job in jobs { try await scene.enqueue(job, at: [now]) }
        return try await scene.queue.claim(100, for: node ?? scene.engine.node, now: now, horizon: now).claims.map { ($0, host) }
    }

    private func record(_ callers: [ExecutionQueue.Caller], _ outcome: Outcome, at now: Timestamp, in scene: Scene) async throws
        -> ExecutionQueue.Completion
    {
        let finished = callers.map { claim, host in
            var ended = claim.ended(outcome, at: now)
            ended.host = host
            return ended
        }
        return try await scene.queue.complete(finished, by: scene.engine.node, now: now)
    }

    /// A job whose host has failed five times, a moment ago.
    private func broken(_ scene: Scene, _ draft: JSONObject = [:]) async throws -> (job: Job, openedAt: Timestamp) {
        let job = try await scene.jobs.create(.probe(["every": "1h"], draft), for: scene.acme)
        for _ in 1...5 { try await scene.end(job, down, at: host) }
        let openedAt: Timestamp = try await scene.database.query("SELECT opened_at FROM breakers").only("opened_at")
        return (job, openedAt)
    }

    @Test func fiveFailuresInARowOfAnyJobsOpenItAndAnAnswerForgetsThem() async throws {
        let scene = try await Scene()
        let jobs = try await [scene.jobs.create(.probe(nil), for: scene.acme), scene.jobs.create(.probe(nil), for: scene.acme)]
        for index in 0..<4 { try await scene.end(jobs[index % 2], down, at: host) }
        #expect(try await failures(scene) == [4])
        try await scene.end(jobs[0], Outcome(reason: .blockedAddress), at: host)
        #expect(try await failures(scene) == [4])
        try await scene.end(jobs[0], Outcome(reason: .httpStatus, statusCode: 404), at: host)
        #expect(try await failures(scene) == [])
        for index in 0..<5 { try await scene.end(jobs[index % 2], Outcome(reason: .httpStatus, statusCode: 502), at: host) }
        try await scene.end(jobs[0], down, at: "other.example.com:443")
        let breakers = try await scene.incidents().filter { $0.kind == .breaker }
        #expect(breakers.map(\.subject) == ["host:\(host)"] && breakers[0].count == 5 && breakers[0].jobID == nil)
        #expect(breakers[0].reason == .httpStatus && breakers[0].executionID != nil)
        let other = try await scene.found("Other")
        #expect(try await scene.count("breakers WHERE organization_id = \(other.organization.id)") == 0)
    }

    @Test func whatMakesNothingUpIsSkippedAndOthersWaitForTheirTurn() async throws {
        let scene = try await Scene()
        let (job, openedAt) = try await broken(scene)
        let skipping = try await scene.jobs.create(.probe(["every": "1h"], ["missed": "skip"]), for: scene.acme)
        var now = openedAt.adding(.seconds(5))
        let callers = try await lease([job, skipping], at: now, in: scene)
        #expect(try await scene.queue.probe(callers, now: now).isEmpty)
        #expect(try await scene.queue.hold(callers, now: now) == Set(callers.map(\.claim.lease)))
        #expect(try await scene.lane().running == 0)
        let skipped = try #require(try await scene.ended().last)
        #expect(skipped.jobID == skipping.id && skipped.status == .skipped && skipped.reason == .breakerOpen)
        #expect(try await scene.count("queue WHERE held_for = \(host) AND leased_by IS NULL AND due_at = \(openedAt.adding(.seconds(30)))") == 1)
        // The next one is not held behind it, and takes its place.
        now = now.adding(.seconds(5))
        let next = try await lease([job], at: now, in: scene)
        #expect(next.count == 1)
        #expect(try await scene.queue.hold(next, now: now).count == 1)
        #expect(try await scene.database.query("SELECT id FROM queue").map { try $0("id") as ID<Execution> } == [next[0].claim.id])
        #expect(try await scene.ended().filter { $0.reason == .breakerOpen }.map(\.id).contains(callers[0].claim.id))
        #expect(try await scene.count("incidents WHERE closed_at IS NULL AND kind = 'missed'") == 0)
    }

    @Test func oneCallTriesAndEachThatFailsMakesTheNextWaitLonger() async throws {
        let scene = try await Scene()
        let (job, openedAt) = try await broken(scene, ["overlap": "allow"])
        let other = ID<Node>()
        try await scene.live(other, until: openedAt.adding(.seconds(7_200)))
        var (time, wait) = (openedAt, 30)
        for _ in 1...6 {
            time = time.adding(.seconds(wait))
            let early = try await lease([job], at: time.adding(.seconds(-1)), in: scene)
            #expect(try await scene.queue.probe(early, now: time.adding(.seconds(-1))).isEmpty)
            #expect(try await scene.queue.hold(early, now: time.adding(.seconds(-1))).count == early.count)
            // Two nodes at one time.
            let mine = try await lease([job], at: time.adding(.seconds(2)), in: scene)
            let theirs = try await lease([job], at: time.adding(.seconds(3)), in: scene, by: other)
            async let first = scene.queue.probe(mine, now: time.adding(.seconds(3)))
            async let second = scene.queue.probe(theirs, now: time.adding(.seconds(3)))
            let trying = try await first.union(second)
            #expect(trying.count == 1)
            let all = mine + theirs
            #expect(try await scene.queue.probe(all, now: time.adding(.seconds(4))) == trying)
            try await scene.queue.hold(all.filter { !trying.contains($0.claim.id) }, now: time.adding(.seconds(4)))
            time = time.adding(.seconds(5))
            _ = try await record(all.filter { trying.contains($0.claim.id) }, down, at: time, in: scene)
            wait = min(wait * 2, 600)
            let next: Timestamp = try await scene.database.query("SELECT probe_at FROM breakers").only("probe_at")
            #expect(next == time.adding(.seconds(wait)))
        }
        #expect(wait == 600)
        #expect(try await scene.incidents().count { $0.kind == .breaker } == 1)
    }

    @Test func aSuccessClosesItAndWhatWaitedRunsOnce() async throws {
        let scene = try await Scene()
        let (job, openedAt) = try await broken(scene)
        let more = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let now = openedAt.adding(.seconds(40))
        let early = try await lease([job, more], at: openedAt.adding(.seconds(1)), in: scene)
        try await scene.queue.hold(early, now: openedAt.adding(.seconds(1)))
        // One is to try when it is time, the other is in no hurry.
        let due = try await lease([], at: now, in: scene)
        #expect(due.count == 1 && !due[0].claim.isDoubtful)
        #expect(try await scene.queue.probe(due, now: now).count == 1)
        let completion = try await record(due, well, at: now, in: scene)
        #expect(completion.hasBreakerNews)
        #expect(try await scene.count("breakers") == 0)
        let incident = try #require(try await scene.incidents().first { $0.kind == .breaker })
        #expect(incident.closedAt == now && incident.closingExecutionID == due[0].claim.id)
        try await Rescuer(scene.engine, logger: silence).look(alsoAtLanes: false)
        let rest = try await lease([], at: scene.engine.clock.now(), in: scene)
        #expect(rest.map(\.claim.id) == early.map(\.claim.id).filter { $0 != due[0].claim.id })
        #expect(try await scene.lane().running == 1)
    }

    @Test func whatIsRepeatedWaitsTooAndWhatIsCancelledEnds() async throws {
        let scene = try await Scene()
        let (job, openedAt) = try await broken(scene, ["missed": "skip"])
        let callers = try await lease([job], at: openedAt, in: scene)
        let finished = callers.map { $0.claim.ended(down, at: openedAt, retryAt: openedAt.adding(.seconds(5))) }
        try await scene.queue.complete(finished, by: scene.engine.node, now: openedAt)
        let now = openedAt.adding(.seconds(5))
        let again = try await lease([], at: now, in: scene)
        #expect(again.map(\.claim.attempt) == [2])
        #expect(try await scene.queue.hold(again, now: now).count == 1)
        #expect(try await scene.count("queue WHERE held_for = \(host)") == 1)
        let execution = try await scene.executions.find(again[0].claim.id.text, for: scene.acme).execution
        _ = try await scene.executions.cancel(execution, for: scene.acme)
        #expect(try await scene.count("queue") == 0)
    }

    @Test func whatNobodyCallsForADayIsForgotten() async throws {
        let scene = try await Scene()
        let (_, openedAt) = try await broken(scene)
        try await scene.queue.forgetIdleBreakers(now: openedAt.adding(.seconds(86_000)))
        #expect(try await scene.count("breakers") == 1)
        try await scene.queue.forgetIdleBreakers(now: openedAt.adding(.seconds(86_500)))
        #expect(try await scene.count("breakers") == 0)
        #expect(try await scene.incidents().filter { $0.kind == .breaker }.map(\.closedReason) == ["idle"])
    }

    /// The worker asks no one while nothing is open, and calls nobody that is down; what people ask for goes through, and closes it.
    @Test func aWorkerLeavesTheHostAloneButForWhatPeopleAskFor() async throws {
        let called = Signals(of: ID<Execution>.self)
        let isWell = Mutex(false)
        let scene = try await Scene(
            plugins: [
                HostProbe { call in
                    called.send(call.executionID)
                    return Outcome(reason: isWell.withLock { $0 } ? nil : .connectFailed)
                }
            ])
        let job = try await scene.jobs.create(.probe(["every": "1h"], ["overlap": "allow", "retries": ["limit": 0]]), for: scene.acme)
        let other = try await scene.jobs.create(.probe(["every": "1h"], ["missed": "skip"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: (1...5).map { now.adding(.milliseconds(-$0)) })
        try await scene.running([scene.worker(), Rescuer(scene.engine, logger: silence)]) {
            _ = await called.next(5)
            try await until("the breaker did not open") { scene.engine.breakers.isAnyOpen }
            let skipped = try await scene.enqueue(other, at: [scene.engine.clock.now()])[0]
            let waiting = try await scene.enqueue(job, at: [scene.engine.clock.now()])[0]
            scene.engine.dueBell.ring()
            try await until("nothing waits") { try await scene.count("queue WHERE held_for IS NOT NULL AND leased_by IS NULL") == 1 }
            try await until("nothing was skipped") { try await scene.ended().contains { $0.id == skipped && $0.reason == .breakerOpen } }
            isWell.withLock { $0 = true }
            let byHand = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme)
            scene.engine.dueBell.ring()
            #expect(await called.next(2) == [byHand.id, waiting])
        }
        #expect(try await scene.count("breakers") == 0)
        #expect(try await scene.count("incidents WHERE closed_at IS NULL") == 0)
        #expect(try await scene.count("queue") == 0)
    }
}
