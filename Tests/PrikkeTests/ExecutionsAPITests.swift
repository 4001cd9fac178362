import JSON
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// Executions over HTTP.
@Suite(.database, .serialized, .timeLimit(.minutes(2))) struct ExecutionsAPITests {
    private func get(_ path: String, _ cast: Cast) async -> Answer { await cast.house.send(cast["whole key"].call("GET", path)) }

    private func post(_ path: String, _ json: String? = nil, _ cast: Cast) async -> Answer {
        await cast.house.send(cast["whole key"].call("POST", path, json: json ?? "{}"))
    }

    @Test func anAnswerIsHandedOutAsBytesThatNoBrowserRenders() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let id = try await cast.answeredExecution(Array("<script>alert(1)</script>".utf8), type: "text/html\r\nX-Evil: 1")
            let answer = await get("/api/executions/\(id)/attempts/1/response", cast)
            #expect(answer.status == 200 && answer.text == "<script>alert(1)</script>")
            #expect(answer["content-type"] == "application/octet-stream")
            #expect(answer["content-disposition"]?.hasPrefix("attachment") == true && answer["x-content-type-options"] == "nosniff")
            #expect(answer["prikke-response-type"]?.hasPrefix("text/html") == true && answer["x-evil"] == nil)
            let empty = try await cast.answeredExecution([])
            #expect(await get("/api/executions/\(empty)/attempts/1/response", cast)["content-length"] == "0")
            for path in ["\(id)/attempts/2", "\(id)/attempts/01", "\(id)/attempts/x", "\(try await cast.execution())/attempts/1"] {
                #expect(await get("/api/executions/\(path)/response", cast).code == "not_found", "\(path)")
            }
        }
    }

    @Test func theListTakesFiltersAndItsLinkKeepsThem() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let job = try await cast.job(["key": "reports/weekly", "tags": ["nightly"], "schedule": .null, "overlap": "allow"])
            for _ in 0..<3 { _ = try await house.services.executions.trigger(job, override: [:], by: .api, for: cast.access) }
            _ = try await cast.execution()
            for (query, count) in [
                ("status=pending", 4), ("tag=nightly", 3), ("job=key%3Areports%2Fweekly", 3), ("job=\(job.id)&trigger=api", 3),
                ("status=success", 0), ("reason=deadline", 0), ("trigger=manual", 0), ("since=2099-01-01T00:00:00Z", 0),
                ("until=2099-01-01T00:00:00Z", 4),
            ] {
                let answer = await get("/api/executions?\(query)", cast)
                #expect(answer.json["data"]?.array?.count == count, "\(query): \(answer.text.prefix(300))")
            }
            let first = await get("/api/executions?limit=2&tag=nightly&status=pending", cast)
            let link = try #require(first["link"]?.split(separator: ">").first.map { String($0.dropFirst()) })
            let second = await get(link, cast)
            #expect(second.json["data"]?.array?.count == 1 && second.json["next_cursor"] == .null)
            for query in ["status=done", "reason=none", "trigger=x", "job=nonsense", "job=key:none", "since=yesterday", "tag="] {
                #expect(await get("/api/executions?\(query)", cast).status == 422, "\(query)")
            }
            #expect(await get("/api/jobs/\(job.id)/executions?status=pending", cast).json["data"]?.array?.count == 3)
            #expect(await get("/api/jobs/\(job.id)/executions?job=\(job.id)", cast).status == 422)
        }
    }

    @Test func whatIsDoneTwiceOrTooLateIsAConflict() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let id = try await cast.execution()
            #expect(await post("/api/executions/\(id)/retry", nil, cast).code == "not_ended")
            let moved = await post("/api/executions/\(id)/reschedule", #"{"at":"2020-01-01T00:00:00Z"}"#, cast)
            #expect(moved.status == 422)
            #expect(await post("/api/executions/\(id)/cancel", nil, cast).json["status"] == "cancelled")
            #expect(await post("/api/executions/\(id)/cancel", nil, cast).code == "already_ended")
            #expect(await post("/api/executions/\(id)/reschedule", #"{"at":"2099-01-01T00:00:00Z"}"#, cast).code == "already_ended")
            let again = await post("/api/executions/\(id)/retry", nil, cast)
            #expect(again.status == 202 && again.json["repeat_of"] == .string(id))
            let replay = await post("/api/executions/replay", #"{"status":["cancelled"]}"#, cast)
            #expect(replay.status == 202 && replay.json["matched"] == 1 && replay.json["skipped_repeated"] == 1)
        }
    }

    @Test func usageIsToldByMonth() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            _ = try await cast.execution()
            try await house.database.query(
                "INSERT INTO usage_counters VALUES (\(cast.access.organization.id), '2026-01-01', 7)")
            let now = await get("/api/usage", cast).json
            #expect(now["executions_used"] == 0 && now["executions_waiting"] == 1 && now["jobs_used"] == 1)
            #expect((now["forecast"]?["executions"]?.int ?? 0) >= 1)
            let then = await get("/api/usage?month=2026-01", cast).json
            #expect(then["executions_used"] == 7 && then["executions_waiting"] == 0 && then["forecast"] == .null)
            for month in ["2026", "2026-13", "0000-01", "2026-1", "now"] {
                #expect(await get("/api/usage?month=\(month)", cast).status == 422, "\(month)")
            }
        }
    }
}
