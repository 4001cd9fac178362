import Foundation
import JSON
import Postgres
import TestSupport
import Testing
import Time

/// The end of a server, wanted or not: nothing is lost, and next to nothing is repeated.
@Suite(.timeLimit(.minutes(5))) struct DeathTests {
    @Test func whatRanWhenTheServerWasKilledIsRepeatedOnceByTheNext() async throws {
        try await Server.lend { server in
            let (tenant, receiver, gate) = (try await server.tenant(), try Receiver(), Receiver.Gate())
            defer { gate.open() }
            receiver.answer("/held") { $0.header("Prikke-Attempt") == "1" ? .held(by: gate) : .status(200) }
            let held = try await tenant.job(calling: receiver.url + "/held", ["overlap": "allow", "timeout_ms": 60_000])
            let ticking = try await tenant.job(calling: receiver.url + "/tick", schedule: ["every": "1s"], ["overlap": "allow"])
            var triggered: Set<String> = []
            for _ in 0..<5 { triggered.insert(try await tenant.trigger(held)) }
            _ = try await receiver.request(5, at: "/held")
            _ = try await receiver.request(2, at: "/tick")

            let postmaster = try server.postmaster()
            server.child.signal(SIGKILL)
            #expect(await server.child.end() == Child.End(code: SIGKILL, wasKilled: true))
            // Were a pipe of ours open in Postgres, which lives on, this would never come.
            _ = await server.child.errors.all()

            try await server.lendNext { next in
                let adopted = try next.postmaster() == postmaster
                #expect(adopted || !Self.isAlive(postmaster), "adopted, or gone")
                let ended = try await next.tenant(like: tenant).ended(5, of: held)
                #expect(Set(ended.compactMap { $0["id"]?.string }) == triggered)
                #expect(ended.allSatisfy { $0["status"] == "success" && $0["attempt"] == 2 })
                let calls = Dictionary(grouping: receiver.requests.filter { $0.path == "/held" }) { $0.header("webhook-id") ?? "" }
                #expect(calls.count == 5)
                #expect(calls.values.allSatisfy { $0.count == 2 })

                try await expectEveryTick(of: ticking, next.tenant(like: tenant), receiver)
                try await next.expectIdle(after: [held, ticking], of: next.tenant(like: tenant))
                #expect(await next.stop() == Child.End(code: 0, wasKilled: false))
                #expect(throws: (any Error).self, "its Postgres went with it") { try next.postmaster() }
            }
        }
    }

    @Test func twoHundredThatRanWhenTheServerWasKilledAllSucceed() async throws {
        try await Server.lend { server in
            let (tenant, receiver, gate) = (try await server.tenant(), try Receiver(), Receiver.Gate())
            defer { gate.open() }
            // Two seconds for each; the first time longer, so that all of them run at one moment.
            receiver.answer("/two") { $0.header("Prikke-Attempt") == "1" ? .held(by: gate) : .slow("ab", pause: .seconds(1)) }
            let job = try await tenant.job(calling: receiver.url + "/two", ["overlap": "allow", "timeout_ms": 600_000])
            try await withThrowingTaskGroup { tasks in
                for _ in 0..<4 { tasks.addTask { for _ in 0..<50 { try await tenant.trigger(job) } } }
                try await tasks.waitForAll()
            }
            let count = try await server.number("SELECT count(*) AS n FROM queue")
            #expect(count >= 200)
            _ = try await receiver.request(Int(count), within: .seconds(60))
            server.child.signal(SIGKILL)
            _ = await server.child.end()
            try await server.lendNext { next in
                let successes: Query = "SELECT count(*) AS n FROM executions WHERE status = 'success' AND attempt = 2"
                try await next.wait(until: successes, isAtLeast: count, within: .seconds(60))
                #expect(try await next.number("SELECT count(*) AS n FROM executions") == count)
                #expect(try await next.number("SELECT count(*) AS n FROM queue") == 0)
                let calls = Dictionary(grouping: receiver.requests) { $0.header("webhook-id") ?? "" }
                #expect(calls.count == count && calls.values.allSatisfy { $0.count == 2 })
            }
        }
    }

    /// A zombie that nobody collects is not alive.
    private static func isAlive(_ pid: Int32) -> Bool {
        let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return stat.map { !$0.contains(") Z ") } ?? false
    }

    /// From the first to the last there is no second without its execution, and no call that was made more than twice.
    private func expectEveryTick(of job: String, _ tenant: Tenant, _ receiver: Receiver) async throws {
        let before = receiver.requests.count
        _ = try await receiver.request(before + 2, within: .seconds(30))
        let ended = try await tenant.ended(6, of: job)
        let ticks = ended.compactMap { $0["scheduled_for"]?.string.flatMap { Timestamp(rfc3339: $0) } }
        for (later, earlier) in zip(ticks, ticks.dropFirst()) { #expect(earlier.duration(to: later) == .seconds(1)) }
        let calls = Dictionary(grouping: receiver.requests.filter { $0.path == "/tick" }) { $0.header("webhook-id") ?? "" }
        for execution in ended where execution["status"] == "success" {
            let count = calls[execution["id"]?.string ?? ""]?.count ?? 0
            #expect((1...2).contains(count), "\(execution)")
            if count == 2 { #expect(execution["attempt"] == 2) }
        }
    }

    @Test func aServerThatIsAskedToEndFinishesWhatRunsAndRecordsIt() async throws {
        try await Server.lend { server in
            let (tenant, receiver) = (try await server.tenant(), try Receiver())
            // Two seconds: the end is well under way when it comes.
            receiver.answer("/slow") { _ in .slow("finished", pause: .milliseconds(250)) }
            let job = try await tenant.job(calling: receiver.url + "/slow", ["overlap": "allow"])
            for _ in 0..<3 { try await tenant.trigger(job) }
            _ = try await receiver.request(3)
            #expect(await server.stop() == Child.End(code: 0, wasKilled: false))

            try await server.lendNext { next in
                let executions = await next.tenant(like: tenant).executions(of: job)
                #expect(executions.count == 3)
                #expect(executions.allSatisfy { $0["status"] == "success" && $0["attempt"] == 1 && $0["response"]?["body"] == "finished" })
                #expect(receiver.requests.count == 3)
            }
        }
    }

    @Test func aSecondServerOnTheSameFolderIsRefused() async throws {
        let server = try await Server.shared()
        let second = try await server.command("serve")
        #expect(second.code == 1)
        #expect(second.errors.contains("in use by process \(server.child.pid)"))
        #expect(second.output.isEmpty)
        try await server.untilWell()
    }
}

extension Server {
    /// The same organization at this server.
    fileprivate func tenant(like other: Tenant) -> Tenant { Tenant(other, at: self) }

    /// The process id of its Postgres. Throws when it has ended in good order.
    fileprivate func postmaster() throws -> Int32 {
        let text = try String(contentsOfFile: dataFolder + "/cluster/postmaster.pid", encoding: .utf8)
        return try #require(text.split(separator: "\n").first.flatMap { Int32($0) })
    }

    /// Deletes the jobs and looks at what is left when nothing runs any more: no row waits, and no lane counts one.
    fileprivate func expectIdle(after jobs: [String], of tenant: Tenant) async throws {
        for job in jobs { #expect(await tenant.send("DELETE", "/api/jobs/\(job)").status == 204) }
        try await database { database in
            for _ in 0..<100 where try await database.query("SELECT count(*) AS n FROM queue").only("n") as Int64 > 0 {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(try await database.query("SELECT count(*) AS n FROM queue").only("n") as Int64 == 0)
            #expect(try await database.query("SELECT sum(running)::bigint AS n FROM lanes").only("n") as Int64 == 0)
            #expect(try await database.query("SELECT count(*) AS n FROM job_states WHERE next_run_at IS NOT NULL").only("n") as Int64 == 0)
            let finished: Query = "SELECT count(*) AS n FROM executions WHERE status IN ('success', 'failed', 'timeout')"
            let counted: Query = "SELECT sum(executions)::bigint AS n FROM usage_counters"
            #expect(try await database.query(counted).only("n") as Int64 == database.query(finished).only("n"))
        }
    }
}
