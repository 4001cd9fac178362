import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct JobsTests {
    @Test func aJobIsFoundByItsIdAndByItsKey() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.call(["every": "1h"], ["key": "exports/nightly"]), for: scene.acme)
        for text in [job.id.text, "key:exports/nightly"] {
            let found = try await scene.jobs.find(#require(Jobs.Name(text)), for: scene.acme)
            #expect(found.id == job.id && JSON.object(found.definition.members) == JSON.object(job.definition.members))
            #expect(found.version == 1 && found.nextRunAt == job.nextRunAt)
        }
        #expect(job.nextRunAt == job.createdAt.adding(.seconds(3_600)))
    }

    @Test func anotherTenantsJobIsNotFoundByAnyVerb() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        let job = try await scene.jobs.create(.call(["every": "1h"], ["key": "mine"]), for: scene.acme)
        for name in [Jobs.Name.id(job.id), .key("mine"), .id(ID()), .key("unknown")] {
            await #expect(throws: Refusal.notFound) { try await scene.jobs.find(name, for: other) }
            await #expect(throws: Refusal.notFound) { try await scene.jobs.change(name, ["name": "x"], for: other) }
            await #expect(throws: Refusal.notFound) { try await scene.jobs.delete(name, for: other) }
        }
        await #expect(throws: Refusal.notFound) { try await scene.executions.trigger(job, override: [:], by: .api, for: other) }
        #expect(try await scene.jobs.page(after: nil, limit: 10, for: other).isEmpty)
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).version == 1)
        // Its key is free for everybody else.
        _ = try await scene.jobs.create(.call(["every": "1h"], ["key": "mine"]), for: other)
    }

    @Test func aKeyIsTakenOnceAndFreeAgainAfterDeletion() async throws {
        let scene = try await Scene()
        let draft = JSON.call(["every": "1h"], ["key": "mine"])
        let job = try await scene.jobs.create(draft, for: scene.acme)
        let error = try await #require(throws: InvalidInput.self) { try await scene.jobs.create(draft, for: scene.acme) }
        #expect(error.errors.map { "\($0.pointer) \($0.code)" } == ["/key taken"])
        let free = try await scene.jobs.create(.call(), for: scene.acme)
        await #expect(throws: InvalidInput.self) { try await scene.jobs.change(.id(free.id), ["key": "mine"], for: scene.acme) }
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        _ = try await scene.jobs.change(.id(free.id), ["key": "mine"], for: scene.acme)
    }

    @Test func theListGoesFromTheNewestOnAndMissesNone() async throws {
        let scene = try await Scene()
        var made: [ID<Job>] = []
        for _ in 0..<5 { made.append(try await scene.jobs.create(.call(), for: scene.acme).id) }
        var (seen, position): ([ID<Job>], Jobs.Position?) = ([], nil)
        while let last = try await scene.jobs.page(after: position, limit: 2, for: scene.acme).last {
            seen += try await scene.jobs.page(after: position, limit: 2, for: scene.acme).map(\.id)
            position = Jobs.Position(Jobs.Position(last).cursor)
        }
        #expect(seen == made.sorted().reversed())
    }

    @Test func deletingCancelsWhatWaitsAndLeavesWhatRuns() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let now = scene.engine.clock.now()
        let running = try await scene.enqueue(job, at: [now.adding(.seconds(-2))])
        let claims = try await scene.claim()
        #expect(claims.map(\.id) == running)
        let waiting = try await scene.enqueue(job, at: [now.adding(.seconds(-1))], held: true)
        let ahead = try await scene.enqueue(job, at: [now.adding(.seconds(2))])
        try await scene.jobs.delete(.id(job.id), for: scene.acme)

        let cancelled = try await scene.ended()
        #expect(cancelled.map(\.id) == waiting + ahead)
        #expect(cancelled.allSatisfy { $0.status == .cancelled && $0.reason == .deleted })
        #expect(try await scene.complete(claims).recorded == 1)
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.count("job_states WHERE next_run_at IS NOT NULL") == 0)
        await #expect(throws: Refusal.notFound) { try await scene.jobs.find(.id(job.id), for: scene.acme) }
        await #expect(throws: Refusal.notFound) { try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme) }
    }
}
