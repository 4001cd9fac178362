import Testing

@testable import Outbound

@Suite("Calling the program itself")
struct OwnAddressesTests {
    private func policy(listeningOn address: String = "0.0.0.0", allowed: [String] = ["127.0.0.0/8", "::1/128"]) throws -> AddressPolicy {
        let endpoint = OwnAddresses.Endpoint(address: try #require(IPAddress(address)), port: 8080)
        let own = OwnAddresses(names: ["Prikke.example.com.", "localhost"], endpoints: [endpoint], openPaths: ["/demo/"])
        return AddressPolicy(allowedNetworks: allowed.compactMap(IPNetwork.init), own: own)
    }

    @Test(arguments: ["http://127.0.0.1:8080/", "http://127.8.9.1:8080/api", "http://0.0.0.0:8080/", "http://[::1]:8080/"])
    func itsOwnPortIsRefusedAlsoInsideAllowedNetworks(url: String) throws {
        for listening in ["0.0.0.0", "::"] {
            #expect(throws: AddressRefusal.blocked()) { try policy(listeningOn: listening).check(url) }
        }
    }

    /// Whoever connects to it reaches loopback.
    @Test func theAddressOfAllZeroesIsItsOwn() throws {
        let policy = try policy(listeningOn: "127.0.0.1", allowed: ["0.0.0.0/0"])
        #expect(throws: AddressRefusal.blocked()) { try policy.check("http://0.0.0.0:8080/") }
        _ = try policy.check("http://0.0.0.0:8081/")
    }

    @Test func anotherPortOfTheSameAddressFollowsTheOrdinaryRules() throws {
        _ = try policy().check("http://127.0.0.1:8081/")
        #expect(throws: AddressRefusal.blocked()) { try policy(allowed: []).check("http://127.0.0.1:8081/") }
    }

    @Test func oneListeningAddressIsNotTheOthers() throws {
        _ = try policy(listeningOn: "127.0.0.5").check("http://127.0.0.6:8080/")
        #expect(throws: AddressRefusal.blocked()) { try policy(listeningOn: "127.0.0.5").check("http://127.0.0.5:8080/") }
    }

    @Test(arguments: ["http://prikke.example.com/", "https://PRIKKE.example.com./x", "http://prikke.example.com:8443/"])
    func itsOwnNameIsRefusedOnEveryPort(url: String) throws {
        #expect(throws: AddressRefusal.blocked()) { try policy().check(url) }
        #expect(throws: AddressRefusal.blocked()) { try policy(allowed: []).check(url) }
        _ = try policy().check("http://www.prikke.example.com/")
    }

    @Test func aReservedOwnNameIsJudgedByItsAddress() throws {
        let policy = try policy()
        let loopback = try #require(IPAddress("127.0.0.1"))
        #expect(!policy.permits(loopback, for: try policy.check("http://localhost:8080/")))
        #expect(policy.permits(loopback, for: try policy.check("http://localhost:8081/")))
    }

    @Test func theDemoReceiverMayBeCalled() throws {
        for path in ["/demo/", "/demo/a-b_c.d/1", "/demo/x?y=../../z"] {
            for allowed in [[], ["127.0.0.0/8"]] {
                _ = try policy(allowed: allowed).check("http://127.0.0.1:8080\(path)")
                _ = try policy(allowed: allowed).check("https://prikke.example.com\(path)")
            }
        }
        // It is open for us, not for the network it stands in, nor for its neighbours.
        #expect(throws: AddressRefusal.blocked()) { try policy(allowed: []).check("http://127.0.0.1:8081/demo/") }
        #expect(throws: AddressRefusal.blocked()) { try policy(allowed: []).check("http://10.0.0.1:8080/demo/") }
    }

    @Test(arguments: [
        "/demo", "/Demo/", "/demo/../api/jobs", "/demo/%2e%2e/api", "/demo/..", "/demo/./x", "/demo//x", "/demo/%2Fapi", "/demo/a%00",
        "//demo/", "/x/demo/",
        "/demo/..;/api", "/?/demo/", "/demo#/demo/",
    ])
    func noDetourLeadsThroughIt(path: String) throws {
        #expect(throws: AddressRefusal.blocked()) { try policy().check("http://127.0.0.1:8080\(path)") }
    }
}
