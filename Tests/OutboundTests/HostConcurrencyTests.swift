import EventLoop
import Glibc
import Synchronization
import Testing

@testable import Outbound

/// The limit does not count inside allowed networks, and nothing else on loopback may be called, but for what the program
/// opens of its own: so the targets here are "the program itself" with everything below `/demo/` open.
@Suite("How many calls go to one host at a time", .timeLimit(.minutes(1)))
struct HostConcurrencyTests {
    private func client(calling target: Target, limit: Int, allowed: [String] = [], on loop: EventLoop = loop) throws -> OutboundClient {
        let endpoint = OwnAddresses.Endpoint(address: try #require(IPAddress(target.address)), port: target.port)
        let own = OwnAddresses(endpoints: [endpoint], openPaths: ["/demo/"])
        return makeClient(allowed: allowed, own: own, on: loop) { $0.hostConcurrency = limit }
    }

    @Test func noMoreThanTheLimitAreOpenAndAllGetTheirTurn() async throws {
        // Counted from the request's arrival to its answer: the next call begins after that. (How many connections are open
        // would also count those whose thread has not come to close its own yet.)
        let inService = Mutex((now: 0, most: 0))
        let target = try Target { connection in
            guard connection.read() != nil else { return }
            inService.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            usleep(5_000)  // what its work takes; meanwhile the others would come, if they might
            inService.withLock { $0.now -= 1 }
            connection.answer(headers: ["Connection: close"])
        }
        let client = try client(calling: target, limit: 3)
        let statuses = await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<40 { group.addTask { try? await client.call(target.url("/demo/x")).get().status } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 40))
        #expect(inService.withLock { $0.most } <= 3)
    }

    @Test func whoWaitsForATurnKeepsHisDeadlineAndMayLeave() async throws {
        let target = try Target { connection in
            connection.read()
            connection.waitForEnd()
        }
        let client = try client(calling: target, limit: 1)
        let first = Task { try await client.call(target.url("/demo/first"), timeout: .seconds(60)) }
        await target.wait { $0.requests.count == 1 }
        #expect(try await client.call(target.url("/demo/second"), timeout: .milliseconds(100)).failure?.reason == .deadline)
        let third = Task { try await client.call(target.url("/demo/third"), timeout: .seconds(60)) }
        third.cancel()
        #expect(try await third.value.failure?.reason == .cancelled)
        let fourth = Task { try await client.call(target.url("/demo/fourth"), timeout: .seconds(60)) }
        first.cancel()
        #expect(try await first.value.failure?.reason == .cancelled)
        await target.wait { $0.requests.count == 2 }
        await client.close()
        #expect(try await fourth.value.failure?.reason == .cancelled)
        #expect(target.requests.map(\.line) == ["GET /demo/first HTTP/1.1", "GET /demo/fourth HTTP/1.1"])
    }

    @Test func insideAnAllowedNetworkNobodyWaits() async throws {
        let target = try Target { connection in
            connection.read()
            connection.waitForEnd()
        }
        let client = try client(calling: target, limit: 1, allowed: ["127.0.0.1/32"])
        let calls = (0..<5).map { _ in Task { try await client.call(target.url("/demo/x"), timeout: .seconds(60)) } }
        await target.wait { $0.requests.count == 5 }
        await client.close()
        for call in calls { #expect(try await call.value.failure?.reason == .cancelled) }
    }

    /// All of them wait behind one that hangs, and the loop comes to look only when everybody's time is up: the end of one makes
    /// the next begin, whose end makes the next begin.
    @Test func thousandsWhoseTimeIsUpTogetherEnd() async throws {
        let target = try Target { connection in
            connection.read()
            connection.waitForEnd()
        }
        let loop = EventLoop(name: "sleeper")
        let client = try client(calling: target, limit: 1, on: loop)
        let calls = (0..<20_000).map { _ in Task { try await client.call(target.url("/demo/x"), timeout: .seconds(3)) } }
        await target.wait { $0.requests.count == 1 }
        loop.execute { sleep(4) }
        for call in calls { #expect(try await call.value.failure?.reason == .deadline) }
    }

    @Test func aCallThatWaitedIsForgottenWhenItHasEnded() async throws {
        let target = try Target()
        let endpoint = OwnAddresses.Endpoint(address: try #require(IPAddress(target.address)), port: target.port)
        let policy = AddressPolicy(own: OwnAddresses(endpoints: [endpoint], openPaths: ["/demo/"]))
        var settings = OutboundSettings(userAgent: "x")
        settings.hostConcurrency = 1
        let curl = CurlLoop(on: loop, settings)
        let request = try OutboundRequest(url: TargetURL(target.url("/demo/x")), method: "GET")
        let deadline = ContinuousClock.now + .seconds(3_600)
        let ends = (0..<20).map { _ in
            Task {
                let address = ResolvedAddress(endpoint.address)
                let transfer = Transfer(request, to: [address], policy: policy, asked: .now, deadline: deadline)
                let outcome = await curl.run(transfer)
                return (Weak(transfer), try outcome.get().status)
            }
        }
        var weak: [(Weak, Int)] = []
        for end in ends { weak.append(try await end.value) }
        #expect(weak.allSatisfy { $0.1 == 200 })
        await curl.close()
        #expect(weak.allSatisfy { $0.0.transfer == nil })
    }

    /// Read when nothing else touches it any more.
    private struct Weak: @unchecked Sendable {
        weak var transfer: Transfer?
        init(_ transfer: Transfer) { self.transfer = transfer }
    }
}
