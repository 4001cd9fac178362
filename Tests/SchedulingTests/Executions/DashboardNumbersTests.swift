import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// What overview and lists show of many jobs at once.
@Suite(.database, .timeLimit(.minutes(2))) struct DashboardNumbersTests {
    private func job(in scene: Scene, _ access: Access? = nil, _ more: JSONObject = [:]) async throws -> Job {
        try await scene.jobs.create(.probe(nil, more), for: access ?? scene.acme)
    }

    @Test func theLatestOfEachJobComeNewestFirst() async throws {
        let scene = try await Scene()
        let (busy, rare, new) = (try await job(in: scene), try await job(in: scene), try await job(in: scene))
        let times = (0..<70).map { scene.day($0 / 30, at: 3 * ($0 % 30)) }
        try await scene.record(times.map { Entry(at: $0) }, of: busy)
        // Of another plan, and one that the pruner has kept.
        try await scene.record([Entry(at: scene.day(6)), Entry(at: scene.day(5), keepDays: 90)], of: rare)
        let kept = Entry(at: scene.day(70), status: .missed, count: 7)
        try await scene.record([kept], of: rare, into: "kept_executions")
        try await scene.unfold()
        for _ in 0..<2 {
            let recent = try await scene.executions.recent(of: [busy.id, rare.id, new.id], limit: 5, for: scene.acme)
            #expect(recent[busy.id]?.map(\.scheduledFor) == Array(times.sorted(by: >).prefix(5)))
            #expect(recent[rare.id]?.map(\.scheduledFor) == [scene.day(5), scene.day(6), scene.day(70)])
            #expect(recent[rare.id]?.map(\.count) == [1, 1, 7])
            #expect(recent[rare.id]?.map(\.durationMs) == [10, 10, nil])
            #expect(recent[new.id] == nil)
            // More than is folded.
            let all = try await scene.executions.recent(of: [busy.id], limit: 60, for: scene.acme)
            #expect(all[busy.id]?.map(\.scheduledFor) == Array(times.sorted(by: >).prefix(60)))
            try await scene.fold()
        }
        #expect(try await scene.executions.recent(of: [], for: scene.acme).isEmpty)
    }

    /// For the moment in which the pruner copies a day.
    @Test func whatStandsInTwoTablesIsShownOnce() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        let entries = (0..<4).map { Entry(at: scene.day(8, at: $0), id: ID(at: scene.day(8, at: $0))) }
        try await scene.record(entries, of: job)
        try await scene.record(entries, of: job, into: "kept_executions")
        try await scene.unfold()
        let recent = try await scene.executions.recent(of: [job.id], limit: 3, for: scene.acme)
        #expect(recent[job.id]?.map(\.scheduledFor) == [3, 2, 1].map { scene.day(8, at: $0) })
    }

    @Test func nothingIsToldToAnotherTenant() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        let job = try await job(in: scene)
        try await scene.record([Entry(at: scene.day(1)), Entry(at: scene.engine.clock.now())], of: job)
        for _ in 0..<2 {
            #expect(try await scene.executions.recent(of: [job.id], for: other).isEmpty)
            #expect(try await scene.executions.days(of: job.id, for: other).allSatisfy { $0.succeeded == 0 })
            #expect(try await scene.executions.today(for: other) == Today())
            #expect(try await scene.jobs.counts(for: other).all == 0)
            try await scene.fold()
        }
        try await scene.enqueue(job, at: [scene.engine.clock.now()])
        _ = try await scene.claim()
        #expect(try await scene.executions.running(of: [job.id], for: scene.acme) == [job.id])
        #expect(try await scene.executions.running(of: [job.id], for: other).isEmpty)
    }

    @Test func onlyWhatIsLeasedAndDueIsRunning() async throws {
        let scene = try await Scene()
        let (running, waiting) = (try await job(in: scene), try await job(in: scene))
        let now = scene.engine.clock.now()
        try await scene.enqueue(running, at: [now])
        _ = try await scene.claim()
        try await scene.enqueue(waiting, at: [now])
        #expect(try await scene.executions.running(of: [running.id, waiting.id], for: scene.acme) == [running.id])
        #expect(try await scene.executions.running(of: [waiting.id], for: scene.acme).isEmpty)
        #expect(try await scene.executions.running(of: [], for: scene.acme).isEmpty)
    }

    @Test func todayCountsEveryOccurrenceOnce() async throws {
        let scene = try await Scene()
        #expect(try await scene.executions.today(for: scene.acme) == Today())
        let job = try await job(in: scene)
        try await scene.record(
            [
                Entry(at: scene.day(0)), Entry(at: scene.day(0, at: 1), keepDays: 90), Entry(at: scene.day(0, at: 2), status: .failed),
                Entry(at: scene.day(0, at: 3), status: .timeout), Entry(at: scene.day(0, at: 4), status: .missed, count: 5),
                Entry(at: scene.day(0, at: 5), status: .skipped), Entry(at: scene.day(0, at: 6), status: .cancelled),
                Entry(at: scene.day(1, at: 86_399)),
            ], of: job)
        #expect(try await Executions(scene.engine).today(for: scene.acme) == Today(succeeded: 2, failed: 2, notRun: 7))
    }

    @Test func aDaysTimesAreOfWhatRan() async throws {
        let scene = try await Scene()
        let job = try await job(in: scene)
        let ran = (1...100).map { Entry(at: scene.day(0, at: Int64($0)), durationMs: 10 * $0, latenessMs: $0) }
        try await scene.record(ran + [Entry(at: scene.day(0), status: .cancelled), Entry(at: scene.day(2), status: .missed)], of: job)
        let days = try await scene.executions.days(of: job.id, count: 3, for: scene.acme)
        #expect(days.map(\.day) == [scene.day(2), scene.day(1), scene.day(0)])
        #expect(days.map(\.medianMs) == [nil, nil, 500] && days[2].p95Ms == 950)
        #expect(days[2].latenessP50Ms == 50 && days[2].latenessP99Ms == 99)
        #expect(days.map(\.succeeded) == [0, 0, 100] && days.map(\.notRun) == [1, 0, 1])
    }

    @Test func eachJobIsCountedOnceByHowItStands() async throws {
        let scene = try await Scene()
        #expect(try await scene.jobs.counts(for: scene.acme).all == 0)
        let now = scene.engine.clock.now()
        var jobs: [Job] = []
        for _ in 0..<9 { jobs.append(try await job(in: scene)) }
        func set(_ column: Query, of places: Range<Int>) async throws {
            let ids = jobs[places].map(\.id)
            try await scene.database.query("UPDATE jobs SET \(column) WHERE id = ANY (\(ids))")
        }
        try await scene.database.query(
            """
            UPDATE job_states SET health = CASE WHEN job_id = ANY (\(jobs[0..<4].map(\.id))) THEN 'failing' ELSE 'late' END
            WHERE job_id = ANY (\(jobs[0..<6].map(\.id)))
            """)
        // Failing and paused is paused; a pause that is over is none; what is deleted is not there.
        try await set("enabled = false", of: 0..<1)
        try await set("paused_until = \(now.adding(.seconds(600)))", of: 4..<5)
        try await set("paused_until = \(now.adding(.seconds(-600)))", of: 1..<2)
        try await set("deleted_at = now()", of: 3..<4)
        try await set("deleted_at = now(), enabled = false", of: 8..<9)
        let counts = try await scene.jobs.counts(for: scene.acme)
        #expect([counts.healthy, counts.late, counts.failing, counts.paused] == [2, 1, 2, 2])
        #expect(counts.all == 7)
        for (health, count) in [("healthy", 2), ("late", 1), ("failing", 2), ("paused", 2)] {
            let listed = try await scene.jobs.list(Jobs.Filter(health: health), in: .name, after: nil, limit: 50, for: scene.acme)
            #expect(listed.count == count, "\(health)")
        }
    }

    @Test func theForecastGoesByTheJobsAsTheyAre() async throws {
        let scene = try await Scene()
        func forecast() async throws -> Int64 {
            try await scene.jobs.usage(of: nil, for: scene.acme)["forecast"]?["executions"]?.int ?? -1
        }
        #expect(try await forecast() == 0)
        let job = try await scene.jobs.create(.call(["every": "1m"]), for: scene.acme)
        let one = try await forecast()
        #expect(one > 0)
        _ = try await scene.jobs.change(.id(job.id), ["enabled": false], for: scene.acme)
        #expect(try await forecast() == 0)
        _ = try await scene.jobs.change(.id(job.id), ["enabled": true], for: scene.acme)
        #expect(abs(try await forecast() - one) <= 1)
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        #expect(try await forecast() == 0)
    }
}
