import Foundation
import JSON
import Postgres
import TestSupport
import Testing
import Time

/// Many nodes on one database: they share the work, and each may go at any time.
@Suite(.timeLimit(.minutes(5))) struct NodesTests {
    private static let ticks: Query =
        "FROM (SELECT scheduled_for, trigger FROM queue UNION ALL SELECT scheduled_for, trigger FROM executions) x WHERE trigger = 'schedule'"

    /// Every second from the first to the last, each once.
    private func expectEverySecondOnce(_ server: Server) async throws {
        #expect(try await server.number("SELECT count(*) - count(DISTINCT scheduled_for) AS n \(Self.ticks)") == 0)
        let holes: Query = """
            SELECT (extract(epoch FROM max(scheduled_for) - min(scheduled_for))::bigint + 1 - count(DISTINCT scheduled_for)) AS n \(Self.ticks)
            """
        #expect(try await server.number(holes) == 0)
    }

    @Test func theRolesWorkTogetherAndEachDoesItsOwnOnly() async throws {
        try await Nodes.lend { nodes in
            let (web, scheduler) = (try await nodes.start("web"), try await nodes.start("scheduler"))
            let workers = [try await nodes.start("worker"), try await nodes.start("worker")]
            let (tenant, receiver) = (try await web.tenant(), try Receiver())
            let job = try await tenant.job(calling: receiver.url + "/tick", schedule: ["every": "1s"], ["overlap": "allow"])
            for _ in 0..<30 { try await tenant.trigger(job) }
            _ = try await receiver.request(33)
            _ = try await tenant.ended(32, of: job)
            try await web.wait(until: "SELECT count(DISTINCT node_id) AS n FROM attempts", isAtLeast: 2)
            let ids: Query = "SELECT count(*) AS n FROM nodes WHERE id IN (SELECT node_id FROM attempts)"
            #expect(try await web.number(ids) == 2)
            #expect(try await web.number("SELECT count(*) AS n FROM nodes WHERE last_tick_at IS NOT NULL") == 1)
            for server in [scheduler, web] + workers { try await server.untilWell() }

            // One of two workers dies: the other does the work of both.
            workers[0].child.signal(SIGKILL)
            _ = try await receiver.request(receiver.requests.count + 4)
            try await expectEverySecondOnce(web)
            // An orderly end takes the node's row along.
            #expect(await workers[1].stop() == Child.End(code: 0, wasKilled: false))
            #expect(try await web.number("SELECT count(*) AS n FROM nodes WHERE name LIKE '%:\(unsafe: "\(workers[1].child.pid)")'") == 0)
        }
    }

    @Test func whenTheLeaderIsKilledAnotherSchedulesAtOnce() async throws {
        try await Nodes.lend { nodes in
            let servers = [try await nodes.start(), try await nodes.start(), try await nodes.start()]
            let (tenant, receiver) = (try await servers[0].tenant(), try Receiver())
            _ = try await tenant.job(calling: receiver.url + "/tick", schedule: ["every": "1s"], ["overlap": "allow"])
            var (living, took): ([Server], [Duration]) = (servers, [])
            for _ in 0..<2 {
                _ = try await receiver.request(receiver.requests.count + 2)
                let leader = try #require(try await Server.leader(of: living))
                leader.child.signal(SIGKILL)
                living.removeAll { $0 === leader }
                let last: Query = "SELECT extract(epoch FROM max(scheduled_for))::bigint AS n \(Self.ticks)"
                let (before, begin) = (try await living[0].number(last), ContinuousClock.now)
                try await living[0].wait(until: last, isAtLeast: before + 1)
                took.append(begin.duration(to: .now))
            }
            // One of the two may fall into seconds in which the machine does nothing for us.
            #expect(took.contains { $0 < .seconds(4) }, "\(took)")
            _ = try await receiver.request(receiver.requests.count + 2)
            try await expectEverySecondOnce(living[0])
        }
    }

    /// It does not know that it was away: what it writes when it wakes must change nothing.
    @Test func aLeaderThatSleptHarmsNothingWhenItWakes() async throws {
        try await Nodes.lend { nodes in
            let servers = [try await nodes.start(), try await nodes.start()]
            let (tenant, receiver) = (try await servers[0].tenant(), try Receiver())
            _ = try await tenant.job(calling: receiver.url + "/tick", schedule: ["every": "1s"], ["overlap": "allow"])
            _ = try await receiver.request(2)
            let sleeper = try #require(try await Server.leader(of: servers))
            let other = try #require(servers.first { $0 !== sleeper })
            sleeper.child.signal(SIGSTOP)
            // What the sleeper had leased comes after its lease; what is new comes on time.
            _ = try await receiver.request(receiver.requests.count + 8)
            sleeper.child.signal(SIGCONT)
            _ = try await receiver.request(receiver.requests.count + 3)
            try await expectEverySecondOnce(other)
            // Called twice is at most what was in flight, or about to be, when it fell asleep.
            let calls = Dictionary(grouping: receiver.requests) { $0.header("webhook-id") ?? "" }
            #expect(calls.values.count { $0.count > 1 } <= 2)
            #expect(calls.values.allSatisfy { $0.count <= 2 })
        }
    }

    private struct TooSlow: Error {}

    /// A node that stops gives the database 0.7 s to take what still runs from it, and else leaves that to who finds it gone.
    /// Where the machine was that slow, the test is played again.
    private func lendUnlessTooSlow(_ body: (Nodes) async throws -> Void) async throws {
        for _ in 0..<3 { do { return try await Nodes.lend(body) } catch is TooSlow { continue } }
        try await Nodes.lend(body)
    }

    /// Holds a node that has ended to having given away by itself the one attempt that it could not finish.
    private func expectHandover(by node: Server) async throws {
        let log = await node.child.errors.all()
        if log.contains("attempts could not be handed over") { throw TooSlow() }
        #expect(log.contains("attempts that outlasted the grace period were handed over count=1"))
    }

    @Test func whatOutlastsADeployIsHandedOverAtOnce() async throws {
        try await lendUnlessTooSlow { nodes in
            let (receiver, gate) = (try Receiver(), Receiver.Gate())
            defer { gate.open() }
            receiver.answer("/long") { $0.header("Prikke-Attempt") == "1" ? .held(by: gate) : .status(200) }
            let old = try await nodes.start("all", ["PRIKKE_GRACE": "1"])
            let tenant = try await old.tenant()
            let job = try await tenant.job(calling: receiver.url + "/long", ["timeout_ms": 60_000])
            let id = try await tenant.trigger(job)
            _ = try await receiver.request(1)
            let new = try await nodes.start()
            let begin = ContinuousClock.now
            #expect(await old.stop() == Child.End(code: 0, wasKilled: false))
            #expect(begin.duration(to: .now) < .seconds(10))
            try await expectHandover(by: old)
            let second = try await receiver.request(2)
            #expect(second.header("webhook-id") == id && second.header("Prikke-Attempt") == "2")
            let ended = try await Tenant(tenant, at: new).ended(1, of: job)
            #expect(ended[0]["status"] == "success" && ended[0]["attempt"] == 2)
            #expect(try await new.number("SELECT sum(executions)::bigint AS n FROM usage_counters") == 1)
        }
    }

    @Test(arguments: [[SIGTERM, SIGTERM], [SIGINT, SIGHUP]]) func aSecondSignalEndsTheGracePeriod(signals: [Int32]) async throws {
        try await lendUnlessTooSlow { nodes in
            let (receiver, gate) = (try Receiver(), Receiver.Gate())
            defer { gate.open() }
            receiver.answer("/long") { _ in .held(by: gate) }
            let node = try await nodes.start("all", ["PRIKKE_GRACE": "600"])
            let tenant = try await node.tenant()
            let job = try await tenant.job(calling: receiver.url + "/long", ["timeout_ms": 60_000])
            try await tenant.trigger(job)
            _ = try await receiver.request(1)
            node.child.signal(SIGPIPE)
            node.child.signal(signals[0])
            // Whom nobody can connect to any more has heard it; before that, a second one of its kind might be taken for it.
            try await until("it goes on listening") { await node.send(Call(path: "/health")).status == 0 }
            // It goes on: what runs has ten minutes.
            #expect(try await node.number("SELECT count(*) AS n FROM queue WHERE leased_by IS NOT NULL") == 1)
            let begin = ContinuousClock.now
            node.child.signal(signals[1])
            #expect(await node.child.end() == Child.End(code: 0, wasKilled: false))
            #expect(begin.duration(to: .now) < .seconds(30))
            try await expectHandover(by: node)
            #expect(try await node.number("SELECT count(*) AS n FROM queue WHERE leased_by IS NULL AND attempt = 2 AND crashes = 0") == 1)
        }
    }
}
