import JSON
import Testing

/// Previews over the API.
@Suite(.timeLimit(.minutes(3))) struct PreviewTests {
    @Test func aScheduleIsPreviewedBeforeAndAfterSaving() async throws {
        let tenant = try await Server.shared().tenant()
        let schedule: JSON = ["cron": "0 9 29 2 *", "timezone": "Europe/Oslo"]
        let before = await tenant.send("POST", "/api/preview", ["schedule": schedule])
        #expect(before.status == 200, "\(before.text)")
        #expect(before.json["schedule_in_words"] == "At 09:00, on the 29th of February (Europe/Oslo)")
        #expect(before.json["next_runs"]?.array?.count == 20)
        let job = try await tenant.job(calling: "http://127.0.0.1:65533/", schedule: schedule)
        let after = await tenant.get("/api/jobs/\(job)/preview")
        #expect(after.status == 200)
        #expect(after.json["next_runs"] == before.json["next_runs"])
        #expect(await tenant.get("/api/jobs/\(job)").json["next_run_at"] == after.json["next_runs"]?.array?.first?["at"])
    }

    @Test(
        arguments: [
            (["schedule": ["cron": "0 24 * * *"]], "/schedule/cron"), ([:], "/schedule"),
            (["schedule": ["every": "5m"], "more": 1], "/more"),
            (["schedule": ["every": "5m", "timezone": "Oslo"]], "/schedule/timezone"), (["schedule": ["every": "0s"]], "/schedule/every"),
            (["schedule": ["every": "5m", "cron": "@daily"]], "/schedule/every"),
        ] as [(JSON, String)])
    func whatIsWrongIsPointedAt(body: JSON, pointer: String) async throws {
        let tenant = try await Server.shared().tenant()
        let answer = await tenant.send("POST", "/api/preview", body)
        #expect(answer.status == 422)
        #expect(answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } == [pointer], "\(answer.text)")
    }
}
