import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct SyncTests {
    private func job(_ key: String, _ members: JSONObject = [:]) -> JSON { .call(["every": "1h"], members.merging(["key": .string(key)])) }

    /// As the API hands it over: let through by the shape.
    private func sync(_ scene: Scene, _ jobs: [JSON], _ options: JSONObject = [:], isPlan: Bool = false) async throws -> JSON {
        let document = try SyncShape.document(scene.plugins).validate(.object(options.merging(["jobs": .array(jobs)])))
        return try await scene.jobs.sync(document, isPlan: isPlan, for: scene.acme).json
    }

    private func actions(_ report: JSON) -> [String] {
        (report["changes"]?.array ?? []).map { "\($0["action"]?.string ?? "") \($0["key"]?.string ?? "")" }
    }

    private func keys(_ scene: Scene) async throws -> [String] {
        try await scene.jobs.page(after: nil, limit: 100, for: scene.acme).compactMap(\.definition.key).sorted()
    }

    @Test func theSameDocumentTwiceChangesNothingTheSecondTime() async throws {
        let scene = try await Scene()
        let document = [
            job("a", ["tags": ["x"], "config": ["url": "https://example.com/", "headers": ["Authorization": "secret"]]]),
            job("b", ["schedule": ["cron": "0 2 * * 1-5", "timezone": "Europe/Oslo"], "success": ["json": ["/n": 1]]]),
            job("c", ["schedule": ["at": "2099-01-01T09:00:00", "timezone": "Europe/Oslo"]]),
        ]
        let first = try await sync(scene, document)
        #expect(actions(first) == ["create a", "create b", "create c"] && first["applied"] == true)
        let before = try await scene.database.query("SELECT max(version) AS version, max(updated_at) AS at FROM jobs")
        let second = try await sync(scene, document)
        #expect(actions(second).isEmpty && second["summary"]?["unchanged"] == 3)
        let after = try await scene.database.query("SELECT max(version) AS version, max(updated_at) AS at FROM jobs")
        #expect(try before[0]("at", as: Timestamp.self) == after[0]("at", as: Timestamp.self))
    }

    @Test func aChangeIsToldFieldByFieldAndWhatTheDocumentDoesNotSayGoesBackToItsDefault() async throws {
        let scene = try await Scene()
        _ = try await sync(scene, [job("a", ["timeout_ms": 5_000, "config": ["url": "https://example.com/a"]])])
        let report = try await sync(scene, [job("a", ["config": ["url": "https://example.com/b", "headers": ["X-New": "1"]]])])
        let fields = report["changes"]?.array?.first?["fields"]?.array ?? []
        let expected: [JSON] = [
            ["field": "/config/url", "before": "https://example.com/a", "after": "https://example.com/b"],
            ["field": "/config/headers/X-New", "before": .null, "after": "1"],
            ["field": "/timeout_ms", "before": 5_000, "after": 30_000],
        ]
        #expect(Set(fields) == Set(expected))
        #expect(try await scene.jobs.find(.key("a"), for: scene.acme).definition.timeoutMs == 30_000)
    }

    @Test func aPlanSaysTheSameAndDoesNothing() async throws {
        let scene = try await Scene()
        _ = try await sync(scene, [job("a"), job("b")])
        let changed = [job("a", ["name": "Other"]), job("c")]
        let options: JSONObject = ["delete_removed": true, "confirm_delete": 1]
        let plans = [
            try await sync(scene, changed, options, isPlan: true), try await sync(scene, changed, options.merging(["dry_run": true])),
        ]
        #expect(try await keys(scene) == ["a", "b"])
        let done = try await sync(scene, changed, options)
        for plan in plans { #expect(actions(plan) == actions(done) && plan["summary"] == done["summary"] && plan["applied"] == false) }
        #expect(actions(done) == ["update a", "create c", "delete b"])
        #expect(try await keys(scene) == ["a", "c"])
    }

    @Test func whatIsWrongIsNamedByItsPlaceAndNothingIsDone() async throws {
        let scene = try await Scene()
        let wrong: [JSON] = [
            job("a"), job("b", ["schedule": ["cron": "99 * * * *"]]), job("a"), job("d", ["schedule": ["delay": "5m"]]),
        ]
        let error = try await #require(throws: InvalidInput.self) { try await sync(scene, wrong) }
        #expect(error.errors.map { "\($0.pointer) \($0.code)" } == ["/jobs/2/key taken", "/jobs/3/schedule/delay not_allowed"])
        let other = try await #require(throws: InvalidInput.self) { try await sync(scene, Array(wrong.prefix(2))) }
        #expect(other.errors.map { "\($0.pointer) \($0.code)" } == ["/jobs/1/schedule/cron invalid_cron"])
        #expect(try await keys(scene).isEmpty)
    }

    @Test func jobsOfPeopleAreNotTouchedUnlessTheyAreTakenOver() async throws {
        let scene = try await Scene()
        _ = try await scene.jobs.create(job("mine"), for: scene.acme)
        _ = try await scene.jobs.create(job("other"), for: scene.acme)
        let refusal = await #expect(throws: Refusal.self) { try await sync(scene, [job("x"), job("mine")]) }
        #expect(refusal == .notManaged(pointers: ["/jobs/1/key"]))
        _ = try await sync(scene, [], ["delete_removed": true])
        #expect(try await keys(scene) == ["mine", "other"])
        #expect(actions(try await sync(scene, [job("mine")], ["adopt": true])) == ["adopt mine"])
        #expect(try await scene.jobs.find(.key("mine"), for: scene.acme).managedBy == "sync")
        #expect(actions(try await sync(scene, [job("mine")])).isEmpty)
    }

    @Test(arguments: [(10, 2, false), (12, 2, true), (12, 3, true), (80, 11, true), (80, 10, false)])
    func deletingMuchMustBeConfirmedByItsNumber(all: Int, gone: Int, mustConfirm: Bool) async throws {
        let scene = try await Scene()
        let jobs = (0..<all).map { job("k\($0)") }
        _ = try await sync(scene, jobs)
        let rest = Array(jobs.dropFirst(gone))
        let needed = gone > 10 || gone * 5 > all
        let plan = try await sync(scene, rest, ["delete_removed": true], isPlan: true)
        #expect(plan["confirm_delete"] == (needed ? .integer(Int64(gone)) : .null))
        if needed {
            for wrong in [[:], ["confirm_delete": .integer(Int64(gone + 1))]] as [JSONObject] {
                let refusal = await #expect(throws: Refusal.self) {
                    try await sync(scene, rest, wrong.merging(["delete_removed": true]))
                }
                #expect(refusal == .deletionNotConfirmed(gone))
            }
        }
        let done = try await sync(scene, rest, ["delete_removed": true, "confirm_delete": .integer(Int64(gone))])
        #expect(done["summary"]?["deleted"] == .integer(Int64(gone)))
        #expect(try await scene.database.query("SELECT FROM jobs WHERE deleted_at IS NULL").count == all - gone)
    }

    @Test func aDeletedJobComesBackWithItsIdWhenItsKeyDoes() async throws {
        let scene = try await Scene()
        _ = try await sync(scene, [job("a")])
        let old = try await scene.jobs.find(.key("a"), for: scene.acme)
        _ = try await sync(scene, [], ["delete_removed": true, "confirm_delete": 1])
        #expect(try await keys(scene).isEmpty)
        let report = try await sync(scene, [job("a", ["name": "Again"])])
        #expect(actions(report) == ["restore a"])
        let new = try await scene.jobs.find(.key("a"), for: scene.acme)
        #expect(new.id == old.id && new.definition.name == "Again" && new.nextRunAt != nil)
        let open = try await scene.database.query("SELECT FROM schedule_periods WHERE job_id = \(old.id) AND ends_at IS NULL")
        #expect(open.count == 1)
        #expect(actions(try await sync(scene, [job("a", ["name": "Again"])])).isEmpty)
    }

    @Test func whatPeopleHavePausedStaysPausedUnlessTheDocumentSaysOtherwise() async throws {
        let scene = try await Scene()
        _ = try await sync(scene, [job("a")])
        _ = try await scene.jobs.pause(.key("a"), until: nil, for: scene.acme)
        #expect(actions(try await sync(scene, [job("a")])).isEmpty)
        #expect(actions(try await sync(scene, [job("a", ["enabled": true])])) == ["update a"])
        #expect(try await scene.jobs.find(.key("a"), for: scene.acme).nextRunAt != nil)
    }

    @Test func aScheduleThatChangesMovesTheNextRun() async throws {
        let scene = try await Scene()
        _ = try await sync(scene, [job("a")])
        _ = try await sync(scene, [job("a", ["schedule": ["every": "2h"]])])
        let job = try await scene.jobs.find(.key("a"), for: scene.acme)
        #expect(job.nextRunAt == job.definition.scheduleSetAt.adding(.seconds(7_200)))
        #expect(try await scene.database.query("SELECT FROM schedule_periods WHERE ends_at IS NULL").count == 1)
    }

    @Test func thePlanBoundsHowManyJobsADocumentMayMake() async throws {
        let scene = try await Scene(.free)
        _ = try await sync(scene, (0..<5).map { job("k\($0)") })
        for isPlan in [true, false] {
            await #expect(throws: Refusal.self) { try await sync(scene, (0..<6).map { job("k\($0)") }, isPlan: isPlan) }
        }
        // What goes makes room for what comes.
        let swapped = (1..<6).map { job("k\($0)") }
        let report = try await sync(scene, swapped, ["delete_removed": true, "confirm_delete": 1])
        #expect(actions(report) == ["create k5", "delete k0"])
    }

    @Test func anotherTenantsJobsOfTheSameKeysAreNotSeen() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        _ = try await scene.jobs.create(job("a"), for: other)
        #expect(actions(try await sync(scene, [job("a")])) == ["create a"])
        _ = try await sync(scene, [], ["delete_removed": true, "confirm_delete": 1])
        #expect(try await scene.jobs.page(after: nil, limit: 10, for: other).count == 1)
    }

    @Test func twoAtOnceMakeEachJobOnce() async throws {
        let scene = try await Scene()
        let document = (0..<30).map { job("k\($0)") }
        let reports = try await withThrowingTaskGroup { tasks in
            for _ in 0..<2 { tasks.addTask { try await sync(scene, document) } }
            return try await tasks.reduce(into: [JSON]()) { $0.append($1) }
        }
        #expect(Set(reports.compactMap { $0["summary"]?["created"]?.int }) == [0, 30])
    }

    @Test func aJobThatLosesItsKeyIsPeoplesFromThenOn() async throws {
        let scene = try await Scene()
        _ = try await sync(scene, [job("a")])
        let id = try await scene.jobs.find(.key("a"), for: scene.acme).id
        #expect(try await scene.jobs.change(.id(id), ["name": "Other"], for: scene.acme).managedBy == "sync")
        #expect(try await scene.jobs.change(.id(id), ["key": .null], for: scene.acme).managedBy == nil)
    }

    @Test func whatComesBackMustFitThePlanAndHaveSomethingToCome() async throws {
        let scene = try await Scene()
        let soon = scene.engine.clock.now().adding(.seconds(3_600)).rfc3339
        let often = job("often", ["schedule": ["every": "10s"]])
        let once = job("once", ["schedule": ["at": .string(soon)]])
        _ = try await sync(scene, [often, once])
        _ = try await sync(scene, [], ["delete_removed": true, "confirm_delete": 2])
        try await scene.database.query("UPDATE jobs SET schedule = '{\"at\": \"2020-01-01T00:00:00.000000Z\"}' WHERE key = 'once'")
        let over = job("once", ["schedule": ["at": "2020-01-01T00:00:00Z"]])
        let error = try await #require(throws: InvalidInput.self) { try await sync(scene, [over]) }
        #expect(error.errors.map(\.pointer) == ["/jobs/0/schedule/at"])
        let acme = scene.acme.organization
        let downgraded = Organization(
            id: acme.id, name: acme.name, slug: acme.slug, timezone: acme.timezone, createdAt: acme.createdAt, entitlements: .free)
        let free = Access(organization: downgraded, actor: .system, origin: Origin(.sync))
        let document = try SyncShape.document(scene.plugins).validate(["jobs": [often]])
        let refusal = await #expect(throws: Refusal.self) { try await scene.jobs.sync(document, isPlan: true, for: free) }
        guard case .limitReached(let pointer, _)? = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(pointer == "/jobs/0/schedule")
    }

    /// A stretch of jobs that is moved by its rows alone, and jobs with which something is going on.
    @Test func manySchedulesAreChangedAtOnceAndEachJobRunsByItsNewOne() async throws {
        let scene = try await Scene()
        let document = { (every: JSON) in (0..<60).map { job("k\($0)", ["schedule": ["every": every]]) } }
        _ = try await sync(scene, document("1h"))
        let busy = try await scene.jobs.find(.key("k7"), for: scene.acme)
        _ = try await scene.executions.trigger(busy, override: [:], by: .api, for: scene.acme)
        _ = try await scene.jobs.pause(.key("k8"), until: nil, for: scene.acme)
        let report = try await sync(scene, document("2h"))
        #expect(report["summary"]?["updated"] == 60)
        let rows = try await scene.database.query(
            """
            SELECT (SELECT count(*) FROM job_states s JOIN jobs j ON j.id = s.job_id
                    WHERE s.next_run_at = j.schedule_set_at + interval '2 h') AS moved,
                (SELECT count(*) FROM schedule_periods WHERE ends_at IS NULL AND schedule ->> 'every' = '2h') AS open,
                (SELECT count(*) FROM schedule_periods WHERE ends_at IS NULL) AS all_open,
                (SELECT count(*) FROM audit_log WHERE action = 'job.changed') AS lines
            """)
        #expect(try rows[0]("moved", as: Int64.self) == 59 && rows[0]("open", as: Int64.self) == 60)
        #expect(try rows[0]("all_open", as: Int64.self) == 60 && rows[0]("lines", as: Int64.self) == 60)
        let deleted = try await sync(scene, [], ["delete_removed": true, "confirm_delete": 60])
        #expect(deleted["summary"]?["deleted"] == 60)
        #expect(try await scene.database.query("SELECT FROM schedule_periods WHERE ends_at IS NULL").isEmpty)
        #expect(try await scene.database.query("SELECT FROM job_states WHERE next_run_at IS NOT NULL").isEmpty)
        let again = try await sync(scene, document("2h"))
        #expect(again["summary"]?["restored"] == 60)
    }
}
