import JSON
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct PreviewTests {
    private func codes(_ preview: JSON) -> [String] { preview["warnings"]?.array?.compactMap { $0["code"]?.string } ?? [] }

    @Test func aScheduleIsSaidBackWithItsRunsAndItsForecast() async throws {
        let scene = try await Scene(.free)
        let body: JSON = ["schedule": ["cron": "30 2 * * *", "timezone": "Europe/Oslo"]]
        let preview = try await scene.jobs.preview(body, for: scene.acme)
        #expect(preview["schedule_in_words"] == "At 02:30, every day (Europe/Oslo)")
        let runs = try #require(preview["next_runs"]?.array)
        #expect(runs.count == 20)
        for run in runs {
            let instant = try #require(run["at"]?.string.flatMap { Timestamp(rfc3339: $0) })
            #expect(run["local"]?.string.flatMap { Timestamp(rfc3339: $0) } == instant)
            #expect(run["local"]?.string?.hasSuffix(run["offset"]?.string ?? "?") == true)
        }
        #expect(codes(preview).sorted() == ["dst_fold", "dst_gap"])
        #expect(preview["shortest_interval_ms"] == 86_400_000)
        #expect(preview["forecast"]?["executions_per_month"] == 30)
        #expect(preview["forecast"]?["plan_limit"] == 10_000)
        #expect(preview["forecast"]?["share_of_plan"] == 0.003)
        #expect(preview["forecast"]?["limit_reached_at"] == .null)
        #expect(preview["paused"] == false)
    }

    @Test(
        arguments: [
            (["cron": "* * * * *"], ["plan_interval"]), (["cron": "0 0 * * *"], ["crowded_minute"]), (["every": "1h"], []),
            (["at": "2999-01-01T00:00:00Z"], []), (.null, []),
        ] as [(JSON, [String])])
    func whatMaySurpriseIsWarnedOf(schedule: JSON, expected: [String]) async throws {
        let scene = try await Scene(.free)
        #expect(codes(try await scene.jobs.preview(["schedule": schedule], for: scene.acme)) == expected)
    }

    @Test(
        arguments: [
            (["cron": "0 24 * * *"], "/schedule/cron invalid_cron"), (["at": "2020-01-01T00:00:00Z"], "/schedule/at out_of_range"),
            (["at": "2026-03-29T02:30:00", "timezone": "Europe/Oslo"], "/schedule/at local_time_in_gap"),
            (["cron": "@daily", "ends_at": "2020-01-01T00:00:00Z"], "/schedule/ends_at out_of_range"),
        ] as [(JSON, String)])
    func whatNoJobCouldHaveIsRefusedByItsPointer(schedule: JSON, expected: String) async throws {
        let scene = try await Scene(.free)
        let error = await #expect(throws: InvalidInput.self) { try await scene.jobs.preview(["schedule": schedule], for: scene.acme) }
        #expect(error?.errors.map { "\($0.pointer) \($0.code)" } == [expected])
    }

    @Test func theForecastCountsWhatIsUsedAndWhatTheOthersUse() async throws {
        let scene = try await Scene(.free)
        _ = try await scene.jobs.create(.call(["every": "1h"]), for: scene.acme)
        let off = try await scene.jobs.create(.call(["every": "1h"], ["enabled": false]), for: scene.acme)
        let other = try await scene.found("Other", .free)
        _ = try await scene.jobs.create(.call(["every": "1h"]), for: other)
        let now = scene.engine.clock.now()
        try await scene.database.query(
            """
            INSERT INTO usage_counters (organization_id, month, executions)
            VALUES (\(scene.acme.organization.id), date_trunc('month', \(now) AT TIME ZONE 'UTC')::date, 10000)
            """)
        let forecast = try await scene.jobs.preview(of: off, for: scene.acme)["forecast"]
        #expect(forecast?["other_jobs_per_month"] == 730)
        #expect(forecast?["executions_per_month"] == 730)
        #expect(forecast?["used_this_month"] == 10_000)
        #expect(forecast?["limit_reached_at"]?.string?.hasPrefix(String(now.rfc3339.prefix(10))) == true)
        let foreign = try await scene.jobs.preview(["schedule": ["every": "1h"]], for: other)["forecast"]
        #expect(foreign?["used_this_month"] == 0)
        #expect(foreign?["other_jobs_per_month"] == 730)
    }

    @Test func aRhythmThatEatsThePlanSaysWhen() async throws {
        let scene = try await Scene(.free)
        // 10,000 at one a second are over within three hours, unless a new month begins before.
        let forecast = try await scene.jobs.preview(["schedule": ["every": "1s"]], for: scene.acme)["forecast"]
        let now = scene.engine.clock.now()
        #expect(forecast?["share_of_plan"]?.double.map { $0 > 262 } == true)
        if let reached = forecast?["limit_reached_at"]?.string.flatMap({ Timestamp(rfc3339: $0) }) {
            let away = now.duration(to: reached)
            #expect(away > .seconds(9_000) && away < .seconds(10_100))
        } else {
            let today = LocalTime(secondsSinceEpoch: now.seconds)
            #expect(today.day >= 28 && today.hour >= 21)
        }
    }

    @Test func aPausedJobSaysWhatItWouldDo() async throws {
        let scene = try await Scene(.free)
        let job = try await scene.jobs.create(.call(["every": "1h"], ["enabled": false]), for: scene.acme)
        let preview = try await scene.jobs.preview(of: job, for: scene.acme)
        #expect(preview["paused"] == true)
        #expect(preview["next_runs"]?.array?.count == 20)
        #expect(preview["schedule_in_words"] == "Every hour")
        let until = "2999-01-01T00:00:00.000000Z"
        let later = try await scene.jobs.change(.id(job.id), ["enabled": true, "paused_until": .string(until)], for: scene.acme)
        let then = try await scene.jobs.preview(of: later, for: scene.acme)
        #expect(then["paused"] == true)
        #expect(then["effective_at"] == .string(until))
        #expect(then["next_runs"]?.array?.first?["at"]?.string.map { $0 >= until } == true)
    }

    @Test func withoutALimitNothingIsReached() async throws {
        let scene = try await Scene()
        let forecast = try await scene.jobs.preview(["schedule": ["every": "1s"]], for: scene.acme)["forecast"]
        #expect(forecast?["plan_limit"] == .null)
        #expect(forecast?["share_of_plan"] == .null)
        #expect(forecast?["limit_reached_at"] == .null)
        #expect(forecast?["executions_per_month"] == 2_629_746)
    }
}
