import Mail
import Testing

@Suite struct EmailAddressTests {
    @Test(arguments: [
        "alice@example.com", "a.b+c@mail.example.co.uk", "x@xn--bcher-kva.example", "o'hara_{|}~!#$%&*-/=?^`@a-b.example", "1@2.a3",
    ])
    func aPlainAddressIsTaken(text: String) {
        #expect(EmailAddress(text)?.text == text)
    }

    @Test func anAddressHasOneSpelling() {
        #expect(EmailAddress("Alice.B@EXAMPLE.Com")?.text == "alice.b@example.com")
        #expect(EmailAddress("ALICE@example.com") == EmailAddress("alice@EXAMPLE.COM"))
    }

    /// What has sent mail to somebody else elsewhere (CVE-2023-7028, CVE-2022-35924, and kin).
    @Test(arguments: [
        "", "a", "@", "a@", "@b.example", "a@b", "a@x.example,b@y.example", "a@x.example;b@y.example", "a@x.example b@y.example",
        "a@x.example%0ab@y.example\n", "a@x.example\nb@y.example", "a@x.example\r\nBcc: b@y.example", "\"a@x.example\"@y.example",
        "\"a b\"@y.example", "<a@x.example>", "Alice <a@x.example>", "a@x.example.", "a@.x.example", "a@x..example", ".a@x.example",
        "a.@x.example", "a..b@x.example", "a@x.example\u{0}", "a\u{0}@x.example", "a@x@y.example", "a@x.example@y.example", " a@x.example",
        "a@x.example ", "a@x.example\t", "a@[127.0.0.1]", "a@127.0.0.1", "a@x.123", "a@-x.example", "a@x-.example", "a@x_y.example",
        "a(comment)@x.example", "a@x.example(comment)", "a@x.example?cc=b@y.example", "mailto:a@x.example", "a,b@x.example",
        "a\\@x.example",
        // Homoglyphs, the dotless i, the long s, combining marks, full-width and zero-width characters.
        "аlice@example.com", "ali\u{131}ce@example.com", "\u{17F}am@example.com", "e\u{301}@example.com", "alice@ex\u{430}mple.com",
        "ａlice@example.com", "alice\u{200B}@example.com", "\u{FEFF}alice@example.com", "alice@example\u{3002}com",
        "alice\u{FF20}example.com",
        "\u{212A}@example.com", "\u{202E}a@example.com",
    ])
    func whateverIsNotOnePlainAddressIsRefused(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test func lengthsAreBounded() {
        let domain = "@" + [String](repeating: String(repeating: "d", count: 63), count: 2).joined(separator: ".") + ".example"
        #expect(EmailAddress(String(repeating: "a", count: 64) + domain) != nil)
        #expect(EmailAddress(String(repeating: "a", count: 65) + domain) == nil)
        #expect(EmailAddress("a@" + String(repeating: "d", count: 64) + ".example") == nil)
        #expect(EmailAddress("a@" + [String](repeating: "dddd", count: 50).joined(separator: ".") + ".e") != nil)
        #expect(EmailAddress("a@" + [String](repeating: "dddd", count: 51).joined(separator: ".")) == nil)
        #expect(EmailAddress(String(repeating: "a", count: 400) + "@x.example") == nil)
    }
}
