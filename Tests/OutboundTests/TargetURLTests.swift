import Testing

@testable import Outbound

@Suite("Reading a URL")
struct TargetURLTests {
    @Test func aURLIsTakenApart() throws {
        let url = try TargetURL("HTTPS://Example.COM.:8443/A%2fb/../c;d=1?q=%41&x=a/b?c#frag")
        #expect(url.scheme == .https)
        #expect(url.host == .name("example.com"))
        #expect(url.port == 8443)
        #expect(url.target == "/A%2fb/../c;d=1?q=%41&x=a/b?c")
        #expect(url.text == "https://example.com:8443/A%2fb/../c;d=1?q=%41&x=a/b?c")
    }

    @Test(arguments: [
        ("http://example.com", "http://example.com/"), ("http://example.com?a=b", "http://example.com/?a=b"),
        ("http://example.com#x", "http://example.com/"),
        ("http://example.com:80/", "http://example.com/"), ("https://example.com:443", "https://example.com/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"), ("http://[2606:4700:0:0::1]:8080/x", "http://[2606:4700::1]:8080/x"),
        ("http://1.2.3.4:00080/", "http://1.2.3.4/"), ("http://example.com/!$&'()*+,;=:@-._~", "http://example.com/!$&'()*+,;=:@-._~"),
    ])
    func partsLeftOutAreTheUsualOnes(written: String, called: String) throws { #expect(try TargetURL(written).text == called) }

    @Test(arguments: [
        "", "/", "example.com", "//example.com/", "http:/example.com", "http:example.com", "http://", "http:///x", "http://?x",
        "http://:80/", "ftp://example.com/",
        "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "httpss://example.com", "http//example.com",
        " http://example.com",
        "http://example.com ", "http://exa mple.com/", "http://example.com/a b", "http://example.com/\ta", "http://example.com/\r\nHost: x",
        "http://example.com/\u{0}", "http://example.com/\u{7F}", "http:\\\\example.com\\", "http://a\\@b/", "http://example.com/a\\b",
        "http://user@example.com/", "http://user:pass@example.com/", "http://@example.com/", "http://example.com@127.0.0.1/",
        "http://example.com%2f@127.0.0.1/", "http://127.0.0.1%2f.example.com/", "http://%6cocalhost/", "http://ex%61mple.com/",
        "http://example.com%00/",
        "http://[::1", "http://::1/", "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[v1.x]/",
        "http://[127.0.0.1]/",
        "http://[]/", "http://[::1]:x/", "http://example.com:0/", "http://example.com:65536/", "http://example.com:99999999/",
        "http://example.com:-1/",
        "http://example.com:80x/", "http://example.com:8 0/", "http://example.com:80:80/", "http://example..com/", "http://.example.com/",
        "http://./",
        "http://example.com../", "http://-a.example.com/", "http://a-.example.com/", "http://a!b.example.com/", "http://a*b.com/",
        "http://example.com/%", "http://example.com/%4", "http://example.com/%zz", "http://example.com/<x>", "http://example.com/a|b",
        "http://example.com/?a[]=1", "http://example.com/`", "http://example.com/{x}", "http://example.com/^", "http://example.com/\"",
        "http://example.com/#a#b",
    ])
    func whatIsNotAnHTTPURLIsRefused(text: String) {
        let refusal = #expect(throws: AddressRefusal.self) { try TargetURL(text) }
        #expect(refusal?.code == .invalidURL)
        #expect(refusal?.message.hasSuffix(".") == true)
    }

    @Test(arguments: [
        "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "127.0.0.01",
        "127.0.0.256", "1.2.3.4.5",
        "127.0.0.0x1", "0", "00", "1.2.3", "example.1", "example.0x1f", "0x", "a.0x", "999.999.999.999", "+1.2.3.4", "1.2.3.-4",
    ])
    func aHostThatSomeParserTakesForANumberIsRefused(host: String) {
        let refusal = #expect(throws: AddressRefusal.self) { try TargetURL("http://\(host)/") }
        #expect(refusal?.code == .invalidURL)
    }

    @Test(arguments: [
        "http://münchen.de/", "http://１２７.0.0.1/", "http://ⓔxample.com/", "http://localhost。/", "http://ex\u{AD}ample.com/",
        "http://ſ.com/",
    ])
    func aHostBeyondASCIIIsToldToUseItsALabel(text: String) {
        let refusal = #expect(throws: AddressRefusal.self) { try TargetURL(text) }
        #expect(refusal?.code == .invalidURL)
        #expect(refusal?.message.contains("A-label") == true)
    }

    @Test func aPathBeyondASCIIIsToldWhatToEncode() {
        let refusal = #expect(throws: AddressRefusal.self) { try TargetURL("http://example.com/ü") }
        #expect(refusal?.message.contains("%C3") == true)
    }

    @Test(arguments: ["xn--", "xn--a", "xn--abc-", "xn--99999999", "xn--mnchen-3y!", "xn--a-", "a.xn--zzzzzzzzzzzzzz.com", "xn--iv-"])
    func anALabelThatStandsForNothingIsRefused(host: String) {
        let refusal = #expect(throws: AddressRefusal.self) { try TargetURL("http://\(host).com/") }
        #expect(refusal?.code == .invalidURL)
    }

    @Test func lengthsEndWhereTheyShould() throws {
        let label = String(repeating: "a", count: 63)
        let name = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(name.utf8.count == 253)
        _ = try TargetURL("http://\(name)/")
        _ = try TargetURL("http://\(name)./")
        #expect(throws: AddressRefusal.self) { try TargetURL("http://a\(name)/") }
        #expect(throws: AddressRefusal.self) { try TargetURL("http://a\(label).com/") }
        let longest = "http://example.com/" + String(repeating: "a", count: 2_048 - 19)
        #expect(try TargetURL(longest).text == longest)
        #expect(throws: AddressRefusal.self) { try TargetURL(longest + "a") }
    }

    /// RFC 3492 §7.1 (with lower case, which is all that DNS knows), and what must not decode.
    @Test(arguments: [
        ("egbpdaj6bu4bxfgehfvwxn", "ليهمابتكلموشعربي؟"), ("ihqwcrb4cv8a8dqg056pqjye", "他们为什么不说中文"),
        ("proprostnemluvesky-uyb24dma41a", "pročprostěnemluvíčesky"),
        ("mnchen-3ya", "münchen"), ("fiqs8s", "中国"), ("bcher-kva", "bücher"),
    ])
    func punycodeIsDecoded(encoded: String, plain: String) throws {
        let scalars = try #require(Punycode.decode(Array(encoded.utf8)))
        #expect(scalars == Array(plain.unicodeScalars))
    }

    @Test func anyBytesAtAllAreReadOrRefusedWithoutATrap() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "http://", "https://", "xn--", "[", "]", ":", "@", "%", "%41", ".", "0x", "127.0.0.1", "\\", "/", "?", "#", "é", "\u{0}", "a",
            "-", "9",
        ]
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            for candidate in [text, "http://" + text, "http://xn--" + text] {
                guard let url = try? TargetURL(candidate) else { continue }
                #expect((try? TargetURL(url.text)) == url, "\(candidate)")
            }
        }
    }
}
