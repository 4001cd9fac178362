import JSON
import TestSupport
import Testing

/// Pages that people leave open.
@Suite(.timeLimit(.minutes(3))) struct LivePagesTests {
    /// A stream that opens and never says a word, as behind a proxy that keeps it to itself; and hours in seconds.
    private static let proxy = """
        window.EventSource = class { readyState = 1; addEventListener() {} close() { this.readyState = 2; window.closed = true; } };
        const [later, often] = [setTimeout, setInterval];
        window.setTimeout = (f, ms, ...rest) => later(f, ms / 100, ...rest);
        window.setInterval = (f, ms, ...rest) => often(f, ms / 100, ...rest);
        """

    @Test func aPageWhoseStreamIsSwallowedAsksByItself() async throws {
        let server = try await Server.shared()
        let tenant = try await server.tenant()
        _ = try await tenant.job(calling: "https://example.com/", ["name": "First"])
        let (slug, member) = (await tenant.slug, try await tenant.person(.viewer))
        try await Browser.lend { browser in
            try await browser.open(server.url)
            try await browser.keep("prikke_session", member.cookie)
            try await browser.before(eachPage: Self.proxy)
            try await browser.open("\(server.url)/\(slug)/jobs")
            try await browser.executeScript("window.same = true")
            _ = try await tenant.job(calling: "https://example.com/", ["name": "Second"])
            try await until("the page did not ask") { try await browser.text("table").contains("Second") }
            #expect(try await browser.executeScript("return window.same").bool == true)
            #expect(try await browser.complaints() == [])
        }
    }

    @Test func aPageInTwoTabsListensInTheOneThatIsSeen() async throws {
        let server = try await Server.shared()
        let tenant = try await server.tenant()
        let (slug, member) = (await tenant.slug, try await tenant.person(.viewer))
        try await Browser.lend { browser in
            try await browser.open(server.url)
            try await browser.keep("prikke_session", member.cookie)
            let address = "\(server.url)/\(slug)/jobs"
            try await browser.open(address)
            let first = try await browser.tab
            try await browser.openTab()
            try await browser.open(address)
            _ = try await tenant.job(calling: "https://example.com/", ["name": "New"])
            try await until("the second tab did not hear of it") { try await browser.text("main").contains("New") }
            try await browser.show(first)
            try await until("the first tab did not catch up") { try await browser.text("main").contains("New") }
        }
    }

    @Test func aPageSaysThatWhoeverReadsItIsSignedOut() async throws {
        let server = try await Server.shared()
        let tenant = try await server.tenant()
        let (slug, member) = (await tenant.slug, try await tenant.person(.viewer))
        try await Browser.lend { browser in
            try await browser.open(server.url)
            try await browser.keep("prikke_session", member.cookie)
            try await browser.open("\(server.url)/\(slug)/jobs")
            #expect(try await browser.text("[data-live]") == "Live. Pause")
            try await tenant.endSessions(of: member)
            _ = try await tenant.job(calling: "https://example.com/", ["name": "Secret"])
            try await until("nothing was said") { try await browser.text("[data-live]").contains("signed out") }
            #expect(try await browser.text("main").contains("Secret") == false)
        }
    }
}
