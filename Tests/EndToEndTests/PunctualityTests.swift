import JSON
import TestSupport
import Testing
import Time

/// The main job: a URL is called on schedule, never early and once a tick, and the outcome can be read.
@Suite(.timeLimit(.minutes(3))) struct PunctualityTests {
    @Test func aJobEverySecondIsCalledEachSecondOnce() async throws {
        try await expectTicks(["every": "1s"])
    }

    @Test func aCronExpressionWithSecondsIsCalledEachSecondOnce() async throws {
        try await expectTicks(["cron": "* * * * * *", "seconds": true])
    }

    private func expectTicks(_ schedule: JSON) async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        receiver.answer("/tick") { _ in Receiver.Answer(headers: [("Content-Type", "text/plain")], body: "done") }
        // With `allow`, a machine so busy that a call takes a second does not turn the next tick into a skipped one.
        let job = try await tenant.job(calling: receiver.url + "/tick", schedule: schedule, ["overlap": "allow"])
        // That one is late may be the machine's doing; that all of them are, however many there are, would be ours.
        let ended = try await tenant.ended(4, of: job) { $0.contains { ($0["lateness_ms"]?.int ?? .max) < 500 } }

        for execution in ended { try expectSuccess(execution, of: job, at: receiver, answering: "done") }
        let ticks = try ended.map { try instant($0, "scheduled_for") }
        for (later, earlier) in zip(ticks, ticks.dropFirst()) { #expect(earlier.duration(to: later) == .seconds(1)) }
        #expect(await tenant.send("DELETE", "/api/jobs/\(job)").status == 204)
    }

    @Test func aJobAtAnInstantIsCalledThenAndNeverAgain() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let at = Timestamp.now().adding(.seconds(3))
        let job = try await tenant.job(calling: receiver.url, schedule: ["at": .string(at.rfc3339)])
        let execution = try #require(try await tenant.ended(1, of: job).first)

        try expectSuccess(execution, of: job, at: receiver, answering: "")
        #expect(try instant(execution, "scheduled_for") == at)
        #expect(execution["trigger"] == "schedule")
        let after = await tenant.get("/api/jobs/\(job)").json
        #expect(after["next_run_at"] == .null)
        #expect(after["last_execution"] == ["id": try #require(execution["id"]), "status": "success"])
    }

    @Test func aJobOnDemandIsCalledOnlyWhenAsked() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        receiver.answer("/") { Receiver.Answer(status: 201, body: String(decoding: $0.body, as: UTF8.self)) }
        let job = try await tenant.job(calling: receiver.url + "/")
        #expect(await tenant.get("/api/jobs/\(job)").json["next_run_at"] == .null)

        let id = try await tenant.trigger(job)
        let execution = try #require(try await tenant.ended(1, of: job).first)
        #expect(execution["id"] == .string(id))
        #expect(execution["trigger"] == "api")
        try expectSuccess(execution, of: job, at: receiver, answering: "", code: 201)
    }

    @Test func aJobWithoutDelayIsCalledAtOnce() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let job = try await tenant.job(calling: receiver.url, schedule: ["delay": "0s"])
        try expectSuccess(try #require(try await tenant.ended(1, of: job).first), of: job, at: receiver, answering: "")
    }

    @Test func aRunByHandCarriesItsOwnBody() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let job = try #require(
            try await tenant.make(["config": ["url": .string(receiver.url + "/"), "body": "the job's own"]])["id"]?.string)
        try await tenant.trigger(job, ["body": "only this once", "reason": "a test"])
        try await tenant.trigger(job, [:])
        let bodies = [try await receiver.request(1).body, try await receiver.request(2).body]
        #expect(bodies == [Array("only this once".utf8), Array("the job's own".utf8)])
        #expect(receiver.requests.allSatisfy { $0.method == "POST" })
    }

    @Test func everyCallSaysWhichItIs() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let job = try await tenant.job(calling: receiver.url + "/?a=b")
        let id = try await tenant.trigger(job)
        let request = try await receiver.request()
        #expect(request.path == "/?a=b")
        #expect(request.header("webhook-id") == id)
        #expect(request.header("Prikke-Job-Id") == job)
        #expect(request.header("Prikke-Attempt") == "1")
        #expect(request.header("webhook-signature")?.hasPrefix("v1,") == true)
        #expect(!request.headers.contains { $0.value.contains("sk_live_") })
    }
}

/// Holds an execution against the one request that it made.
private func expectSuccess(
    _ execution: JSON, of job: String, at receiver: Receiver, answering body: String, code: Int64 = 200
) throws {
    #expect(execution["job_id"] == .string(job))
    #expect(execution["status"] == "success")
    #expect(execution["reason"] == .null)
    #expect(execution["attempt"] == 1)
    #expect(execution["status_code"] == .integer(code))
    #expect(execution["response"]?["body"] == .string(body))
    #expect(execution["response"]?["size"] == .integer(Int64(body.utf8.count)))
    let (due, started, finished) = (
        try instant(execution, "scheduled_for"), try instant(execution, "started_at"), try instant(execution, "finished_at")
    )
    #expect(due <= started)
    #expect(started <= finished)
    #expect(execution["lateness_ms"] == .integer(milliseconds(from: due, to: started)))
    #expect(execution["duration_ms"] == .integer(milliseconds(from: started, to: finished)))

    let calls = receiver.requests.filter { $0.header("webhook-id") == execution["id"]?.string }
    #expect(calls.count == 1, "once")
    // Both clocks are this machine's, so what came before it was due came too early.
    #expect(calls.allSatisfy { $0.arrived >= due })
}

private func instant(_ execution: JSON, _ member: String) throws -> Timestamp {
    try #require(Timestamp(rfc3339: execution[member]?.string ?? ""), "\(member) of \(execution)")
}

private func milliseconds(from start: Timestamp, to end: Timestamp) -> Int64 { (end.microseconds - start.microseconds) / 1_000 }
