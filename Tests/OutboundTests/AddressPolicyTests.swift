import Testing

@testable import Outbound

@Suite("Which addresses may be called")
struct AddressPolicyTests {
    private let policy = AddressPolicy()

    private func refusal(of url: String, by policy: AddressPolicy = AddressPolicy()) -> AddressRefusal? {
        #expect(throws: AddressRefusal.self) { try policy.check(url) }
    }

    /// First and last of every range of IANA's registry that is not globally reachable.
    @Test(arguments: [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255",
        "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.192", "192.0.2.1", "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "168.63.129.16", "100.100.100.200",
    ])
    func anIPv4AddressThatIsNotPublicIsRefused(address: String) throws {
        #expect(refusal(of: "http://\(address)/") == .blocked())
        #expect(refusal(of: "https://\(address):8443/x?y") == .blocked())
        #expect(try !#require(IPAddress(address)).isPublic)
    }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "198.51.99.255", "203.0.112.255", "203.0.114.0", "223.255.255.255", "168.63.129.15", "168.63.129.17",
    ])
    func aPublicIPv4AddressIsAllowed(address: String) throws { _ = try policy.check("http://\(address)/") }

    @Test(arguments: [
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1", "::127.0.0.1", "::8.8.8.8", "0:0:0:0:0:ffff:a9fe:a9fe",
        "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:1ff:ffff::1", "2001:db8::1",
        "2002:7f00:1::", "2002:0808:0808::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254",
        "fe80::1",
        "fec0::1", "ff02::1", "1fff::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
    ])
    func anIPv6AddressThatIsNotPublicOrEmbedsAnIPv4OneIsRefused(address: String) {
        #expect(refusal(of: "http://[\(address)]/") == .blocked())
    }

    @Test(arguments: ["2606:4700:4700::1111", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2a00:1450:4001::1", "3ffe::1"])
    func aPublicIPv6AddressIsAllowed(address: String) throws {
        #expect(try policy.check("http://[\(address)]/").text == "http://[\(address)]/")
    }

    @Test(arguments: [
        "localhost", "LOCALHOST", "localhost.", "foo.localhost", "intranet", "db", "printer.local", "metadata.google.internal", "x.lan",
        "router.home.arpa", "home.arpa", "a.corp", "a.private", "a.intranet", "a.test", "a.invalid", "a.onion", "localhost.localdomain",
        "api.svc",
        "web.service.consul", "a.b.INTERNAL.",
    ])
    func aNameOfTheInsideIsRefusedWithTheOneText(name: String) { #expect(refusal(of: "http://\(name)/") == .blocked()) }

    @Test(arguments: [
        "example.com", "10.example.com", "127.0.0.1.example.com", "localhost.example.com", "local.example", "mylocal", "x.arpa", "a.locals",
        "internal.dev",
        "EXAMPLE.com.", "a_b.example.com", "xn--mnchen-3ya.de", "xn--fiqs8s.xn--fiqs8s", "0x.example.org", "r3---sn.example.com",
    ])
    func aPublicNameIsAllowed(name: String) throws {
        guard name != "mylocal" else { return #expect(refusal(of: "http://mylocal/") == .blocked()) }
        _ = try policy.check("http://\(name)/")
    }

    @Test(arguments: [1, 22, 25, 53, 139, 465, 587, 2049, 4190, 6000, 6667, 10080])
    func aBadPortOfTheFetchStandardIsRefusedEverywhere(port: Int) throws {
        let open = AddressPolicy(allowedNetworks: [try #require(IPNetwork("127.0.0.0/8"))])
        #expect(refusal(of: "http://example.com:\(port)/")?.code == .blockedAddress)
        #expect(refusal(of: "http://127.0.0.1:\(port)/", by: open)?.code == .blockedAddress)
    }

    @Test func theOperatorsDeniedPortsAreRefusedToo() throws {
        let policy = AddressPolicy(deniedPorts: [5432, 443])
        #expect(refusal(of: "http://example.com:5432/", by: policy)?.code == .blockedAddress)
        #expect(refusal(of: "https://example.com/", by: policy)?.code == .blockedAddress)
        _ = try policy.check("http://example.com:5433/")
    }

    @Test(arguments: [
        ("http://example.org/", false), ("https://A.B.Example.org./x", false), ("http://notexample.org/", true), ("http://org/", false),
        ("http://example.org.uk/", true), ("http://example.com/", true),
    ])
    func aHostWhoseOwnerDoesNotWantItIsNotCalled(url: String, isCalled: Bool) throws {
        let policy = AddressPolicy(deniedHosts: ["example.org"])
        #expect(((try? policy.check(url)) != nil) == isCalled)
    }

    @Test func anAllowedNetworkOpensItsAddressesAndNoOthers() throws {
        let policy = AddressPolicy(allowedNetworks: ["127.0.0.2/32", "fd00:1::/32", "10.0.0.0/8"].compactMap(IPNetwork.init))
        for address in ["127.0.0.2", "[fd00:1::5]", "10.20.30.40"] { _ = try policy.check("http://\(address)/") }
        for address in [
            "127.0.0.1", "[fd00:2::5]", "11.0.0.1.1", "192.168.0.1", "[::ffff:127.0.0.2]", "[::127.0.0.2]", "[::ffff:10.0.0.1]",
        ] {
            #expect(refusal(of: "http://\(address)/", by: policy) != nil)
        }
    }

    @Test func aNetworkOfEverythingStillDoesNotOpenMappedAddresses() throws {
        let policy = AddressPolicy(allowedNetworks: ["0.0.0.0/0", "::/0"].compactMap(IPNetwork.init))
        #expect(refusal(of: "http://[::ffff:127.0.0.1]/", by: policy) == .blocked())
        _ = try policy.check("http://[::1]/")
    }

    @Test func aRefusedNameIsJudgedByItsAddressesOnceANetworkIsOpen() throws {
        let policy = AddressPolicy(allowedNetworks: ["127.0.0.0/8"].compactMap(IPNetwork.init))
        let url = try policy.check("http://localhost:8080/")
        #expect(policy.permits(try #require(IPAddress("127.0.0.1")), for: url))
        #expect(!policy.permits(try #require(IPAddress("10.0.0.1")), for: url))
        // Not even a public one: the name stands for something inside.
        #expect(!policy.permits(try #require(IPAddress("8.8.8.8")), for: url))
    }

    @Test func networksAreReadStrictly() throws {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "127.0.0.2/32", "fd00::/8", "::/0", "::1/128"] {
            #expect(try #require(IPNetwork(text)).description == text)
        }
        for text in [
            "10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0/8", "10.0.0.0/8/8", "/8", "",
            "10.0.0.0/",
            "fd00::/129", "fd00::1/8", "010.0.0.0/8", " 10.0.0.0/8", "10.0.0.0/8 ", "fe80::%1/64", "::\u{0}/0",
        ] { #expect(IPNetwork(text) == nil, "\(text)") }
    }

    @Test func aNetworkHoldsItsAddresses() throws {
        let network = try #require(IPNetwork("172.16.0.0/12"))
        #expect(network.contains(try #require(IPAddress("172.31.255.255"))))
        #expect(!network.contains(try #require(IPAddress("172.32.0.0"))))
        #expect(!network.contains(try #require(IPAddress("::ffff:172.16.0.1"))))
        #expect(try #require(IPNetwork("0.0.0.0/0")).contains(try #require(IPAddress("8.8.8.8"))))
        #expect(try #require(IPNetwork("2001:db8:8000::/33")).contains(try #require(IPAddress("2001:db8:ffff::1"))))
        #expect(try !#require(IPNetwork("2001:db8:8000::/33")).contains(try #require(IPAddress("2001:db8:7fff::1"))))
    }
}
