import HTTPTypes
import Outbound
import Testing

@testable import Web

/// What is believed of who sent a request: H9.
@Suite struct ClientFinderTests {
    private func client(
        _ peer: String, _ forwarded: [String] = [], proto: [String] = [], proxies: [String] = ["10.0.0.0/8", "2001:db8::/32"],
        siteURL: String = "http://127.0.0.1:4000"
    ) -> Client {
        var headers = HTTPFields()
        for value in forwarded { headers.append(HTTPField(name: .forwardedFor, value: value)) }
        for value in proto { headers.append(HTTPField(name: .forwardedProto, value: value)) }
        let finder = ClientFinder(proxies: proxies.compactMap { IPNetwork($0) }, siteURL: siteURL)
        return finder.client(of: headers, from: ClientAddress(peer))
    }

    @Test(arguments: [
        (["198.51.100.7"], "198.51.100.7"), (["1.1.1.1, 198.51.100.7"], "198.51.100.7"), (["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
        (["1.1.1.1, 198.51.100.7, 10.2.2.2"], "198.51.100.7"), (["198.51.100.7,10.2.2.2", "10.3.3.3"], "198.51.100.7"),
        (["10.2.2.2, 10.3.3.3"], "10.2.2.2"), (["::ffff:198.51.100.7"], "198.51.100.7"), (["2a00:1450::99"], "2a00:1450::99"),
        ([], "10.0.0.1"), ([""], "10.0.0.1"), (["unknown"], "10.0.0.1"), (["198.51.100.7, unknown"], "10.0.0.1"),
        (["198.51.100.7, unknown, 10.2.2.2"], "10.2.2.2"), (["198.51.100.7:5678"], "198.51.100.7"), (["[2a00::1]"], "2a00::1"),
        (["[2a00::1]:5678"], "2a00::1"), (["198.51.100.7:567890"], "10.0.0.1"), (["[2a00::1]x"], "10.0.0.1"),
        (["198.51.100.7:"], "10.0.0.1"),

        (["198.51.100.7,"], "10.0.0.1"), (["198.51.100.007"], "10.0.0.1"), (["1.1.1.1 198.51.100.7"], "10.0.0.1"),
    ])
    func aTrustedProxyIsBelievedUpToTheFirstHopThatIsNone(forwarded: [String], address: String) {
        #expect(client("10.0.0.1", forwarded).address == address)
    }

    @Test func nobodyElseIsBelieved() {
        let spoofed = client("203.0.113.9", ["198.51.100.7"], proto: ["https"])
        #expect(spoofed == Client(address: "203.0.113.9", network: "203.0.113.9", isSecure: false))
        #expect(client("10.0.0.1", ["198.51.100.7"], proto: ["https"], proxies: []).address == "10.0.0.1")
    }

    @Test func requestsAreCountedByIPv4AddressOrIPv6Network() {
        #expect(client("::ffff:203.0.113.9").network == "203.0.113.9")
        #expect(client("2a00:1450:4001:81b::200e").network == "2a00:1450:4001:81b::/64")
        #expect(client("2a00:1450:4001:81b:1:2:3:4").network == "2a00:1450:4001:81b::/64")
        #expect(client("::1").network == "::/64")
        #expect(client("2001:db8::5", ["2a00::1"]).network == "2a00::/64")
    }

    @Test(arguments: [
        (["https"], true), (["HTTPS"], true), (["http"], false), ([], false), (["https", "https"], false), (["https, http"], false),
        (["https,https"], false), (["httpsx"], false),
    ])
    func aTrustedProxySaysWhetherItWasTLS(proto: [String], isSecure: Bool) {
        #expect(client("10.0.0.1", proto: proto).isSecure == isSecure)
    }

    @Test func aSiteWithAPublicNameIsReachedOverTLSOnly() {
        #expect(client("203.0.113.9", siteURL: "https://prikke.test").isSecure)
    }
}
