import Glibc
import Testing

@testable import Outbound

@Suite("Deadlines and giving up", .timeLimit(.minutes(1)))
struct DeadlineTests {
    /// Runs a call that cannot succeed and checks that it ended at its timeout.
    private func expectDeadline(
        _ timeout: Duration = .milliseconds(300), _ call: (Duration) async throws -> Result<OutboundResponse, OutboundFailure>
    ) async throws {
        let start = ContinuousClock.now
        let failure = try await call(timeout).failure
        let took = start.duration(to: .now)
        #expect(failure?.reason == .deadline)
        // A second would do on a machine of its own; what is proved is that nothing else ended these calls, which go on for ever.
        #expect(took >= timeout && took < timeout + .seconds(20))
        #expect((failure?.timings.total ?? 0) >= timeout.microseconds)
    }

    private func pause(_ milliseconds: Int) {
        var pause = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
        nanosleep(&pause, nil)
    }

    @Test func aTargetThatNeverAnswersRunsIntoTheDeadline() async throws {
        let target = try Target { connection in
            connection.read()
            connection.waitForEnd()
        }
        try await expectDeadline { try await makeClient().call(target.url(), timeout: $0) }
        await target.wait { $0.open == 0 }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
    func aDripOfBytesDoesNotMoveTheDeadline(head: String) async throws {
        let target = try Target { connection in
            guard connection.read() != nil else { return }
            connection.write(head)
            // One character of the head at a time, or one byte of body, as a chunk of its own where there are chunks.
            let drops = head.isEmpty ? "HTTP/1.1 200 OK\r\nX-Slow: yes".map(String.init) : [head.contains("chunked") ? "1\r\nx\r\n" : "x"]
            var next = 0
            while connection.write(drops[min(next, drops.count - 1)]) {
                next += 1
                pause(20)
            }
        }
        try await expectDeadline { try await makeClient().call(target.url(), timeout: $0) }
    }

    @Test func aListenerThatAcceptsNobodyRunsIntoTheDeadline() async throws {
        // The queue is full: the kernel drops further SYNs.
        let (listener, port) = try listenOn("127.0.0.1", backlog: 0)
        defer { close(listener) }
        let client = makeClient()
        let url = "http://127.0.0.1:\(port)/"
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { _ = try? await client.call(url, timeout: .milliseconds(300)) } }
        }
        try await expectDeadline { try await client.call(url, timeout: $0) }
    }

    @Test func resolvingCountsTowardsTheDeadline() async throws {
        let target = try Target { connection in
            connection.read()
            connection.waitForEnd()
        }
        let policy = AddressPolicy(allowedNetworks: ["127.0.0.1/32"].compactMap(IPNetwork.init))
        let ended = Latch()
        defer { ended.open() }
        let client = OutboundClient(policy: policy, settings: OutboundSettings(userAgent: "x"), on: loop, logger: .init(label: "tests")) {
            name in
            if name.hasPrefix("slow") { pause(500) } else { ended.waitUntilOpen() }
            return .addresses([IPAddress("127.0.0.1")].compactMap(\.self))
        }
        try await expectDeadline(.seconds(10)) { try await client.call(target.url(host: "slow.example.com"), timeout: $0) }
        try await expectDeadline { try await client.call(target.url(host: "never.example.com"), timeout: $0) }
        #expect(target.connections == 1)
    }

    @Test func oneDeadlineCoversAllHopsOfARedirect() async throws {
        let target = try Target { connection in
            while connection.read() != nil {
                pause(100)
                connection.answer(status: "302 Found", headers: ["Location: /"])
            }
        }
        try await expectDeadline { try await makeClient().call(target.url(), timeout: $0, followRedirects: true) }
    }

    @Test func noTimeAtAllIsADeadline() async throws {
        let target = try Target()
        for timeout in [Duration.zero, .seconds(-5)] {
            #expect(try await makeClient().call(target.url(), timeout: timeout).failure?.reason == .deadline)
        }
        #expect(target.connections == 0)
    }

    @Test func cancellingTheTaskEndsTheCall() async throws {
        let target = try Target { connection in
            connection.read()
            connection.waitForEnd()
        }
        let client = makeClient()
        let call = Task { try await client.call(target.url(), timeout: .seconds(60)) }
        await target.wait { $0.requests.count == 1 }
        call.cancel()
        #expect(try await call.value.failure?.reason == .cancelled)
        await target.wait { $0.open == 0 }
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.call(target.url())
        }
        #expect(try await early.value.failure?.reason == .cancelled)
        #expect(target.requests.count == 1)
    }

    @Test func cancellingEndsAWaitForANameToo() async throws {
        let answer = Latch()
        let settings = OutboundSettings(userAgent: "x")
        let client = OutboundClient(policy: AddressPolicy(), settings: settings, on: loop, logger: .init(label: "tests")) { _ in
            answer.waitUntilOpen()
            return .none
        }
        let call = Task { try await client.call("http://slow.example.com/", timeout: .seconds(600)) }
        call.cancel()
        #expect(try await call.value.failure?.reason == .cancelled)
        answer.open()
    }

    @Test func closingEndsAllCallsAndRefusesLaterOnes() async throws {
        let target = try Target { connection in
            connection.read()
            connection.waitForEnd()
        }
        let client = makeClient { $0.hostConcurrency = 2 }
        let calls = (0..<3).map { _ in Task { try await client.call(target.url(), timeout: .seconds(60)) } }
        await target.wait { $0.requests.count == 3 }
        await client.close()
        for call in calls { #expect(try await call.value.failure?.reason == .cancelled) }
        #expect(try await client.call(target.url()).failure?.reason == .cancelled)
        await client.close()
        await target.wait { $0.open == 0 }
    }

    @Test func aDeadAddressIsFollowedByTheNext() async throws {
        let target = try Target(address: "127.0.0.2")
        let client = makeClient(allowed: ["127.0.0.0/8", "::1/128"], names: ["two.example.com": [["127.0.0.9", "::1", "127.0.0.2"]]])
        let response = try await client.call(target.url(host: "two.example.com"), "POST", body: [1]).get()
        #expect(response.remoteAddress == "127.0.0.2")
        #expect(target.requests.count == 1)
    }
}
