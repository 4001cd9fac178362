import Foundation
import TestSupport
import Testing

/// What people see, in a real browser.
@Suite(.timeLimit(.minutes(3))) struct BrowserTests {
    @Test func theLandingPageOpensAndNothingIsComplainedOf() async throws {
        let server = try await Server.shared()
        try await Browser.lend { browser in
            try await browser.open(server.url)
            #expect(try await browser.title == "Prikke: your URL, called on time")
            #expect(try await browser.text("h1") == "Your URL, called on time")
            #expect(try await browser.executeScript("return document.styleSheets[0].cssRules.length").int ?? 0 > 3)
            #expect(try await browser.complaints() == [])
        }
    }

    @Test func theThemeIsSwitchedWithoutScriptAndTheSwitchLeadsBack() async throws {
        let server = try await Server.shared()
        try await Browser.lend(runsScripts: false) { browser in
            try await browser.open(server.url + "/status")
            for (theme, scheme) in [("dark", "dark"), ("light", "light"), ("system", "light dark")] {
                try await browser.click(".themes button[value=\(theme)]")
                #expect(try await browser.currentURL == server.url + "/status")
                #expect(try await browser.text(".themes [aria-pressed=true]").lowercased() == theme)
                #expect(try await browser.executeScript("return getComputedStyle(document.documentElement).colorScheme").string == scheme)
            }
            #expect(try await browser.cookies.keys.sorted() == ["prikke_browser"])
        }
    }

    /// With script while it is typed, without at the press of a button.
    @Test(arguments: [true, false]) func anExpressionIsExplained(runsScripts: Bool) async throws {
        let server = try await Server.shared()
        try await Browser.lend(runsScripts: runsScripts) { browser in
            try await browser.open(server.url + "/docs/cron")
            #expect(try await browser.text("#explained .said").hasPrefix("Every 15 minutes from 09:00"))
            try await browser.type("0 9 * * mon#1", into: "input[name=expression]")
            if !runsScripts { try await browser.leave(by: browser.find(".explain button")) }
            try await until("it is not explained") { try await browser.text("#explained .said").contains("1st Monday") }
            #expect(try await browser.currentURL == server.url + "/docs/cron" || !runsScripts)
            try await browser.type("0 24 * * *", into: "input[name=expression]")
            if !runsScripts { try await browser.leave(by: browser.find(".explain button")) }
            try await until("nothing is refused") { try await browser.text("#explained").contains("Hour 24 is out of range") }
            #expect(try await browser.complaints() == [])
        }
    }

    @Test func twoBrowsersAreTwoPeople() async throws {
        let server = try await Server.shared()
        try await Browser.lend { one in
            try await Browser.lend { other in
                for browser in [one, other] { try await browser.open(server.url) }
                let ids = try await [one.cookies["prikke_browser"], other.cookies["prikke_browser"]]
                #expect(ids[0] != nil && ids[1] != nil && ids[0] != ids[1])
            }
        }
    }

    @Test(arguments: ["/", "/status", "/demo", "/nothing"])
    func nothingScrollsSidewaysOnANarrowScreen(path: String) async throws {
        let server = try await Server.shared()
        try await Browser.lend { browser in
            try await browser.setWindow(width: 320, height: 640)
            try await browser.open(server.url + path)
            #expect(try await browser.executeScript("return innerWidth").int == 320)
            #expect(try await browser.executeScript("return document.documentElement.scrollWidth").int ?? 999 <= 320)
        }
    }
}
