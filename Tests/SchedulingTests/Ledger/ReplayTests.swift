import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// Running again what has ended: one, or all that match.
@Suite(.database, .timeLimit(.minutes(1))) struct ReplayTests {
    /// A job with executions that ended so, a second apart, the last a second ago.
    private func job(_ scene: Scene, _ outcomes: [Outcome], _ more: JSONObject = [:]) async throws -> (job: Job, ids: [ID<Execution>]) {
        let job = try await scene.jobs.create(.probe(nil, more), for: scene.acme)
        let now = scene.engine.clock.now()
        var ids: [ID<Execution>] = []
        for (index, outcome) in outcomes.enumerated() {
            let id = try await scene.enqueue(job, at: [now.adding(.seconds(index - outcomes.count))])
            try await scene.complete(try await scene.claim(), outcome)
            ids += id
        }
        return (job, ids)
    }

    private let failed = Outcome(reason: .connectFailed)

    private func replay(_ scene: Scene, _ more: JSONObject = [:], for access: Access? = nil) async throws -> Executions.Replay {
        try await scene.executions.replay(try Executions.replayBody.validate(.object(more)), for: access ?? scene.acme)
    }

    @Test func oneIsRunAgainWithTheBodyThatItCameWith() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        let first = try await scene.executions.trigger(job, override: ["body": "mine", "reason": "why"], by: .api, for: scene.acme)
        await #expect(throws: Refusal.notEnded) { _ = try await scene.executions.retry(first, for: scene.acme) }
        try await scene.complete(try await scene.claim(), failed)
        let ended = try await scene.executions.execution(first.id, for: scene.acme)
        let again = try await scene.executions.retry(ended, for: scene.acme)
        #expect(again.trigger == .replay && again.repeatOf == first.id && again.status == .pending)
        let claim = try #require(try await scene.claim().first)
        #expect(claim.id == again.id && claim.override?["body"] == "mine")
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        await #expect(throws: Refusal.jobDeleted) { _ = try await scene.executions.retry(ended, for: scene.acme) }
    }

    @Test func thoseOfOneJobRunOneAfterTheOtherAndNoneIsDropped() async throws {
        let scene = try await Scene()
        let (job, ids) = try await job(scene, [failed, failed, failed, failed])
        let replay = try await replay(scene, ["rate": 60_000])
        #expect(replay.matched == 4 && replay.replayed == 4)
        var repeated: [ID<Execution>?] = []
        for _ in ids {
            // What the schedule queues meanwhile neither drops them nor is it dropped for them.
            try await scene.queue.release(after: nil, now: scene.engine.clock.now().adding(.seconds(1)))
            let then = scene.engine.clock.now().adding(.seconds(1))
            let claims = try await scene.queue.claim(9, for: scene.engine.node, now: then, horizon: then).claims
            #expect(claims.count == 1)
            let claim = try #require(claims.first)
            repeated.append(try await scene.executions.execution(claim.id, for: scene.acme).repeatOf)
            try await scene.complete(claims)
        }
        #expect(repeated == ids, "the oldest first")
        #expect(try await scene.count("executions WHERE status = 'skipped'") == 0)
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).health == "healthy")
    }

    @Test func whatIsDueByTheScheduleGoesBeforeWhatIsRunAgain() async throws {
        let scene = try await Scene()
        let (job, _) = try await job(scene, [failed, failed, failed])
        _ = try await replay(scene, ["rate": 60_000])
        let first = try await scene.claim()
        let tick = try await scene.enqueue(job, at: [scene.engine.clock.now()], held: true)
        try await scene.complete(first)
        try await scene.queue.release(after: nil, now: scene.engine.clock.now())
        let next = try await scene.claim()
        #expect(next.map(\.id) == tick)
        try await scene.complete(next)
        try await scene.queue.release(after: nil, now: scene.engine.clock.now())
        #expect(try await scene.claim().map(\.trigger) == [.replay])
    }

    @Test func theyBeginAtTheRateThatWasAskedFor() async throws {
        let scene = try await Scene()
        _ = try await job(scene, [failed, failed, failed], ["overlap": "allow"])
        let replay = try await replay(scene, ["rate": 30])
        let span = try #require(replay.span)
        #expect(span.first.duration(to: span.last) == .seconds(4))
        #expect(try await scene.claim().count == 1)
        let then = span.first.adding(.seconds(2))
        #expect(try await scene.queue.claim(9, for: scene.engine.node, now: then, horizon: then).claims.count == 1)
        #expect(try await scene.count("queue WHERE leased_by IS NULL AND due_at = scheduled_for") == 1)
    }

    @Test func whatHasSucceededSinceIsRunAgainOrIsDeletedIsLeftOut() async throws {
        let scene = try await Scene()
        _ = try await job(scene, [failed, failed, Outcome(reason: nil), failed])
        let gone = try await job(scene, [failed])
        try await scene.jobs.delete(.id(gone.job.id), for: scene.acme)
        let dry = try await replay(scene, ["dry_run": true])
        #expect([dry.matched, dry.superseded, dry.repeated, dry.deleted, dry.replayed] == [4, 2, 0, 1, 1])
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.count("audit_log WHERE action = 'executions.replayed'") == 0)

        #expect(try await replay(scene).replayed == 1)
        let again = try await replay(scene, ["skip_superseded": false])
        #expect([again.superseded, again.repeated, again.deleted, again.replayed] == [0, 1, 1, 2])
        #expect(try await scene.count("queue WHERE trigger = 'replay'") == 3)
        #expect(try await scene.count("audit_log WHERE action = 'executions.replayed'") == 2)
    }

    @Test func theFilterSaysWhich() async throws {
        let scene = try await Scene()
        let tagged = try await job(scene, [failed, Outcome(reason: .deadline)], ["tags": ["nightly"], "key": "mine"])
        _ = try await job(scene, [failed])
        let key: JSON = "key:mine"
        for (more, count) in [
            ([:], 3), (["tag": "nightly"], 2), (["job": key], 2), (["job": key, "status": ["timeout"]], 1), (["reason": "deadline"], 1),
            (["trigger": "api"], 0), (["status": ["success"]], 0), (["until": "2020-01-01T00:00:00Z"], 0),
            (["job": .string(tagged.job.id.text), "tag": "other"], 0),
        ] as [(JSONObject, Int)] {
            var more = more
            more["dry_run"] = true
            #expect(try await replay(scene, more).matched == count, "\(more)")
        }
        for job in ["key:nothing", "nonsense", ID<Job>().text] {
            await #expect(throws: InvalidInput.self) { _ = try await self.replay(scene, ["job": .string(job)]) }
        }
    }

    /// Two at once do not run the same twice.
    @Test func twoReplaysAtOnceAreOne() async throws {
        let scene = try await Scene()
        _ = try await job(scene, Array(repeating: failed, count: 5))
        let counts = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<4 { tasks.addTask { try await self.replay(scene).replayed } }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.sorted() == [0, 0, 0, 5])
        #expect(try await scene.count("queue") == 5)
    }

    @Test func overTheLimitNoneIsRunAgain() async throws {
        let scene = try await Scene()
        _ = try await job(scene, [failed, failed, failed])
        let limited = try await scene.limited(to: 5)
        do {
            _ = try await replay(scene, for: limited)
            Issue.record("it was let through")
        } catch Refusal.limitReached(_, let sentence) {
            #expect(sentence.contains("These are 3 executions") && sentence.contains("5 a month, and 3 are used"))
        }
        #expect(try await scene.count("queue") == 0)
        #expect(try await replay(scene, for: try await scene.limited(to: 6)).replayed == 3)
    }

    @Test func moreThanTenThousandAreRefused() async throws {
        let scene = try await Scene()
        let (job, _) = try await job(scene, [failed])
        try await scene.database.query(
            """
            INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at)
            SELECT \(scene.acme.organization.id), 7, now(), gen_random_uuid(), \(job.id), 'api', 'failed', 'http_status', 1, now()
            FROM generate_series(1, 10000)
            """)
        await #expect(throws: InvalidInput.self) { _ = try await self.replay(scene, ["dry_run": true]) }
        #expect(try await replay(scene, ["dry_run": true, "reason": "http_status"]).matched == 10_000)
    }
}

extension Scene {
    /// Acme with so many executions a month.
    fileprivate func limited(to count: Int) async throws -> Access {
        try await database.query("UPDATE entitlements SET executions_per_month = \(Int64(count))")
        let acme = acme.organization
        let organization = Organization(
            id: acme.id, name: acme.name, slug: acme.slug, timezone: acme.timezone, createdAt: acme.createdAt,
            entitlements: .business().with(executionsPerMonth: count))
        return Access(organization: organization, actor: .system, origin: Origin(.engine))
    }
}
