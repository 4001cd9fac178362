import HTTPTypes
import Testing

@testable import Web

@Suite struct CookiesTests {
    private func session(_ headers: [String], isSecure: Bool = true) -> String? {
        var fields = HTTPFields()
        for header in headers { fields.append(HTTPField(name: .cookie, value: header)) }
        return Cookies(fields, isSecure: isSecure)[.session]
    }

    @Test(arguments: [
        "__Host-session=abc", "a=b; __Host-session=abc", "__Host-session=abc; a=b; a=c", "bad; __Host-session=abc",
        "a=\u{E9}; __Host-session=abc", "a=b c;__Host-session=abc", "__host-session=x; __Host-session=abc", "=; __Host-session=abc; ;",
        "__Host-session=%61bc",
    ])
    func aCookieIsFoundAmongOthers(header: String) {
        #expect(session([header]) == "abc")
    }

    @Test(arguments: [
        "__Host-session=abc; __Host-session=abc", "__Host-session=abc; __Host-session=evil", "__Host-session=; __Host-session=abc",
        "__Host-session=abc; __Host-session=a b", "__Host-session=abc;a=b;__Host-session=abc;__Host-session=abc",
    ])
    func aNameThatComesTwiceHasNoValue(header: String) {
        #expect(session([header]) == nil)
        #expect(session(header.split(separator: ";").map(String.init)) == nil)
    }

    @Test(arguments: [
        "", "__Host-session", "__Host-session=", "__Host-session=a b", "__Host-session=\"abc\"", "__Host-session=a,b",
        "__Host-session=a\\b",
        "__Host-session=%zz", "__Host-session=%00", "__Host-session=%ff", "__Host-session =abc", "prikke_session=abc", "session=abc",
        "__HOST-SESSION=abc",
    ])
    func whatIsNoCookieOfOursIsAbsent(header: String) {
        #expect(session([header]) == nil)
    }

    @Test func theNameGoesByWhetherItIsTLS() {
        #expect(session(["prikke_session=abc; __Host-session=other"], isSecure: false) == "abc")
        #expect(
            CookieName.allCases.map { $0.name(isSecure: true) } == [
                "__Host-session", "__Host-browser", "__Host-flash", "__Host-theme", "__Host-organization",
            ])
    }

    @Test func aCookieIsOutOfReachOfScriptsAndOtherSites() {
        let cookie = SetCookie(.session, "abc", maxAge: .seconds(60))
        #expect(cookie.header(isSecure: true) == "__Host-session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure")
        #expect(cookie.header(isSecure: false) == "prikke_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax")
        #expect(SetCookie(.browser, "b").header(isSecure: false) == "prikke_browser=b; Path=/; HttpOnly; SameSite=Lax")
        #expect(SetCookie.removal(of: .theme).header(isSecure: false) == "prikke_theme=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }

    @Test(arguments: ["Søren’s jobs; all of them", "a\r\nSet-Cookie: x=y", "%41", "=,\"\\ \t", "🙂"])
    func anyTextComesBackAsItWas(text: String) {
        let header = SetCookie(.flash, text).header(isSecure: true)
        #expect(header.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
        let pair = header.prefix { $0 != ";" }
        #expect(Cookies([.cookie: String(pair)], isSecure: true)[.flash] == text)
    }
}
