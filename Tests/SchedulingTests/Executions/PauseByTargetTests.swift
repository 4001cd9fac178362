import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// A job that its own target pauses.
@Suite(.database, .timeLimit(.minutes(1))) struct PauseByTargetTests {
    private func asking(_ pause: String, _ reason: Reason? = .stoppedByTarget) -> Outcome {
        var outcome = Outcome(reason: reason, statusCode: reason == nil ? 200 : 410)
        outcome.steering.pause = pause
        return outcome
    }

    /// A job every hour, of which one occurrence is leased and the next one queued ahead.
    private func running(in scene: Scene) async throws -> (job: Job, claim: Claim, ahead: ID<Execution>) {
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let now = scene.engine.clock.now()
        try await scene.enqueue(job, at: [now.adding(.seconds(-1))])
        let claim = try #require(try await scene.claim().first)
        let ahead = try await scene.enqueue(job, at: [now.adding(.seconds(60))])
        return (job, claim, try #require(ahead.first))
    }

    @Test func theJobIsOffAtANewVersionWithNothingAhead() async throws {
        let scene = try await Scene()
        let (job, claim, _) = try await running(in: scene)
        let completion = try await scene.complete([claim], asking("gone for good"))
        #expect(completion.recorded == 1 && completion.paused.map(\.reason) == ["gone for good"])
        let paused = try await scene.jobs.find(.id(job.id), for: scene.acme)
        let json = scene.jobs.json(paused)
        #expect(!paused.definition.enabled && paused.version == job.version + 1 && paused.nextRunAt == nil)
        #expect(json["paused_reason"] == "gone for good" && json["health"] == "paused" && json["enabled"] == false)
        #expect(json["paused_at"]?.string == json["updated_at"]?.string)
        #expect(try await scene.count("queue") == 0)
        let ended = try #require(try await scene.ended().first)
        #expect(ended.reason == .stoppedByTarget && ended.status == .failed)
    }

    @Test func aSuccessMayPauseToo() async throws {
        let scene = try await Scene()
        let (job, claim, _) = try await running(in: scene)
        try await scene.complete([claim], asking("all done", nil))
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).pausedByTarget?.reason == "all done")
        #expect(try await scene.ended().map(\.status) == [.success])
    }

    @Test func resumingClearsTheReasonAndSetsTheNextRun() async throws {
        let scene = try await Scene()
        let (job, claim, _) = try await running(in: scene)
        try await scene.complete([claim], asking("gone"))
        let renamed = try await scene.jobs.change(.id(job.id), ["name": "Other"], for: scene.acme)
        #expect(renamed.pausedByTarget?.reason == "gone")
        let resumed = try await scene.jobs.change(.id(job.id), ["enabled": true], for: scene.acme)
        #expect(resumed.pausedByTarget == nil && resumed.definition.enabled && resumed.nextRunAt != nil)
        #expect(scene.jobs.json(resumed)["paused_reason"] == .null && scene.jobs.json(resumed)["paused_at"] == .null)
    }

    @Test func whoLostItsLeasePausesNothing() async throws {
        let scene = try await Scene()
        let (job, claim, _) = try await running(in: scene)
        try await scene.database.query("UPDATE queue SET lease_token = nextval('lease_tokens') WHERE leased_by IS NOT NULL")
        let completion = try await scene.complete([claim], asking("gone"))
        #expect(completion.recorded == 0 && completion.paused.isEmpty)
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).definition.enabled)
        #expect(try await scene.count("queue") == 2)
    }

    @Test func theOthersOfTheBatchAndOtherTenantsGoOn() async throws {
        let scene = try await Scene()
        let (job, claim, _) = try await running(in: scene)
        let other = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await scene.enqueue(other, at: [scene.engine.clock.now().adding(.seconds(-1))])
        let claims = try await scene.claim()
        let now = scene.engine.clock.now()
        let endings = [claim.ended(asking("gone"), at: now)] + claims.map { $0.ended(at: now) }
        let completion = try await scene.queue.complete(endings, by: scene.engine.node, now: now)
        #expect(completion.recorded == 2 && completion.paused.map(\.jobID) == [job.id])
        let untouched = try await scene.jobs.find(.id(other.id), for: scene.acme)
        #expect(untouched.definition.enabled && untouched.nextRunAt == other.nextRunAt && untouched.version == other.version)
    }

    @Test func aJobThatIsOffAlreadyKeepsItsReason() async throws {
        let scene = try await Scene()
        let (job, claim, _) = try await running(in: scene)
        let off = try await scene.jobs.change(.id(job.id), ["enabled": false], for: scene.acme)
        let completion = try await scene.complete([claim], asking("gone"))
        #expect(completion.recorded == 1 && completion.paused.isEmpty)
        let still = try await scene.jobs.find(.id(job.id), for: scene.acme)
        #expect(still.version == off.version && still.pausedByTarget == nil)
    }
}
