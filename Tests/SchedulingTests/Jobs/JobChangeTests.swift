import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite(.database) struct JobChangeTests {
    @Test func aPatchIsMergedAndTheScheduleReplacedAsAWhole() async throws {
        let scene = try await Scene()
        let draft = JSON.call(["cron": "0 2 * * *", "timezone": "Europe/Oslo"], ["retries": ["limit": 3], "tags": ["a"]])
        let job = try await scene.jobs.create(draft, for: scene.acme)
        let patch: JSON = [
            "config": ["headers": ["X-A": "1"]], "retries": ["initial": "10s"], "tags": ["b"], "schedule": ["every": "2h"], "name": nil,
        ]
        let changed = try await scene.jobs.change(.id(job.id), patch, for: scene.acme)
        let definition = changed.definition
        #expect(definition.config["url"] == "https://api.example.com/tick" && definition.config["headers"] == ["X-A": "1"])
        #expect(definition.retries["limit"] == 3 && definition.retries["initial"] == "10s" && definition.tags == ["b"])
        #expect(definition.schedule == ["every": "2h"] && definition.name == "api.example.com")
        #expect(changed.version == 2 && changed.updatedAt > job.updatedAt && changed.createdAt == job.createdAt)

        let bare = try await scene.jobs.change(.id(job.id), ["config": ["headers": nil], "schedule": nil], for: scene.acme)
        #expect(bare.definition.config["headers"] == [:] && bare.definition.schedule.isNull && bare.nextRunAt == nil)
        #expect(try await scene.count("jobs WHERE schedule IS NULL") == 1)
    }

    @Test func aPatchIsCheckedLikeADraft() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.call(), for: scene.acme)
        let wrong: [(JSON, String)] = [
            (["config": ["url": "ftp://a.example.com"]], "/config/url invalid_url"),
            (["schedule": ["cron": "x"]], "/schedule/cron invalid_cron"),
            (["id": "job_1"], "/id unknown_field"), (["config": nil], "/config required"), ("text", " wrong_type"),
        ]
        for (patch, fault) in wrong {
            let error = try await #require(throws: InvalidInput.self) { try await scene.jobs.change(.id(job.id), patch, for: scene.acme) }
            #expect(error.errors.map { "\($0.pointer) \($0.code)" } == [fault])
        }
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).version == 1)
    }

    @Test func aPatchThatChangesNothingKeepsTheVersion() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.call(["cron": "0 2 * * *"], ["tags": ["a"]]), for: scene.acme)
        for patch: JSON in [[:], ["name": "api.example.com"], ["schedule": ["cron": "0 2 * * *"]], ["config": ["method": "GET"]]] {
            let same = try await scene.jobs.change(.id(job.id), patch, for: scene.acme)
            #expect(same.version == 1 && same.updatedAt == job.updatedAt, "\(patch.text)")
        }
    }

    @Test func aChangeOfAnotherVersionIsRefused() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.call(), for: scene.acme)
        #expect(try await scene.jobs.change(.id(job.id), ["name": "B"], ifVersion: 1, for: scene.acme).version == 2)
        await #expect(throws: Refusal.changedSince) {
            try await scene.jobs.change(.id(job.id), ["name": "C"], ifVersion: 1, for: scene.acme)
        }
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).definition.name == "B")
    }

    /// Of ten at once that all saw version 1, one wins.
    @Test func ofTwoChangesOfOneVersionOneIsMade() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.call(), for: scene.acme)
        let made = await withTaskGroup { tasks in
            for number in 0..<10 {
                tasks.addTask {
                    (try? await scene.jobs.change(.id(job.id), ["name": .string("\(number)")], ifVersion: 1, for: scene.acme)) != nil
                }
            }
            return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(made == 1)
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).version == 2)
    }

    @Test func anEditOfTheScheduleTakesOutWhatWasQueuedAheadAndNeverFires() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let now = scene.engine.clock.now()
        let due = try await scene.enqueue(job, at: [now.adding(.seconds(-1))])
        try await scene.enqueue(job, at: [now.adding(.seconds(60))])
        let changed = try await scene.jobs.change(.id(job.id), ["schedule": ["every": "2h"]], for: scene.acme)
        // What was due already stays: an edit loses no slot.
        #expect(try await scene.claim().map(\.id) == due)
        #expect(try await scene.count("queue") == 1)
        #expect(try await scene.count("executions") == 0)
        #expect(try #require(changed.nextRunAt) == changed.updatedAt.adding(.seconds(7_200)))
    }

    @Test func anEditOfSomethingElseLeavesTheNextRunAndTheQueue() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await scene.enqueue(job, at: [scene.engine.clock.now().adding(.seconds(2))])
        let moved = scene.engine.clock.now().adding(.seconds(1_234))
        try await scene.database.query("UPDATE job_states SET next_run_at = \(moved)")
        let changed = try await scene.jobs.change(
            .id(job.id), ["name": "B", "timeout_ms": 5_000, "schedule": ["every": "1h"]], for: scene.acme)
        #expect(changed.nextRunAt == moved && changed.version == 2)
        #expect(changed.definition.scheduleSetAt == job.definition.scheduleSetAt)
        #expect(try await scene.count("queue") == 1)
    }

    @Test func pausingTakesTheNextRunAwayAndResumingComputesItFromNow() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await scene.enqueue(job, at: [scene.engine.clock.now().adding(.seconds(60))])
        let paused = try await scene.jobs.change(.id(job.id), ["enabled": false], for: scene.acme)
        #expect(paused.nextRunAt == nil && scene.jobs.json(paused)["health"] == "paused")
        #expect(try await scene.count("queue") == 0)
        let resumed = try await scene.jobs.change(.id(job.id), ["enabled": true], for: scene.acme)
        #expect(resumed.nextRunAt == job.createdAt.adding(.seconds(3_600)) && scene.jobs.json(resumed)["health"] == "healthy")
    }

    @Test func savingAJobThatWasSetAsideBringsItBack() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        try await scene.database.query("UPDATE job_states SET next_run_at = NULL, set_aside = 'Why.'")
        let saved = try await scene.jobs.change(.id(job.id), ["schedule": ["every": "2h"]], for: scene.acme)
        #expect(saved.setAside == nil && saved.nextRunAt != nil)
    }
}
