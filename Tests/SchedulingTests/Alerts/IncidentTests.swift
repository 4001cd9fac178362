import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

extension Scene {
    func incidents() async throws -> [Incident] {
        try await database.query("SELECT \(Incident.columns) FROM incidents ORDER BY opened_at, closed_at, id").map { try Incident($0) }
    }

    /// An occurrence of a job that is due is leased and ends so, having called `host`.
    @discardableResult
    func end(_ job: Job, _ outcome: Outcome, at host: String? = nil) async throws -> ID<Execution> {
        let ids = try await enqueue(job, at: [engine.clock.now()])
        let now = engine.clock.now()
        let finished = try await claim().filter { $0.id == ids[0] }.map { claim in
            var ended = claim.ended(outcome, at: now)
            ended.host = host
            return ended
        }
        try await queue.complete(finished, by: engine.node, now: now)
        return ids[0]
    }
}

/// What goes wrong opens an incident in the transaction that records it, and what ends it closes it.
@Suite(.database, .timeLimit(.minutes(1))) struct IncidentTests {
    private let down = Outcome(reason: .httpStatus, message: "503 Service Unavailable", statusCode: 503)
    private let well = Outcome(reason: nil, statusCode: 200)

    @Test func aFailureOpensItOthersCountAndASuccessClosesIt() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        let first = try await scene.end(job, down, at: "api.example.com:443")
        let opened = try #require(try await scene.incidents().first)
        #expect(opened.kind == .failing && opened.jobID == job.id && opened.executionID == first && opened.count == 1)
        #expect(opened.host == "api.example.com:443" && opened.subject == "host:api.example.com:443" && opened.closedAt == nil)
        #expect(opened.reason == .httpStatus && opened.detail == "503 Service Unavailable")
        #expect(try await scene.count("incidents WHERE look_at = opened_at") == 1)
        try await scene.database.query("UPDATE incidents SET look_at = NULL")
        try await scene.end(job, Outcome(reason: .httpStatus, statusCode: 404), at: "api.example.com:443")
        #expect(try await scene.incidents().map(\.count) == [2])
        #expect(try await scene.count("incidents WHERE look_at IS NULL") == 1)
        let last = try await scene.end(job, well, at: "api.example.com:443")
        let closed = try #require(try await scene.incidents().first)
        #expect(closed.id == opened.id && closed.closingExecutionID == last && closed.closedReason == nil)
        #expect(closed.closedAt.map { $0 >= closed.openedAt } == true)
        #expect(try await scene.count("incidents WHERE look_at = closed_at") == 1)
        try await scene.end(job, Outcome(reason: .httpStatus, statusCode: 404), at: "api.example.com:443")
        #expect(try await scene.incidents().map(\.subject) == ["host:api.example.com:443", job.id.text])
    }

    @Test(arguments: [(["after": 3], 3), ("off", 1), ("inherit", 1), (.null, 1)] as [(JSON, Int)])
    func aJobSaysHowManyFailuresOpenIt(alerts: JSON, after: Int) async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil, ["alerts": alerts]), for: scene.acme)
        var last: ID<Execution>?
        for count in 1...after {
            #expect(try await scene.incidents().isEmpty, "\(count)")
            last = try await scene.end(job, down)
        }
        #expect(try await scene.incidents().map { [$0.executionID == last, $0.count == after] } == [[true, true]])
    }

    @Test func whoLostItsLeaseOpensNothing() async throws {
        let scene = try await Scene()
        try await scene.backlog(1)
        let claims = try await scene.claim()
        try await scene.database.query("UPDATE queue SET lease_token = nextval('lease_tokens')")
        var finished = claims[0].ended(down, at: scene.engine.clock.now())
        finished.host = "api.example.com:443"
        try await scene.queue.complete([finished], by: scene.engine.node, now: scene.engine.clock.now())
        #expect(try await scene.count("incidents") == 0)
        #expect(try await scene.count("breakers") == 0)
    }

    @Test func aBatchOpensOneForEachJobHoweverManyFail() async throws {
        let scene = try await Scene()
        for count in [34, 33, 33] { try await scene.backlog(count) }
        let completion = try await scene.complete(scene.claim(), down)
        #expect(completion.recorded == 100 && completion.incidents == 3)
        #expect(try await scene.incidents().map(\.count).sorted() == [33, 33, 34])
    }

    @Test func aSuccessBeforeAFailureInOneBatchClosesOneAndOpensOne() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil, ["overlap": "allow", "alerts": ["after": 2]]), for: scene.acme)
        for _ in 1...2 { try await scene.end(job, down) }
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: (1...5).map { now.adding(.milliseconds(-$0)) })
        let claims = try await scene.claim()
        let finished = claims.enumerated().map { index, claim in
            claim.ended(index == 1 ? well : down, at: now.adding(.milliseconds(index)))
        }
        try await scene.queue.complete(finished, by: scene.engine.node, now: now.adding(.milliseconds(9)))
        let incidents = try await scene.incidents()
        #expect(incidents.map(\.count) == [2, 3] && incidents[0].closingExecutionID == claims[1].id && incidents[1].closedAt == nil)
        #expect(incidents[1].executionID == claims[3].id)
    }

    @Test func twoNodesAtOneTimeOpenOne() async throws {
        let scene = try await Scene()
        try await scene.backlog(20)
        let claims = try await scene.claim()
        try await withThrowingTaskGroup { group in
            for claim in claims { group.addTask { try await scene.complete([claim], down) } }
            try await group.waitForAll()
        }
        #expect(try await scene.incidents().map(\.count) == [20])
    }

    @Test func whatIsLostForGoodOpensOne() async throws {
        let scene = try await Scene()
        let id = try await scene.backlog(1)[0]
        for _ in 1...2 {
            let claims = try await scene.claim()
            _ = try await scene.queue.lose(.refusedOutcome(claims.map { ($0.organizationID, $0.lease) }), now: scene.engine.clock.now())
        }
        let incident = try #require(try await scene.incidents().first)
        #expect(incident.kind == .failing && incident.reason == .leaseLost && incident.executionID == id)
        #expect(incident.subject == incident.jobID?.text)
    }

    @Test func whatIsMissedOpensOneTillTheNextSuccess() async throws {
        let scene = try await Scene()
        let now = scene.engine.clock.now()
        let anchor = now.adding(.seconds(-86_400 - 1_800))
        let job = try await scene.jobs.create(
            .probe(["every": "1h", "anchor": .string(anchor.rfc3339)], ["missed": "skip", "start_deadline": "1m"]), for: scene.acme)
        try await scene.database.query("UPDATE job_states SET next_run_at = \(anchor.adding(.seconds(3_600 * 21)))")
        try await scene.tick(at: now)
        let missed = try #require(try await scene.incidents().first)
        #expect(missed.kind == .missed && missed.count == 4 && missed.subject == "missed" && missed.reason == .startDeadline)
        #expect(try await scene.ended().last { $0.status == .missed }?.id == missed.executionID)
        // Taken out by who was to run it.
        try await scene.enqueue(job, at: [now.adding(.seconds(-600))])
        let late = try await scene.claim()
        #expect(try await scene.queue.withdraw(late, now: now) == Set(late.map(\.lease)))
        #expect(try await scene.incidents().map(\.count) == [5])
        try await scene.end(job, well)
        #expect(try await scene.incidents().map { $0.closedAt != nil } == [true])
    }

    @Test func aTargetThatPausesItsJobOpensOneTillItIsResumed() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await scene.end(job, down, at: "api.example.com:443")
        var gone = Outcome(reason: .stoppedByTarget, statusCode: 410)
        gone.steering.pause = "gone for good"
        let id = try await scene.end(job, gone, at: "api.example.com:443")
        var incidents = try await scene.incidents()
        #expect(incidents.map(\.kind) == [.failing, .stopped] && incidents[0].closedReason == "paused")
        #expect(incidents[1].detail == "gone for good" && incidents[1].executionID == id && incidents[1].subject == job.id.text)
        _ = try await scene.jobs.change(.id(job.id), ["name": "Other"], for: scene.acme)
        #expect(try await scene.incidents()[1].closedAt == nil)
        _ = try await scene.jobs.resume(.id(job.id), makingUp: nil, for: scene.acme)
        incidents = try await scene.incidents()
        #expect(incidents[1].closedReason == "resumed" && incidents[1].closedAt != nil)
    }

    @Test func aJobThatIsSetAsideOpensOneTillItIsMended() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await scene.database.query("UPDATE jobs SET schedule = '{\"cron\": \"0 0 0\"}'")
        try await scene.database.query("UPDATE job_states SET next_run_at = \(scene.engine.clock.now())")
        try await scene.tick()
        #expect(try await scene.incidents().map(\.kind) == [.setAside])
        _ = try await scene.jobs.change(.id(job.id), ["schedule": ["every": "2h"]], for: scene.acme)
        #expect(try await scene.incidents().map(\.closedReason) == ["mended"])
    }

    @Test func whoDeletesOrPausesAJobClosesWhatIsOpen() async throws {
        let scene = try await Scene()
        func failing() async throws -> Jobs.Name {
            let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
            try await scene.end(job, down)
            return .id(job.id)
        }
        try await scene.jobs.delete(try await failing(), for: scene.acme)
        _ = try await scene.jobs.change(try await failing(), ["enabled": false], for: scene.acme)
        let paused = try await failing()
        _ = try await scene.jobs.pause(paused, until: scene.engine.clock.now().adding(.seconds(60)), for: scene.acme)
        _ = try await failing()
        #expect(try await scene.incidents().map(\.closedReason) == ["deleted", "paused", "paused", nil])
        // What is asked for by hand of a job that rests is seen by who asked.
        let resting = try await scene.jobs.find(paused, for: scene.acme)
        try await scene.end(resting, down)
        #expect(try await scene.count("incidents WHERE closed_at IS NULL") == 1)
        try await scene.database.transaction { transaction in
            try await scene.jobs.stop(scene.acme.organization.id, at: scene.engine.clock.now(), in: transaction)
        }
        #expect(try await scene.count("incidents WHERE closed_at IS NULL") == 0)
    }

    @Test func whenAPlanIsNearlyUsedUpItIsNotedOnce() async throws {
        var plan = Entitlements.business()
        plan = Entitlements(
            plan: plan.plan, jobs: nil, executionsPerMonth: 10, shortestIntervalSeconds: 1, keepDays: 7, members: nil, concurrency: 200,
            timeoutSeconds: 900, plugins: nil)
        let scene = try await Scene(plan)
        for (count, causes) in [(7, 0), (1, 1), (1, 1), (1, 2), (1, 2)] as [(Int, Int64)] {
            try await scene.backlog(count)
            try await scene.complete(scene.claim(), count == 7 ? well : down)
            #expect(try await scene.count("notices") == causes)
        }
        let rows = try await scene.database.query("SELECT kind, facts, cause FROM notices ORDER BY cause DESC")
        let month = String(scene.engine.clock.now().rfc3339.prefix(7))
        #expect(try rows.map { try $0("cause") as String } == ["\(month)/usage_80", "\(month)/usage_100"])
        #expect(try rows.map { try $0("facts") as JSON } == [
            ["used": 8, "limit": 10, "month": .string(month)], ["used": 10, "limit": 10, "month": .string(month)],
        ])
    }

    @Test func theDatabaseWritesIdsAsWeDo() async throws {
        let scene = try await Scene()
        for _ in 1...20 {
            let id = ID<Job>()
            #expect(try await scene.database.query("SELECT job_subject(\(id)) AS text").only("text") as String == id.text)
        }
        let now = scene.engine.clock.now()
        let made: ID<Incident> = try await scene.database.query("SELECT new_id(\(now)) AS id").only("id")
        #expect(made.instant.microseconds == now.microseconds / 1_000 * 1_000)
    }
}
