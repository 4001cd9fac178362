import JSON
import TestSupport
import Testing

/// What is told of executions.
@Suite(.timeLimit(.minutes(3))) struct ExecutionTests {
    @Test func eachAttemptIsToldWithItsRequestAndItsAnswer() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        receiver.answer("/flaky") { request in
            request.header("Prikke-Attempt") == "1" ? Receiver.Answer(status: 503, body: "later") : Receiver.Answer(body: "now")
        }
        let job = try await tenant.job(
            calling: receiver.url + "/flaky", ["retries": ["limit": 2, "backoff": "fixed", "initial": "1s"]])
        let id = try await tenant.trigger(job)
        _ = try await tenant.ended(1, of: job)

        let execution = await tenant.get("/api/executions/\(id)").json
        let attempts = try #require(execution["attempts"]?.array)
        #expect(execution["status"] == "success")
        #expect(execution["attempt"] == 2)
        #expect(attempts.map { $0["number"] } == [1, 2])
        #expect(attempts.map { $0["status"] } == ["failed", "success"])
        #expect(attempts.map { $0["reason"] } == ["http_status", .null])
        #expect(attempts.map { $0["status_code"] } == [503, 200])
        #expect(attempts.map { $0["response"]?["body"] } == ["later", "now"])
        #expect(attempts.allSatisfy { $0["request"]?["url"] == .string(receiver.url + "/flaky") && $0["remote_address"] != .null })
        #expect(receiver.requests.map { $0.header("webhook-id") } == [id, id], "all attempts carry one delivery id")
    }

    @Test func aFailureSaysWhyInWords() async throws {
        let tenant = try await Server.shared().tenant()
        let closed = try Receiver()
        closed.close()
        let job = try await tenant.job(calling: closed.url, ["retries": ["limit": 0]])
        try await tenant.trigger(job)
        let execution = try #require(try await tenant.ended(1, of: job).first)
        #expect(execution["status"] == "failed")
        #expect(execution["reason"] == "connect_failed")
        #expect(execution["sentence"]?.string?.isEmpty == false)
        #expect(execution["response"] == .null)
        #expect(await tenant.get("/api/jobs/\(job)").json["health"] == "failing")
    }

    @Test func aSlowTargetEndsAsTimeout() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let gate = Receiver.Gate()
        defer { gate.open() }
        receiver.answer("/") { _ in .held(by: gate) }
        let job = try await tenant.job(calling: receiver.url + "/", ["timeout_ms": 1_000, "retries": ["limit": 0]])
        try await tenant.trigger(job)
        let execution = try #require(try await tenant.ended(1, of: job).first)
        #expect(execution["status"] == "timeout")
        #expect(execution["reason"] == "deadline")
        #expect((execution["duration_ms"]?.int ?? 0) >= 1_000)
    }

    @Test func aCallThatIsCancelledIsCutOff() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let gate = Receiver.Gate()
        defer { gate.open() }
        receiver.answer("/") { _ in .held(by: gate) }
        let job = try await tenant.job(calling: receiver.url + "/", ["timeout_ms": 600_000])
        let id = try await tenant.trigger(job)
        try await until("it is called") { receiver.requests.count == 1 }
        #expect(await tenant.send("POST", "/api/executions/\(id)/cancel").status == 202)
        let execution = try #require(try await tenant.ended(1, of: job).first)
        #expect(execution["status"] == "cancelled" && execution["reason"] == "cancelled_by_user")
        #expect(await tenant.send("POST", "/api/executions/\(id)/cancel").code == "already_ended")
    }

    @Test func aListCutsLongBodiesAndOneExecutionDoesNot() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        receiver.answer("/") { _ in Receiver.Answer(body: String(repeating: "x", count: 5_000)) }
        let job = try await tenant.job(calling: receiver.url + "/")
        let id = try await tenant.trigger(job)
        let listed = try #require(try await tenant.ended(1, of: job).first)["response"]
        #expect(listed?["body"]?.string?.utf8.count == 1_024)
        #expect(listed?["truncated"] == true)
        #expect(listed?["size"] == 5_000)
        let whole = await tenant.get("/api/executions/\(id)").json["response"]
        #expect(whole?["body"]?.string?.utf8.count == 5_000)
        #expect(whole?["truncated"] == false)
    }

    @Test func pagesStayAsTheyAreWhileMoreComesIn() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let job = try await tenant.job(calling: receiver.url, ["overlap": "allow"])
        var triggered: [String] = []
        for _ in 0..<7 { triggered.append(try await tenant.trigger(job)) }
        _ = try await tenant.ended(7, of: job)

        var (seen, path): ([String], String?) = ([], "/api/jobs/\(job)/executions?limit=3")
        while let next = path {
            let page = await tenant.get(next)
            #expect(page.status == 200)
            let ids = (page.json["data"]?.array ?? []).compactMap { $0["id"]?.string }
            #expect(ids.count <= 3)
            seen += ids
            path = page.json["next_cursor"]?.string.map { "/api/jobs/\(job)/executions?limit=3&cursor=\($0)" }
            #expect(page.headers["link"] == path.map { "<\($0)>; rel=\"next\"" })
            try await tenant.trigger(job)
        }
        #expect(seen == triggered.reversed(), "each once, newest first, and none of those that came in meanwhile")
    }

    @Test func aRunByHandMayNotCarryMoreThanAJob() async throws {
        let tenant = try await Server.shared().tenant()
        let job = try await tenant.job(calling: "http://127.0.0.1:65533/")
        let answer = await tenant.send("POST", "/api/jobs/\(job)/trigger", ["body": .string(String(repeating: "x", count: 262_145))])
        #expect(answer.status == 422)
        #expect(answer.pointers == ["/body"])
    }

    @Test(arguments: [
        "cursor=nonsense", "cursor=1-exe_x", "cursor=%00", "cursor=%ff", "limit=0", "limit=101", "limit=x", "limit=1&limit=2", "bogus=1",
    ])
    func aBadQueryIsRefused(_ query: String) async throws {
        let tenant = try await Server.shared().tenant()
        for path in ["/api/jobs", "/api/jobs/\(try await tenant.job(calling: "http://127.0.0.1:65533/"))/executions"] {
            let answer = await tenant.get(path + "?" + query)
            #expect(answer.status == 422)
            #expect(answer.code == "invalid_input")
        }
    }
}
