import Testing

@testable import Outbound

@Suite("Which connection a call goes over", .timeLimit(.minutes(1)))
struct ConnectionReuseTests {
    @Test func callsFollowOneAnotherOnOneConnection() async throws {
        let target = try Target()
        let client = makeClient()
        for _ in 0..<20 { _ = try await client.call(target.url(), "POST", body: [1]).get() }
        #expect(target.connections == 1)
        #expect(target.requests.count == 20)
    }

    /// The socket that is already open was checked for another name, whose owner may have made it up.
    @Test func anotherNameOfTheSameAddressHasAConnectionOfItsOwn() async throws {
        let target = try Target()
        let client = makeClient(names: ["a.example.com": [["127.0.0.1"]], "b.example.com": [["127.0.0.1"]]])
        for _ in 0..<3 {
            for host in ["a.example.com", "b.example.com", "127.0.0.1"] { _ = try await client.call(target.url(host: host)).get() }
        }
        #expect(target.connections == 3)
    }

    @Test func aNameThatMovesIsConnectedAnew() async throws {
        let curl = CurlLoop(on: loop, OutboundSettings(userAgent: "x"))
        let first = try Target()
        let policy = AddressPolicy(allowedNetworks: ["127.0.0.0/8"].compactMap(IPNetwork.init))
        // One libcurl, one name, one port, and the address as it is checked at each call.
        let request = try OutboundRequest(url: TargetURL("http://moves.example.com:\(first.port)/"), method: "GET")
        func call(_ address: String) async throws -> Result<OutboundResponse, OutboundFailure> {
            let now = ContinuousClock.now
            let checked = ResolvedAddress(try #require(IPAddress(address)))
            return await curl.run(Transfer(request, to: [checked], policy: policy, asked: now, deadline: now + .seconds(5)))
        }
        #expect(try await call("127.0.0.1").get().remoteAddress == "127.0.0.1")
        // Nothing listens there: had the open connection been taken, this would succeed.
        #expect(try await call("127.0.0.77").failure?.reason == .connectFailed)
        #expect(try await call("127.0.0.1").get().status == 200)
        #expect(first.connections == 1)
        await curl.close()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ])
    func whatFollowsAnAnswerIsNeverTakenForTheNext(answer: String) async throws {
        let forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
        let target = try Target { connection in
            while connection.read() != nil { connection.write(answer + forged) }
        }
        let client = makeClient()
        for _ in 0..<5 {
            let response = try await client.call(target.url()).get()
            #expect(response.size == (response.status == 204 ? 0 : 2))
        }
        #expect(target.requests.count == 5)
    }

    @Test(arguments: ["ok and more than was promised", "okHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"])
    func aConnectionWithMoreOnItThanPromisedIsNotUsedAgain(body: String) async throws {
        let target = try Target { connection in
            while connection.read() != nil { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + body) }
        }
        let client = makeClient()
        for _ in 0..<3 { #expect(try await client.call(target.url()).get().body == Array("ok".utf8)) }
        #expect(target.connections == 3)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nX: \u{0}\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + String(repeating: "x", count: 2_000_000),
    ])
    func aConnectionWithACutOrMalformedAnswerIsNotUsedAgain(answer: String) async throws {
        let target = try Target { connection in
            while connection.read() != nil, connection.write(answer) {}
        }
        let client = makeClient()
        for _ in 0..<3 { _ = try await client.call(target.url()) }
        #expect(target.connections == 3)
    }

    /// libcurl would send it again on a new connection; the target may have acted on the first.
    @Test(arguments: [true, false])
    func aRequestOnAnOpenConnectionIsNeverSentTwice(withReset: Bool) async throws {
        let target = try Target { connection in
            guard connection.read() != nil else { return }
            connection.answer()
            guard connection.read() != nil else { return }
            if withReset { connection.reset() }
        }
        let client = makeClient()
        _ = try await client.call(target.url(), "POST", body: [1]).get()
        let failure = try await client.call(target.url(), "POST", body: [2]).failure
        #expect(failure?.reason == .badResponse)
        #expect(target.requests.map(\.body) == [[1], [2]])
    }

    @Test func aConnectionThatEndedMeanwhileCostsNothing() async throws {
        let target = try Target { connection in
            guard connection.read() != nil else { return }
            connection.answer()
        }
        let client = makeClient()
        for count in 1...5 {
            #expect(try await client.call(target.url(), "POST", body: [1]).get().status == 200)
            await target.wait { $0.open == 0 && $0.connections == count }
        }
        #expect(target.requests.count == 5)
    }

    /// libcurl would take a word in a status line for leave to send several requests on one connection of HTTP/1.1, one tenant's
    /// behind another's, and mix up the answers.
    @Test func aTargetThatSaysHTTP2GetsOneRequestAtATimeOnAConnection() async throws {
        let latch = Latch()
        let target = try Target { connection in
            while let request = connection.read() {
                let path = String(request.line.split(separator: " ")[1])
                if path == "/first" {
                    connection.write("HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok")
                } else {
                    latch.waitUntilOpen()
                    connection.answer(path)
                }
            }
        }
        let client = makeClient()
        _ = try await client.call(target.url("/first"))
        let calls = (0..<6).map { number in
            Task { try await client.call(target.url("/\(number)"), timeout: .seconds(50), tenant: UInt64(number)).get().body }
        }
        await target.wait { $0.requests.count == 7 }
        latch.open()
        for (number, call) in calls.enumerated() { #expect(try await call.value == Array("/\(number)".utf8)) }
    }
}
