import JSON
import TestSupport
import Testing

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct JobLimitTests {
    private func pointer(_ body: () async throws -> Job) async -> String? {
        do {
            _ = try await body()
            return "made"
        } catch let Refusal.limitReached(pointer, _) {
            return pointer
        } catch {
            return "\(error)"
        }
    }

    @Test func freeHasFiveJobsAlsoWhenTenAreMadeAtOnce() async throws {
        let scene = try await Scene(.free)
        let outcomes = await withTaskGroup { tasks in
            for _ in 0..<10 { tasks.addTask { await pointer { try await scene.jobs.create(.call(), for: scene.acme) } } }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == "made" }.count == 5 && outcomes.filter { $0 == nil }.count == 5, "\(outcomes)")
        let job = try #require(try await scene.jobs.page(after: nil, limit: 10, for: scene.acme).first)
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        #expect(await pointer { try await scene.jobs.create(.call(), for: scene.acme) } == "made")
    }

    @Test func anotherTenantsJobsDoNotCount() async throws {
        let scene = try await Scene(.free)
        let other = try await scene.found("Other", .free)
        for _ in 0..<5 { _ = try await scene.jobs.create(.call(), for: scene.acme) }
        #expect(await pointer { try await scene.jobs.create(.call(), for: other) } == "made")
    }

    private static let drafts: [(JSON, String)] = [
        (.call(["every": "59m"]), "/schedule"), (.call(["cron": "*/30 * * * *"]), "/schedule"),
        (.call(["cron": "0,59 * * * *"]), "/schedule"),
        (.call(["every": "1h"], ["timeout_ms": 30_001]), "/timeout_ms"), (.probe(["every": "1h"]), "/plugin"),
        (.call(["every": "1h"], ["timeout_ms": 30_000]), "made"), (.call(["cron": "59 * * * *"]), "made"), (.call(nil), "made"),
        // Only the clock change of the autumn brings these closer than an hour.
        (.call(["cron": "30 2 * * *", "timezone": "Europe/Oslo"]), "made"),
    ]

    @Test(arguments: drafts) func thePlanBoundsTheIntervalTheTimeoutAndTheKind(draft: JSON, outcome: String) async throws {
        let scene = try await Scene(.free)
        #expect(await pointer { try await scene.jobs.create(draft, for: scene.acme) } == outcome)
    }

    @Test func aChangeIsBoundedLikeACreation() async throws {
        let scene = try await Scene(.free)
        let job = try await scene.jobs.create(.call(), for: scene.acme)
        for (patch, outcome): (JSON, String) in [(["schedule": ["every": "1m"]], "/schedule"), (["timeout_ms": 60_000], "/timeout_ms")] {
            #expect(await pointer { try await scene.jobs.change(.id(job.id), patch, for: scene.acme) } == outcome)
        }
    }
}
