import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

/// What a worker leases and should not start any more.
@Suite(.database, .timeLimit(.minutes(1))) struct ReconsiderTests {
    private func scene(_ started: Signals<ID<Execution>>) async throws -> Scene {
        try await Scene {
            started.send($0.executionID)
            return Outcome(reason: nil)
        }
    }

    /// Runs a worker until nothing is left in the queue; answers what it has started.
    private func run(_ scene: Scene, _ started: Signals<ID<Execution>>, count: Int) async throws -> [ID<Execution>] {
        try await scene.running([scene.worker()]) {
            while try await scene.count("queue") > 0 { try await Task.sleep(for: .milliseconds(10)) }
        }
        return await started.next(count)
    }

    /// It was leased, by a node that was stopped then, when its job was deleted: nobody could take it out.
    @Test func whatIsOfADeletedJobIsCancelledRatherThanStarted() async throws {
        let started = Signals(of: ID<Execution>.self)
        let scene = try await scene(started)
        try await scene.backlog(1)
        let lost = try await scene.claim()
        try await scene.jobs.delete(.id(lost[0].jobID), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.queue.handBack(lost.map { ($0.organizationID, $0.lease) }, now: now)
        let good = try await scene.backlog(1)
        #expect(try await run(scene, started, count: 1) == good)
        #expect(try await scene.ended().map(\.status) == [.cancelled, .success])
        #expect(try await scene.ended().map(\.reason) == [.deleted, nil])
        #expect(try await scene.lane().running == 0)
    }

    @Test func ofAPausedJobOnlyWhatWasDueBeforeIsStarted() async throws {
        let started = Signals(of: ID<Execution>.self)
        let scene = try await scene(started)
        let job = try await scene.jobs.create(.probe(["every": "1d"], ["overlap": "allow"]), for: scene.acme)
        let now = scene.engine.clock.now()
        let due = try await scene.enqueue(job, at: [now.adding(.seconds(-5)), now.adding(.milliseconds(700))])
        let claims = try await scene.queue.claim(9, for: scene.engine.node, now: now, horizon: now.adding(.seconds(1))).claims
        _ = try await scene.jobs.change(.id(job.id), ["enabled": false], for: scene.acme)
        try await scene.queue.handBack(claims.map { ($0.organizationID, $0.lease) }, now: now)
        #expect(try await run(scene, started, count: 1) == [due[0]])
        let ended = try await scene.ended()
        #expect(ended.map(\.id) == due && ended.map(\.status) == [.success, .skipped] && ended.map(\.reason) == [nil, .paused])
    }

    /// Three of a job wait, each longer than it may; one that is due now, too, or not.
    @Test(arguments: [
        ("skip", false, [Int]()), ("last", false, [2]), ("all", false, [1, 2]),
        ("skip", true, [3]), ("last", true, [3]), ("all", true, [1, 2, 3]),
    ])
    func whatIsTooLateIsMissedButForWhatIsMadeUp(missed: String, oneIsInTime: Bool, runs: [Int]) async throws {
        let started = Signals(of: ID<Execution>.self)
        let scene = try await scene(started)
        let draft = JSON.probe(
            ["every": "1m"], ["overlap": "allow", "missed": .string(missed), "missed_limit": 2, "start_deadline": "50s"])
        let job = try await scene.jobs.create(draft, for: scene.acme)
        let now = scene.engine.clock.now()
        let times = [-180, -120, -60] + (oneIsInTime ? [-1] : [])
        let due = try await scene.enqueue(job, at: times.map { now.adding(.seconds($0)) })
        #expect(try await run(scene, started, count: runs.count).sorted() == runs.map { due[$0] }.sorted())
        let ended = try await scene.ended()
        #expect(ended.map(\.id) == due)
        for (index, execution) in ended.enumerated() {
            #expect(execution.reason == (runs.contains(index) ? nil : .startDeadline))
            #expect(execution.status == (runs.contains(index) ? .success : .missed))
        }
    }

    @Test func whatHasRunMeanwhileMakesUpForWhatIsTooLate() async throws {
        let started = Signals(of: ID<Execution>.self)
        let scene = try await scene(started)
        let draft = JSON.probe(["every": "1m"], ["overlap": "allow", "missed": "last", "start_deadline": "50s"])
        let job = try await scene.jobs.create(draft, for: scene.acme)
        let now = scene.engine.clock.now()
        let due = try await scene.enqueue(job, at: [-60, -1].map { now.adding(.seconds($0)) })
        let claims = try await scene.claim(for: scene.engine.node)
        let (late, inTime) = (claims.filter { $0.id == due[0] }, claims.filter { $0.id == due[1] })
        #expect(late.count == 1 && inTime.count == 1)
        _ = try await scene.queue.complete(inTime.map { $0.ended(at: now) }, by: scene.engine.node, now: now)
        try await scene.queue.handBack(late.map { ($0.organizationID, $0.lease) }, now: now)
        #expect(try await run(scene, started, count: 0).isEmpty)
        #expect(try await scene.ended().map(\.status) == [.missed, .success])
    }

    @Test func aOneTimeJobIsNeverTooLate() async throws {
        let started = Signals(of: ID<Execution>.self)
        let scene = try await scene(started)
        let job = try await scene.jobs.create(.probe(nil, ["missed": "skip"]), for: scene.acme)
        let due = try await scene.enqueue(job, at: [scene.engine.clock.now().adding(.seconds(-7_200))])
        #expect(try await run(scene, started, count: 1) == due)
    }
}
