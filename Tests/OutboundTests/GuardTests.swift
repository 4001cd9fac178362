import Testing

@testable import Outbound

/// In these tests 127.0.0.2 is the only address that may be called, and 127.0.0.1 (where the canary sits) must never be
/// connected to, whatever a name, a redirect or a spelling says.
@Suite("No connection to a refused address")
struct GuardTests {
    private let allowed = ["127.0.0.2/32"]
    private let blocked = OutboundFailure.blocked.message

    private func check(_ outcome: Result<OutboundResponse, OutboundFailure>, _ reason: OutboundFailure.Reason = .blockedAddress) {
        #expect(outcome.failure?.reason == reason)
        #expect(outcome.failure?.message == blocked)
    }

    /// That the canary would see a connection, if there were one.
    @Test func theCanarySings() async throws {
        let canary = try Target()
        _ = try await makeClient().call(canary.url()).get()
        #expect(canary.connections == 1)
    }

    @Test(arguments: [
        "127.0.0.1", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0.0.0.0", "[::1]",
        "[::]",
    ])
    func noLiteralIsConnected(host: String) async throws {
        let canary = try Target()
        let canarySix = try Target(address: "::1")
        for port in [canary.port, canarySix.port] { check(try await makeClient(allowed: allowed).call("http://\(host):\(port)/")) }
        #expect(canary.connections + canarySix.connections == 0)
    }

    @Test(arguments: [
        ["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "::1"], ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        ["0.0.0.0"], ["10.0.0.1"], ["fe80::1"], ["fd00::1"], Array(repeating: "127.0.0.2", count: 199) + ["127.0.0.1"],
    ])
    func aNameWithOneRefusedAddressIsRefused(answers: [String]) async throws {
        let canary = try Target()
        let good = try Target(address: "127.0.0.2")
        let client = makeClient(allowed: allowed, names: ["evil.example.com": [answers]])
        check(try await client.call("http://evil.example.com:\(canary.port)/"))
        check(try await client.call("http://evil.example.com:\(good.port)/"))
        #expect(canary.connections + good.connections == 0)
    }

    @Test func anUnresolvableNameSaysTheSame() async throws {
        check(try await makeClient(allowed: allowed).call("http://nowhere.example.com/"), .dnsFailed)
    }

    /// Good for the check, evil for whoever asks a second time: nobody does.
    @Test func aNameThatFlipsIsConnectedWhereItWasChecked() async throws {
        let good = try Target(address: "127.0.0.2") { if $0.read() != nil { $0.answer(headers: ["Connection: close"]) } }
        let client = makeClient(allowed: allowed, names: ["flip.example.com": [["127.0.0.2"], ["127.0.0.1"]]])
        for _ in 0..<5 { #expect(try await client.call("http://flip.example.com:\(good.port)/").get().remoteAddress == "127.0.0.2") }
    }

    @Test func theSocketIsCheckedOnceMore() async throws {
        let canary = try Target()
        let curl = CurlLoop(on: loop, OutboundSettings(userAgent: "x"))
        let policy = AddressPolicy(allowedNetworks: allowed.compactMap(IPNetwork.init))
        let evil = ResolvedAddress(try #require(IPAddress("127.0.0.1")))
        for host in ["name.example.com", "127.0.0.1", "[::ffff:127.0.0.1]"] {
            let request = try OutboundRequest(url: TargetURL("http://\(host):\(canary.port)/"), method: "GET")
            let now = ContinuousClock.now
            let transfer = Transfer(request, to: [evil], policy: policy, asked: now, deadline: now + .seconds(5))
            check(await curl.run(transfer))
        }
        #expect(canary.connections == 0)
        await curl.close()
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func noRedirectLeadsToARefusedAddress(status: Int) async throws {
        let canary = try Target()
        let ports = canary.port
        for location in [
            "http://127.0.0.1:\(ports)/", "//127.0.0.1:\(ports)/", "http://[::ffff:127.0.0.1]:\(ports)/",
            "http://evil.example.com:\(ports)/",
            "http://169.254.169.254/latest/meta-data/", "HTTP://0:\(ports)/", "http://localhost:\(ports)/",
            "http://127.0.0.2@127.0.0.1:\(ports)/",
            "http://127.0.0.2\\@127.0.0.1:\(ports)/", "file:///etc/passwd", "gopher://127.0.0.1:\(ports)/", "ftp://127.0.0.1:\(ports)/",
        ] {
            let good = try Target(address: "127.0.0.2") {
                if $0.read() != nil { $0.answer(status: "\(status) Moved", headers: ["Location: \(location)"]) }
            }
            let client = makeClient(allowed: allowed, names: ["evil.example.com": [["127.0.0.1"]], "localhost": [["127.0.0.1"]]])
            let failure = try await client.call(good.url(), "POST", body: [1], followRedirects: true).failure
            #expect(failure?.reason == .blockedAddress || failure?.reason == .badResponse)
            #expect(failure?.status == status)
            #expect(failure?.message.contains("127") == false)
        }
        #expect(canary.connections == 0)
    }

    @Test func whatWasSavedIsCheckedAgainWhenCalled() async throws {
        let canary = try Target()
        for url in ["http://localhost:\(canary.port)/", "http://a.internal:\(canary.port)/", "http://127.0.0.2:25/"] {
            let failure = try await makeClient(allowed: url.contains(":25/") ? allowed : [], names: ["localhost": [["127.0.0.1"]]]).call(
                url
            ).failure
            #expect(failure?.reason == .blockedAddress)
        }
        #expect(canary.connections == 0)
    }

    @Test func theDemoReceiverIsReachedAndTheRestOfTheProgramIsNot() async throws {
        let program = try Target()
        let address = try #require(IPAddress("127.0.0.1"))
        let own = OwnAddresses(endpoints: [.init(address: address, port: program.port)], openPaths: ["/demo/"])
        let client = makeClient(allowed: ["127.0.0.1/32"], own: own, names: ["me.example.com": [["127.0.0.1"]]])
        #expect(try await client.call(program.url("/demo/ok")).get().status == 200)
        for url in [
            program.url("/"), program.url("/demo/../api"), program.url("/", host: "me.example.com"), program.url("/", host: "localhost"),
        ] {
            check(try await client.call(url), url.contains("localhost") ? .dnsFailed : .blockedAddress)
        }
        #expect(program.requests.map(\.line) == ["GET /demo/ok HTTP/1.1"])
    }

    @Test func anOpenedNameIsReachedWhenAllItsAddressesAreOpen() async throws {
        let target = try Target()
        let client = makeClient(allowed: ["127.0.0.1/32"], names: ["localhost": [["127.0.0.1"]], "db": [["127.0.0.1", "8.8.8.8"]]])
        #expect(try await client.call(target.url(host: "localhost")).get().status == 200)
        check(try await client.call(target.url(host: "db")))
    }
}
