import JSON
import Postgres
import Tenancy
import TestSupport
import Testing
import Time

@testable import Scheduling

/// What a scheduler does that comes back after three hours.
@Suite(.database) struct LongOutageTests {
    private static let stopped = Timestamp(seconds: 1_714_982_430)  // 2024-05-06T08:00:30Z
    /// Late executions that may start in a second.
    private static let rate = 5
    /// Some of each have one that is in time at the end, some have none.
    private static let rhythms: [(Rhythm.Kind, interval: Int64)] = [
        (.cron("* * * * *", zone: "UTC"), 60), (.cron("*/5 * * * *", zone: "Europe/Oslo"), 300),
        (.cron("7,37 * * * *", zone: "UTC"), 1_800),
        (.cron("0 * * * *", zone: "Asia/Kathmandu"), 3_600), (.every(seconds: 600, anchor: stopped.adding(.seconds(30))), 600),
    ]
    private static let policies: [(missed: String, limit: Int, deadline: Int64?)] = [
        ("skip", 10, nil), ("last", 10, nil), ("all", 1, nil), ("all", 3, nil), ("all", 100, nil), ("skip", 10, 30), ("last", 10, 30),
        ("all", 2, 30), ("last", 10, 3_600), ("all", 7, 600),
    ]

    private static let jobs = (0..<50).map { number in
        let ((kind, interval), policy) = (rhythms[number % 5], policies[number / 5])
        return SimulatedJob(
            number: number, organization: 0, rhythm: Rhythm(kind: kind, interval: interval), missed: policy.missed,
            missedLimit: policy.limit, saidDeadline: policy.deadline, overlap: ["allow", "queue", "skip"][number % 3],
            retries: ["limit": 0],
            latencies: [1], failures: 0)
    }

    private struct Answer {
        var queued: [Timestamp] = []
        var missed = 0
        var lastMissed: Timestamp?
    }

    @Test func threeHoursWithoutASchedulerEndAsThePolicyOfEachJobSays() async throws {
        try await afterThreeHours { node, base, ids, now in
            var oracle = Oracle(start: Self.stopped, end: now)
            for job in Self.jobs {
                let answer = try await Self.answer(to: ids[job.number], in: base.database)
                let expected = oracle.occurrences(
                    of: job.rhythm, from: Self.stopped, to: now.adding(Scheduler.horizon + .microseconds(1)))
                let late = expected.filter { $0.adding(.seconds(job.deadline(of: job.rhythm) ?? 0)) < now }
                let inTime = expected.filter { !late.contains($0) }
                // One that is in time makes up for the last.
                let isMadeUpFor = job.missed == "last" && inTime.contains { $0 <= now }
                let madeUp = isMadeUpFor ? [] : late.suffix(job.makesUp(by: job.missed))
                #expect(answer.queued == madeUp + inTime, "\(job)")
                #expect(answer.missed == late.count - madeUp.count, "\(job)")
                #expect(answer.lastMissed == late.dropLast(madeUp.count).last, "\(job)")
            }
        }
    }

    @Test func whatIsLateAfterThreeHoursStartsOneAfterTheOther() async throws {
        try await afterThreeHours { node, base, ids, now in
            // What is in time by its deadline is not put off beyond that; the others have all the time there is.
            let rows = try await base.database.query("SELECT scheduled_for, due_at, made_up FROM queue").map {
                (time: try $0("scheduled_for") as Timestamp, due: try $0("due_at") as Timestamp, isMadeUp: try $0("made_up") as Bool)
            }
            let late = rows.filter(\.isMadeUp)
            #expect(late.count > 50)
            let seconds = Dictionary(grouping: late) { now.duration(to: $0.due).components.seconds }
            #expect(seconds.values.allSatisfy { $0.count <= Self.rate } && late.allSatisfy { $0.due >= now })
            #expect(rows.filter { $0.time >= now.adding(.zero - CatchUp.ordinary) }.allSatisfy { $0.due == $0.time })
            // Nor is more leased at once than may start.
            let claims = try await node.queue.claim(1_000, for: node.id, now: now, horizon: now.adding(Worker.lead)).claims
            #expect(claims.count { $0.scheduledFor < now.adding(.zero - CatchUp.ordinary) } <= Self.rate)
        }
    }

    private func afterThreeHours(
        _ body: (SimulatedNode, SimulatedDatabase, [ID<Job>], Timestamp) async throws -> Void
    ) async throws {
        let time = VirtualTime(start: Self.stopped)
        let base = try await SimulatedDatabase()
        let node = SimulatedNode("n1", on: base.database, time: time, catchUpRate: Self.rate)
        try await base.show(time.now)
        try await node.engine.clock.measure(base.database)
        let access = try await Simulation.found("Acme", in: base)
        var ids: [ID<Job>] = []
        let jobs = Jobs(node.engine, plugins: JobPlugins([Probe()]), secrets: try #require(Scene.secrets))
        for job in Self.jobs { ids.append(try await jobs.create(job.draft, for: access).id) }
        time.advance(to: 3 * 3_600_000_000 + 1_500_000)
        var first: Timestamp?
        repeat {
            _ = try await Scheduler(node.engine, logger: silence).tick(at: time.now)
            first = try await base.database.query("SELECT min(next_run_at) AS first FROM job_states").only("first")
        } while first.map { $0 <= time.now.adding(Scheduler.horizon) } ?? false
        try await body(node, base, ids, time.now)
        try await base.close()
    }

    private static func answer(to job: ID<Job>, in database: Database) async throws -> Answer {
        var answer = Answer()
        answer.queued = try await database.query("SELECT scheduled_for FROM queue WHERE job_id = \(job) ORDER BY 1").map {
            try $0("scheduled_for")
        }
        let rows = try await database.query(
            "SELECT count, coalesce(last_scheduled_for, scheduled_for) AS last, status FROM executions WHERE job_id = \(job) ORDER BY last")
        for row in rows where try row("status") as String == "missed" {
            answer.missed += Int(try row("count") as Int32)
            answer.lastMissed = try row("last")
        }
        return answer
    }
}
