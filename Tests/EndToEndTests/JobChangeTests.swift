import JSON
import TestSupport
import Testing
import Time

/// Changing and deleting jobs while they run.
@Suite(.timeLimit(.minutes(3))) struct JobChangeTests {
    @Test func aVersionIsNamedByItsTag() async throws {
        let tenant = try await Server.shared().tenant()
        let job = try await tenant.job(calling: "http://127.0.0.1:65533/", schedule: ["every": "1h"])
        let path = "/api/jobs/\(job)"
        let tag = try #require(await tenant.get(path).headers["etag"])

        let changed = await tenant.send("PATCH", path, ["name": "Second"], headers: [("If-Match", tag)])
        #expect(changed.status == 200)
        #expect(changed.json["name"] == "Second")
        #expect(changed.headers["etag"] != tag)

        let late = await tenant.send("PATCH", path, ["name": "Third"], headers: [("If-Match", tag)])
        #expect(late.status == 412)
        #expect(late.code == "changed_since")
        #expect(await tenant.get(path).json["name"] == "Second")
    }

    @Test func ofManyChangesAtOnceOnTheSameVersionOneWins() async throws {
        let tenant = try await Server.shared().tenant()
        let job = try await tenant.job(calling: "http://127.0.0.1:65533/")
        let tag = try #require(await tenant.get("/api/jobs/\(job)").headers["etag"])
        let statuses = try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask {
                    let patch: JSON = ["name": .string("n\(number)")]
                    return try await tenant.insist("PATCH", "/api/jobs/\(job)", patch, headers: [("If-Match", tag)]).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1)
        #expect(statuses.count { $0 == 412 } == 19)
    }

    @Test func aChangeOfAnythingButTheScheduleLeavesTheNextRun() async throws {
        let tenant = try await Server.shared().tenant()
        let job = try await tenant.job(calling: "http://127.0.0.1:65533/", schedule: ["every": "1h"])
        let before = await tenant.get("/api/jobs/\(job)").json["next_run_at"]
        let changed = await tenant.send("PATCH", "/api/jobs/\(job)", ["name": "Other", "tags": ["a"], "schedule": ["every": "1h"]])
        #expect(changed.json["next_run_at"] == before)
        let rescheduled = await tenant.send("PATCH", "/api/jobs/\(job)", ["schedule": ["cron": "0 0 1 1 *"]])
        #expect(rescheduled.json["next_run_at"] != before)
        #expect(rescheduled.json["schedule"] == ["cron": "0 0 1 1 *", "timezone": "UTC"])
        let again = await tenant.send("PATCH", "/api/jobs/\(job)", ["schedule": ["cron": "0 0 1 1 *"]])
        #expect(again.headers["etag"] == rescheduled.headers["etag"], "the same said again is no change")
    }

    @Test func editsEachSecondLoseNoTickAndAddNone() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let job = try await tenant.job(calling: receiver.url, schedule: ["every": "1s"], ["overlap": "allow"])
        for number in 0..<40 {
            let answer = try await tenant.insist("PATCH", "/api/jobs/\(job)", ["name": .string("name \(number)")])
            #expect(answer.status == 200)
            if receiver.requests.count >= 5 { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        let ended = try await tenant.ended(5, of: job)
        let ticks = ended.compactMap { $0["scheduled_for"]?.string.flatMap { Timestamp(rfc3339: $0) } }
        for (later, earlier) in zip(ticks, ticks.dropFirst()) { #expect(earlier.duration(to: later) == .seconds(1)) }
        #expect(await tenant.send("DELETE", "/api/jobs/\(job)").status == 204)
    }

    @Test func rescheduledEachMomentATickIsStillCalledOnce() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let job = try await tenant.job(calling: receiver.url, schedule: ["every": "1s"], ["overlap": "allow"])
        // Both come due at every full second, so each change finds the next tick queued, leased or running.
        let schedules: [JSON] = [["cron": "* * * * * *", "seconds": true], ["every": "1s", "anchor": "2020-01-01T00:00:00Z"]]
        try await until("it is not called") {
            for schedule in schedules {
                let answer = try await tenant.insist("PATCH", "/api/jobs/\(job)", ["schedule": schedule])
                #expect(answer.status == 200)
            }
            return receiver.requests.count >= 4
        }
        #expect(await tenant.send("DELETE", "/api/jobs/\(job)").status == 204)
        let ticks = receiver.requests.compactMap { $0.header("Prikke-Scheduled-For") }
        #expect(Set(ticks).count == ticks.count, "\(ticks)")
        // Nor had the unique keys below the scheduler to prevent it.
        #expect(await tenant.server.send(Call(path: "/metrics")).text.contains("\nprikke_duplicate_occurrences_caught_total 0\n"))
    }

    @Test func aDeletedJobIsCalledNoMoreAndIsGone() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let job = try await tenant.job(calling: receiver.url, schedule: ["every": "1s"])
        _ = try await receiver.request()
        #expect(await tenant.send("DELETE", "/api/jobs/\(job)").status == 204)
        // What was being called at that moment may still arrive; what was not has two ticks' time to prove that it does not.
        let count = receiver.requests.count
        await #expect(throws: Receiver.NothingCame.self) { try await receiver.request(count + 2, within: .milliseconds(2_500)) }

        for path in ["/api/jobs/\(job)", "/api/jobs/\(job)/executions"] { #expect(await tenant.get(path).status == 404) }
        #expect(await tenant.send("DELETE", "/api/jobs/\(job)").status == 404)
        #expect(await tenant.send("POST", "/api/jobs/\(job)/trigger").status == 404)
    }

    @Test func aDeletedJobsKeyIsFreeAgain() async throws {
        let tenant = try await Server.shared().tenant()
        let draft: JSON = ["key": "a/b", "config": ["url": "http://127.0.0.1:65533/"]]
        _ = try await tenant.make(draft)
        let second = await tenant.send("POST", "/api/jobs", draft)
        #expect(second.status == 422)
        #expect(second.pointers == ["/key"])
        #expect(await tenant.send("DELETE", "/api/jobs/key:a%2Fb").status == 204)
        _ = try await tenant.make(draft)
        #expect(await tenant.get("/api/jobs/key:a%2Fb").json["key"] == "a/b")
    }

    @Test func aKeyAskedForFiftyTimesAtOnceIsGivenOnce() async throws {
        let tenant = try await Server.shared().tenant()
        let answers = try await withThrowingTaskGroup { group in
            let draft: JSON = ["key": "only-one", "config": ["url": "http://127.0.0.1:65533/"]]
            for _ in 0..<50 { group.addTask { try await tenant.insist("POST", "/api/jobs", draft) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.status == 201 } == 1)
        #expect(answers.count { $0.status == 422 && $0.pointers == ["/key"] } == 49)
    }

    @Test func thePlansLimitHoldsWhenManyCreateAtOnce() async throws {
        let tenant = try await Server.shared().tenant(plan: "free")
        let answers = try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask { try await tenant.insist("POST", "/api/jobs", ["config": ["url": "http://127.0.0.1:65533/"]]) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.status == 201 } == 5)
        #expect(answers.count { $0.status == 402 && $0.code == "limit_reached" } == 15)
    }
}
