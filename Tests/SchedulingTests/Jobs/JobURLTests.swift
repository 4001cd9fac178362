import JSON
import Outbound
import Testing

@testable import Scheduling

/// The acceptance table of what a job's URL may be, at save: longer than the examples of any page, and written from the
/// registries (IANA IPv4 and IPv6 special-purpose addresses, WHATWG URL and Fetch, RFC 6761, 6762, 7686, 8375).
struct JobURLTests {
    private func faults(of url: String) -> [String] { SchedulingTests.faults(["config": ["url": .string(url)]]) }

    private func refused(_ urls: [String], _ code: String) {
        for url in urls {
            // No text of one line in a job may hold a control character; that is found before anybody reads a URL.
            let code = url.utf8.contains { $0 < 0x20 || $0 == 0x7F } ? "invalid_format" : code
            #expect(faults(of: url) == ["/config/url \(code)"], "\(url.debugDescription)")
        }
    }

    // MARK: IPv4

    /// First, last and one from within of every range that is not globally reachable, and of multicast and reserved space.
    private static let special4 = [
        ("0.0.0.0", "0.255.255.255", "0.1.2.3"), ("10.0.0.0", "10.255.255.255", "10.1.2.3"),
        ("100.64.0.0", "100.127.255.255", "100.100.100.200"),
        ("127.0.0.0", "127.255.255.255", "127.0.0.53"), ("169.254.0.0", "169.254.255.255", "169.254.169.254"),
        ("172.16.0.0", "172.31.255.255", "172.17.0.1"), ("192.0.0.0", "192.0.0.255", "192.0.0.192"),
        ("192.0.2.0", "192.0.2.255", "192.0.2.1"),
        ("192.88.99.0", "192.88.99.255", "192.88.99.1"), ("192.168.0.0", "192.168.255.255", "192.168.1.1"),
        ("198.18.0.0", "198.19.255.255", "198.18.0.1"), ("198.51.100.0", "198.51.100.255", "198.51.100.9"),
        ("203.0.113.0", "203.0.113.255", "203.0.113.9"), ("224.0.0.0", "239.255.255.255", "224.0.0.251"),
        ("240.0.0.0", "255.255.255.255", "250.1.2.3"), ("168.63.129.16", "168.63.129.16", "168.63.129.16"),
    ]

    @Test(arguments: special4) func aSpecialIPv4AddressIsRefused(first: String, last: String, within: String) {
        for address in [first, last, within] {
            refused(["http://\(address)", "https://\(address)/a?b", "http://\(address):8080/", "HTTP://\(address)#x"], "blocked_address")
        }
    }

    /// Every spelling of the same addresses by which some parser, though not ours, would come to them.
    @Test(arguments: special4) func anotherSpellingOfAnIPv4AddressIsNoURL(first: String, last: String, within: String) {
        for address in [first, last, within] {
            let parts = address.split(separator: ".").compactMap { UInt32($0) }
            let number = parts.reduce(0) { $0 << 8 | $1 }
            let (octal, hex) = (parts.map { "0" + String($0, radix: 8) }, parts.map { "0x" + String($0, radix: 16) })
            let two = "\(parts[0]).\(number & 0xFFFFFF)"
            let three = "\(parts[0]).\(parts[1]).\(number & 0xFFFF)"
            let hosts = [
                "\(number)", "0x" + String(number, radix: 16), "0X" + String(number, radix: 16, uppercase: true),
                "0" + String(number, radix: 8),
                octal.joined(separator: "."), hex.joined(separator: "."), two, three, address + ".", "0" + address, address + ".1",
                "\(hex[0]).\(parts[1]).\(octal[2]).\(parts[3])", address.replacing(".", with: "%2e"), address.replacing(".", with: "。"),
                address.replacing(".", with: ".."), "+\(address)", "\(parts[0]).\(parts[1]).\(parts[2]).-\(parts[3] + 1)", "[\(address)]",
            ]
            refused(hosts.map { "http://\($0)/" }, "invalid_url")
        }
    }

    // MARK: IPv6

    @Test(arguments: special4) func whateverEmbedsAnIPv4AddressIsRefused(first: String, last: String, within: String) {
        for address in [first, last, within, "8.8.8.8"] {
            let parts = address.split(separator: ".").compactMap { UInt32($0) }
            let (high, low) = (String(parts[0] << 8 | parts[1], radix: 16), String(parts[2] << 8 | parts[3], radix: 16))
            let hosts = [
                "::ffff:\(address)", "::ffff:\(high):\(low)", "0:0:0:0:0:FFFF:\(high):\(low)", "::\(address)", "::\(high):\(low)",
                "::ffff:0:\(address)", "64:ff9b::\(address)", "64:ff9b::\(high):\(low)", "64:ff9b:1::\(address)", "2002:\(high):\(low)::",
                "2002:\(high):\(low)::1", "2001:0:\(high):\(low)::", "2606:4700::5efe:\(address)", "2606:4700::200:5efe:\(address)",
                "fe80::5efe:\(address)",
            ]
            refused(hosts.map { "http://[\($0)]/" }, "blocked_address")
        }
    }

    @Test func aSpecialIPv6AddressIsRefused() {
        let hosts = [
            "::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::2", "64:ff9b:1:ffff::1", "100::", "100::ffff",
            "100:0:0:1::", "2001::", "2001:0:53aa:64c::1", "2001:1::1", "2001:1::2", "2001:1::3", "2001:2::1", "2001:3::1", "2001:4:112::1",
            "2001:10::1", "2001:20::1", "2001:30::1", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff::1",
            "2620:4f:8000::5efe:0:1",
            "2002::", "2002:ffff::", "3fff::", "3fff:fff:ffff::1", "4000::", "5f00::1", "6000::1", "8000::1", "a000::1", "c000::1",
            "e000::1", "f000::1",
            "fc00::", "fd00::1", "fd00:ec2::254", "fd20:ce::254", "fdff:ffff::1", "fe80::", "fe80::1", "febf::1", "fec0::1", "feff::1",
            "ff00::", "ff01::1", "ff02::1", "ff02::fb", "ff05::2", "ff0e::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1::1",
            "1fff:ffff::1", "400::1",
        ]
        refused(hosts.flatMap { ["http://[\($0)]", "https://[\($0.uppercased())]:8443/x"] }, "blocked_address")
    }

    @Test func whatIsNoIPv6AddressInBracketsIsNoURL() {
        let hosts = [
            "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fe80::1%251]", "[::1%25]", "[::1", "::1]", "[]", "[:]", "[:::]", "[::1]]", "[[::1]]",
            "[::1]x",
            "[::1].example.com", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[::1::2]", "[12345::]", "[g::]", "[::127.0.0.01]",
            "[::256.0.0.1]",
            "[::127.1]", "[v1.fe80::a]", "[example.com]", "[ ::1]", "[::1 ]", "%5B::1%5D", "[2606:4700::1%2e]",
        ]
        refused(hosts.map { "http://\($0)/" }, "invalid_url")
    }

    // MARK: Names

    private static let suffixes = [
        "localhost", "local", "internal", "lan", "home.arpa", "corp", "private", "intranet", "test", "invalid", "onion", "localdomain",
        "svc",
        "consul",
    ]

    @Test(arguments: suffixes) func aNameUnderARefusedSuffixIsRefused(suffix: String) {
        let names = [
            suffix, "a.\(suffix)", "a.b-c.\(suffix)", "xn--mnchen-3ya.\(suffix)", "8.8.8.8.\(suffix)", "_x.\(suffix)",
            "example.com.\(suffix)",
        ]
        let spelled = names.flatMap { [$0, $0.uppercased(), $0 + ".", $0.capitalized] }
        refused(spelled.flatMap { ["http://\($0)", "https://\($0):8443/a"] }, "blocked_address")
    }

    @Test func aSingleLabelIsRefused() {
        refused(
            ["a", "db", "http://example.com", "prikke", "com", "metadata", "xn--fiqs8s", "a_b", "com."].map { "http://\($0)/" },
            "blocked_address")
    }

    @Test func whatIsNoNameIsNoURL() {
        let hosts = [
            "exa%6dple.com", "example.com%00", "example.com%2e", "%65xample.com", "example.com%", "example..com", ".example.com",
            "example.com..", ".", "..",
            "-example.com", "example-.com", "exam ple.com", "exam\tple.com", "example.com\u{0}", "example.com\n", "example.com\r\nHost:x",
            "example.com\u{7F}",
            "example.com\\", "\\example.com", "example.com\\@a.com", "user@example.com", "user:pw@example.com", "@example.com",
            ":@example.com",
            "example.com@10.0.0.1", "example.com:80@10.0.0.1", "10.0.0.1@example.com", "example.com%40a", "münchen.de", "ｅxample.com",
            "example。com",
            "example．com", "exam\u{AD}ple.com", "exam\u{200B}ple.com", "example.com\u{202E}", "ⓛocalhost", "loc\u{212A}.com", "①②⑦.⓪.⓪.①",
            "xn--.com",
            "xn--a.com", "xn--99999999.com", "xn--a-.com", "xn--zzzzzzzzzzzzzz.com", "a!b.com", "a$b.com", "a&b.com", "a'b.com", "a(b.com",
            "a*b.com",
            "a+b.com", "a,b.com", "a;b.com", "a=b.com", "a~b.com", "a<b.com", "a>b.com", "a\"b.com", "a^b.com", "a`b.com", "a{b.com",
            "a|b.com", "a}b.com",
            "example.1", "example.0x7f", "a.0x", "a.00", "1.2.3", "1.2.3.4.5", "256.256.256.256", "1.2.3.256", "0", "00", "0x", "08.8.8.8",
            "8.8.8.08",
            String(repeating: "a", count: 64) + ".com", Array(repeating: "a", count: 128).joined(separator: "."),
        ]
        refused(hosts.map { "http://\($0)/" }, "invalid_url")
    }

    // MARK: Around the host

    @Test func aSchemeOtherThanHTTPIsNoURL() {
        refused(
            [
                "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/_x", "dict://example.com/", "ws://example.com/",
                "unix:///run/x",
                "jar:http://example.com!/", "javascript:alert(1)", "data:text/html,x", "//example.com/", "/x", "example.com",
                "http:example.com",
                "http:/example.com", "http:///example.com", "http:////example.com", "http:\\\\example.com", "http//example.com",
                " http://example.com",
                "\thttp://example.com", "http ://example.com", "http://", "https://", "http://?", "http://#", "http://:80",
                "https+unix://x", "htt\np://example.com",
                "view-source:http://example.com", "httpx://example.com",
            ], "invalid_url")
    }

    @Test func aPortOutsideItsRangeIsNoURL() {
        let ports = [
            "0", "00000", "65536", "99999", "100000", "-1", "+80", "8o", "80.", "0x50", "80:80", " 80", "80 ", "८०", "4294967376",
            "18446744073709551696",
        ]
        refused(ports.map { "http://example.com:\($0)/" } + ports.map { "http://[2606:4700::1]:\($0)/" }, "invalid_url")
    }

    /// https://fetch.spec.whatwg.org/#port-blocking, as of 2026.
    private static let badPorts = [
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115,
        117, 119,
        123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
        989, 990,
        993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    ]

    @Test(arguments: badPorts) func aBadPortIsRefused(port: Int) {
        refused(["http://example.com:\(port)", "https://1.1.1.1:\(port)/", "http://[2606:4700::1]:\(port)/"], "blocked_address")
        guard !Self.badPorts.contains(port + 1) else { return }
        #expect(faults(of: "http://example.com:\(port + 1)/") == [])
    }

    @Test func whatIsNotPercentEncodedIsNoURL() {
        let targets = [
            "a b", "a\tb", "a\nb", "a\r\nX: y", "a\u{0}", "a\\b", "a\"b", "a<b", "a>b", "a^b", "a`b", "a{b", "a|b", "a}b", "%", "%4", "%zz",
            "%0", "?a[0]=b",
            "ü", "?q=ü", "#a#b", "\u{85}", "\u{2028}", "日本", "?a b", "#a b",
        ]
        refused(targets.map { "http://example.com/\($0)" }, "invalid_url")
    }

    @Test func aLengthEndsWhereItShould() {
        let longest = "https://example.com/" + String(repeating: "a", count: 2_048 - 20)
        #expect(faults(of: longest) == [])
        #expect(!faults(of: longest + "a").isEmpty)
        #expect(faults(of: "http://" + String(repeating: "a", count: 63) + ".com/") == [])
    }

    // MARK: What is allowed

    @Test func whatIsPublicIsAllowed() {
        let hosts = [
            "example.com", "EXAMPLE.Com", "example.com.", "a.b.c.d.e.example.co.uk", "10.example.com", "127.0.0.1.example.com",
            "localhost.example.com",
            "169.254.169.254.nip.io", "internal.dev", "local.example", "a.locals", "test.com", "0x7f.example.org", "a_b.example.com",
            "r3---sn.example.com",
            "xn--mnchen-3ya.de", "xn--fiqs8s.xn--fiqs8s", "1e100.net", "x.arpa", "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0",
            "100.63.255.255", "100.128.0.0",
            "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
            "192.0.1.0", "192.0.3.0",
            "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
            "198.51.101.0", "203.0.112.255",
            "203.0.114.0", "223.255.255.255", "168.63.129.15", "168.63.129.17", "[2606:4700:4700::1111]", "[2001:200::1]",
            "[2001:4860:4860::8888]", "[2003::1]",
            "[2001:db7::1]", "[2001:db9::1]", "[2a00:1450:4001::1]", "[3ffe::1]", "[3fff:1000::1]", "[2000::1]", "[2606:4700::1:127.0.0.1]",
        ]
        let ends = [
            "", "/", ":8080/x", "/?q", "/a%2Fb/%E2%82%AC;c=d,e/..%2f/./?a=b&c=%20+d/?e=!$'()*,:@~#f%20g", ":65535/", ":/", ":00443/",
        ]
        for host in hosts { for end in ends { #expect(faults(of: "https://\(host)\(end)") == [], "\(host)\(end)") } }
    }

    @Test func theTextIsKeptAsItWasWritten() throws {
        let url = "https://example.com/%7Euser/%2e%2E/a%2Fb/../c/./d//?q=%41%20+&x=a/b?c"
        #expect(try define(["config": ["url": .string(url)]]).config["url"] == .string(url))
    }
}
