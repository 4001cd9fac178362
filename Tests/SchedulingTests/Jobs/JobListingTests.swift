import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite("The list of jobs", .database, .timeLimit(.minutes(1))) struct JobListingTests {
    private func names(
        _ scene: Scene, _ filter: Jobs.Filter = .init(), in order: Jobs.Order = .oldestFirst, limit: Int = 100
    ) async throws -> [String] {
        try await scene.jobs.list(filter, in: order, after: nil, limit: limit, for: scene.acme).map(\.job.definition.name)
    }

    private func make(_ scene: Scene, _ name: String, _ more: JSONObject = [:], schedule: JSON = .null) async throws {
        var members = more
        members["name"] = .string(name)
        _ = try await scene.jobs.create(.probe(schedule, members), for: scene.acme)
    }

    @Test("is filtered by each member, and by all together") func filters() async throws {
        let scene = try await Scene()
        try await make(scene, "one", ["tags": ["a", "b"], "key": "exports/one"])
        try await make(scene, "two", ["tags": ["b"], "enabled": false])
        try await make(scene, "three", ["paused_until": "2099-01-01T00:00:00Z"], schedule: ["every": "1h"])
        _ = try await scene.jobs.create(.call(["every": "1h"], ["name": "four"]), for: scene.acme)
        try await scene.database.query(
            "UPDATE job_states SET health = 'failing' WHERE job_id IN (SELECT id FROM jobs WHERE name IN ('one', 'two'))")
        #expect(try await names(scene, .init(tag: "b")) == ["one", "two"])
        #expect(try await names(scene, .init(plugin: "http")) == ["four"])
        #expect(try await names(scene, .init(enabled: false)) == ["two"])
        #expect(try await names(scene, .init(health: "failing")) == ["one"])
        #expect(try await names(scene, .init(health: "paused")) == ["two", "three"])
        #expect(try await names(scene, .init(search: "API.EXAMPLE")) == ["four"])
        #expect(try await names(scene, .init(search: "ports/ON")) == ["one"])
        #expect(try await names(scene, .init(tag: "b", enabled: true, search: "o")) == ["one"])
        #expect(try await names(scene, .init(search: "")).count == 4)
    }

    @Test("finds in any case what stands in a name, a key, an address or a tag now, and not what stood there") func search() async throws {
        let scene = try await Scene()
        try await make(scene, "Ærlig Øst", ["tags": ["Team Blå"], "key": "a/b"])
        try await make(scene, "other")
        for word in ["ærlig ø", "ÆRLIG", "team blå", "BLÅ", "A/B"] {
            #expect(try await names(scene, .init(search: word)) == ["Ærlig Øst"], "\(word)")
        }
        _ = try await scene.jobs.change(.key("a/b"), ["name": "new", "tags": []], for: scene.acme)
        #expect(try await names(scene, .init(search: "blå")) == [])
        #expect(try await names(scene, .init(search: "NEW")) == ["new"])
    }

    @Test("takes no character of what is searched for as a pattern", arguments: ["%", "_", "\\", "100%", "a_b", "'; --"])
    func noPattern(search: String) async throws {
        let scene = try await Scene()
        try await make(scene, "plain")
        try await make(scene, "with \(search) in it")
        #expect(try await names(scene, .init(search: search)) == ["with \(search) in it"])
    }

    /// Ties and nulls in every order, page by page: all of them, none twice, in the order of the whole list.
    @Test("goes page by page through ties and through what has no value", arguments: Jobs.Order.allCases, [1, 2, 3])
    func pages(order: Jobs.Order, limit: Int) async throws {
        let scene = try await Scene()
        for name in ["b", "A", "a", "É", "b", "Z"] { try await make(scene, name, schedule: name == "b" ? ["every": "1h"] : .null) }
        try await scene.database.query("UPDATE job_states SET next_run_at = '2030-01-01T00:00:00.000001Z' WHERE next_run_at IS NOT NULL")
        try await scene.database.query("UPDATE jobs SET updated_at = '2030-01-01T00:00:00Z' WHERE name IN ('A', 'Z', 'b')")
        let whole = try await scene.jobs.list(in: order, after: nil, limit: 100, for: scene.acme).map(\.job.id)
        var (found, position) = ([ID<Job>](), Jobs.Position?.none)
        while found.count < 20 {
            let page = try await scene.jobs.list(in: order, after: position, limit: limit, for: scene.acme)
            guard let last = page.last else { break }
            found += page.map(\.job.id)
            let read = try #require(Jobs.Position(last.position.cursor, in: order))
            #expect(read == last.position)
            position = read
            #expect(Jobs.Position(last.position.cursor, in: order == .name ? .nextRun : .name) == nil, "a cursor of another order")
        }
        #expect(found == whole && Set(found).count == 6)
    }

    @Test("is in the order that was asked for") func orders() async throws {
        let scene = try await Scene()
        for name in ["b", "A", "c"] { try await make(scene, name, schedule: name == "c" ? ["every": "1h"] : .null) }
        #expect(try await names(scene, in: .name) == ["A", "b", "c"])
        #expect(try await names(scene, in: .nameBackwards) == ["c", "b", "A"])
        #expect(try await names(scene, in: .newestFirst) == ["c", "A", "b"])
        for order in [Jobs.Order.nextRun, .nextRunBackwards] { #expect(try await names(scene, in: order, limit: 1) == ["c"]) }
    }

    @Test(
        "reads no cursor that it did not write",
        arguments: [
            "", ".", "x", "job_01jd3w8k4dfk1q2v7c9r5t0xyz.~name", "job_01jd3w8k4dfk1q2v7c9r5t0xyz.name.zz",
            "job_01jd3w8k4dfk1q2v7c9r5t0xyz.name",
            "job_01jd3w8k4dfk1q2v7c9r5t0xyz.name.00", "job_01jd3w8k4dfk1q2v7c9r5t0xyz.name.61.62",
        ])
    func badCursors(cursor: String) { #expect(Jobs.Position(cursor, in: .name) == nil) }

    // MARK: - Copies

    private static let secret: JSON = ["url": "https://api.example.com/", "headers": ["Authorization": "Bearer hunter2"]]

    @Test("A copy has the secrets of its original, sealed for itself") func copies() async throws {
        let scene = try await Scene()
        let draft: JSON = ["name": "Tick", "key": "tick", "config": Self.secret, "schedule": ["every": "1h"], "tags": ["a"]]
        let original = try await scene.jobs.create(draft, for: scene.acme)
        let copy = try await scene.jobs.clone(original, ["enabled": false], for: scene.acme)
        #expect(copy.id != original.id && copy.definition.key == nil && copy.definition.name == "Tick (copy)" && !copy.definition.enabled)
        #expect(copy.definition.config == original.definition.config && copy.definition.tags == ["a"])
        let sealed: [UInt8] = try await scene.database.query("SELECT sealed_config FROM jobs WHERE id = \(copy.id)").only("sealed_config")
        let opened = try #require(Scene.secrets).open(sealed, of: copy.id, scene.acme.organization.id)
        #expect(opened == ["/headers/authorization": "Bearer hunter2"])
        let named = try await scene.jobs.clone(original, ["name": "Tock", "key": "tock"], for: scene.acme)
        #expect(named.definition.name == "Tock" && named.definition.key == "tock" && named.definition.enabled)
        await #expect(throws: InvalidInput.self) { try await scene.jobs.clone(original, ["key": "tick"], for: scene.acme) }
    }

    // MARK: - Test calls

    private func calls(_ scene: Scene) throws -> TestCalls {
        TestCalls(scene.jobs, signing: try #require(Scene.signing), limits: RateLimits(scene.database))
    }

    @Test("A test call is made with the job's own settings, answered whole, and stands in no history") func testCall() async throws {
        let scene = try await Scene { call in
            var outcome = Outcome(reason: .httpStatus, message: "No.", statusCode: 500)
            outcome.record.responseBody = Array("\(call.timeout)".utf8)
            return outcome
        }
        let job = try await scene.jobs.create(.probe(["every": "1h"], ["timeout_ms": 300_000]), for: scene.acme)
        for attempt in [
            try await calls(scene).call(job, for: scene.acme), try await calls(scene).call(draft: .probe(.null), for: scene.acme),
        ] {
            #expect(attempt.status == .failed && attempt.statusCode == 500 && attempt.errorMessage == "No." && attempt.number == 1)
            #expect(try TestCalls.shape.validate(attempt.json) == attempt.json)
        }
        #expect(try await scene.ended().isEmpty)
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.count("audit_log WHERE action = 'job.tested'") == 2)
        #expect(try await scene.count("usage_counters WHERE executions > 0") == 0)
        let whole = try await calls(scene).call(job, for: scene.acme)
        #expect(whole.response.map { String(decoding: $0.body, as: UTF8.self) } == "60.0 seconds", "nobody waits longer")
    }

    @Test("Test calls are limited for each organization, and by its plan") func testLimits() async throws {
        let scene = try await Scene()
        let tests = try calls(scene)
        for _ in 0..<20 { _ = try await tests.call(draft: .probe(.null), for: scene.acme) }
        await #expect(throws: Denial.self) { try await tests.call(draft: .probe(.null), for: scene.acme) }
        let other = try await scene.found("Other", .free)
        await #expect(throws: Scheduling.Refusal.self, "a plan without this plugin") {
            try await tests.call(draft: .probe(.null), for: other)
        }
    }
}
