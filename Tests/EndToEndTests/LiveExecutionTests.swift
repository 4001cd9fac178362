import TestSupport
import Testing

/// The page of an execution, in a browser that stays on it.
@Suite(.timeLimit(.minutes(3))) struct LiveExecutionTests {
    @Test func aPageGoesFromRunningToSuccessByItselfAndRunsAgainByKeyboardAlone() async throws {
        let server = try await Server.shared()
        let (tenant, receiver, gate) = (try await server.tenant(), try Receiver(), Receiver.Gate())
        defer { gate.open() }
        receiver.answer("/") { _ in .held(by: gate) }
        let id = try await tenant.trigger(try await tenant.job(calling: receiver.url + "/"))
        _ = try await receiver.request(1, at: "/")
        let (member, slug) = (try await tenant.person(.member), await tenant.slug)
        try await Browser.lend { browser in
            try await browser.open(server.url + "/status")
            try await browser.executeScript("document.cookie = 'prikke_session=\(member.cookie); path=/'")
            let page = "\(server.url)/\(slug)/executions/\(id)"
            try await browser.open(page)
            #expect(try await browser.text("h1").hasPrefix("Running: "))
            let opened = try await browser.executeScript("return performance.timeOrigin")
            gate.open()
            try await until("the page does not show the end") { try await browser.text("h1").hasPrefix("Success: ") }
            #expect(try await browser.title.hasPrefix("Success · "))
            #expect(try await browser.executeScript("return performance.timeOrigin") == opened, "it was not loaded again")

            let focus = "return document.activeElement.matches('main button') ? document.activeElement.textContent : ''"
            for _ in 0..<40 where try await browser.executeScript(focus).string != "Run again" { try await browser.press(keys: "\u{E004}") }
            #expect(try await browser.executeScript(focus).string == "Run again")
            try await browser.press(keys: "\u{E007}")
            try await until("it does not run again") { try await browser.currentURL != page }
            try await until("it does not end") { try await browser.text("h1").hasPrefix("Success: ") }
            #expect(receiver.requests.count == 2)
            #expect(try await browser.complaints() == [])
        }
    }
}
