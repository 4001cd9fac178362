import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct BatchTests {
    private static func words(_ results: [Result<Job, any Error>]) -> [String] {
        results.map { result in
            switch result {
            case .success: "made"
            case .failure(let error as InvalidInput): error.errors.map { "\($0.pointer) \($0.code)" }.joined(separator: ", ")
            case .failure(Refusal.limitReached): "limit"
            case .failure(let error): "\(error)"
            }
        }
    }

    @Test func eachIsAnsweredInItsPlaceAndWhatIsWrongKeepsNoneOfTheOthers() async throws {
        let scene = try await Scene()
        _ = try await scene.jobs.create(.call(["every": "1h"], ["key": "old"]), for: scene.acme)
        let drafts: [JSON] = [
            .call(["every": "1h"], ["key": "a"]), .call(["cron": "99 * * * *"]), .call(["every": "1h"], ["key": "old"]),
            .call(["every": "1h"], ["key": "a"]), ["config": [:]], "nonsense", .call(["every": "1h"], ["key": "b"]),
        ]
        let results = try await scene.jobs.create(drafts, for: scene.acme)
        #expect(
            Self.words(results) == [
                "made", "/schedule/cron invalid_cron", "/key taken", "/key taken", "/config/url required", " wrong_type", "made",
            ])
        #expect(try await scene.jobs.page(after: nil, limit: 10, for: scene.acme).count == 3)
    }

    @Test func whatIsMadeInABatchIsWhatIsMadeAlone() async throws {
        let scene = try await Scene()
        let members: JSONObject = ["tags": ["x", "y"], "config": ["url": "https://example.com/", "headers": ["Authorization": "secret"]]]
        let one = try await scene.jobs.create([.call(["cron": "0 2 * * *"], members)], for: scene.acme)[0].get()
        let found = try await scene.jobs.find(.id(one.id), for: scene.acme)
        #expect(JSON.object(found.definition.members) == JSON.object(one.definition.members) && found.nextRunAt == one.nextRunAt)
        #expect(found.secrets.sealed == one.secrets.sealed && found.secrets.sealed != nil)
        #expect(found.definition.tags == ["x", "y"])
        let rows = try await scene.database.query(
            """
            SELECT (SELECT count(*) FROM job_states) AS states, (SELECT count(*) FROM schedule_periods) AS periods,
                (SELECT count(*) FROM audit_log WHERE action = 'job.created' AND subject = \(one.id.text)) AS lines
            """)
        #expect(try rows[0]("states", as: Int64.self) == 1 && rows[0]("periods", as: Int64.self) == 1)
        #expect(try rows[0]("lines", as: Int64.self) == 1)
    }

    @Test func thePlanLetsInAsManyAsThereArePlacesAndWhatIsNotMadeTakesNone() async throws {
        let scene = try await Scene(.free)
        _ = try await scene.jobs.create(.call(["every": "1h"], ["key": "old"]), for: scene.acme)
        let drafts: [JSON] = [.call(["every": "1h"], ["key": "old"])] + (0..<6).map { _ in .call() }
        let results = try await scene.jobs.create(drafts, for: scene.acme)
        #expect(Self.words(results) == ["/key taken", "made", "made", "made", "made", "limit", "limit"])
    }

    @Test func twoWhoMakeTheSameKeysInOtherOrdersBothGetAnAnswer() async throws {
        let scene = try await Scene()
        let keys = (0..<40).map { "k\($0)" }
        let made = try await withThrowingTaskGroup { tasks in
            for order in [keys, keys.reversed()] {
                // A door each: as on two nodes.
                let jobs = Jobs(scene.engine, plugins: scene.plugins, secrets: try #require(Scene.secrets))
                tasks.addTask { try await jobs.create(order.map { .call(["every": "1h"], ["key": .string($0)]) }, for: scene.acme) }
            }
            return try await tasks.reduce(into: [String]()) { $0 += Self.words($1) }
        }
        #expect(made.filter { $0 == "made" }.count == 40 && made.filter { $0 == "/key taken" }.count == 40)
    }

    @Test func oneRequestThatTheDatabaseRefusesFailsNoOther() async throws {
        let scene = try await Scene()
        let now = scene.engine.clock.now()
        let twice = try scene.jobs.prepare(.call(), at: now, for: scene.acme)
        #expect(try await scene.jobs.maker.make([twice]) == [.made])
        let others = try (0..<5).map { _ in try scene.jobs.prepare(.call(), at: now, for: scene.acme) }
        let outcomes = await withTaskGroup { tasks in
            for new in others + [twice] { tasks.addTask { (try? await scene.jobs.maker.make([new])) == [.made] } }
            return await tasks.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.filter(\.self).count == 5 && outcomes.count == 6)
    }

    @Test func whatIsDueAtOnceIsQueuedAtOnceAndRunsOnce() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.call(["delay": "0s"]), for: scene.acme)
        #expect(job.nextRunAt == nil)
        let queued = try await scene.database.query("SELECT scheduled_for, held FROM queue WHERE job_id = \(job.id)")
        #expect(try queued.map { try $0("scheduled_for", as: Timestamp.self) } == [job.createdAt])
        let state = try await scene.database.query("SELECT next_run_at FROM job_states WHERE job_id = \(job.id)")
        #expect(try state[0]("next_run_at", as: Timestamp?.self) == nil)
        let lane = try await scene.database.query("SELECT next_due <= \(job.createdAt) AS is_due FROM lanes")
        #expect(try lane[0]("is_due", as: Bool.self))
        // Later, it is the scheduler's.
        #expect(try await scene.jobs.create(.call(["delay": "10m"]), for: scene.acme).nextRunAt != nil)
        #expect(try await scene.database.query("SELECT FROM queue").count == 1)
    }

    @Test func aTableThatHasGrownIsAnalyzedOnce() async throws {
        let scene = try await Scene()
        let analyzer = Analyzer(scene.engine, logger: silence)
        // What other tests had in it is forgotten.
        try await scene.database.query("ANALYZE jobs")
        _ = try await scene.jobs.create((0..<600).map { _ in .call() }, for: scene.acme)
        try await until("the statistics know of the rows") {
            // They are told a little later.
            try await analyzer.analyze().contains("jobs")
        }
        #expect(try await analyzer.analyze().contains("jobs") == false)
    }
}
