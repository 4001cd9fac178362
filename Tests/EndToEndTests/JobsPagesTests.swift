import Foundation
import JSON
import TestSupport
import Testing

/// The list of jobs in a browser: live where scripts run, whole where they do not.
@Suite(.timeLimit(.minutes(3))) struct JobsPagesTests {
    @Test func theListGoesGreenByItselfAndBackLeadsBack() async throws {
        let (server, receiver) = (try await Server.shared(), try Receiver())
        let tenant = try await server.tenant()
        receiver.answer("/report") { _ in .status(500) }
        let job = try await tenant.job(
            calling: receiver.url + "/report", ["name": "Report", "retries": ["limit": 0], "tags": ["nightly"]])
        _ = try await tenant.job(calling: receiver.url, ["name": "Other"])
        try await tenant.trigger(job)
        _ = try await tenant.ended(1, of: job)
        let (slug, member) = (await tenant.slug, try await tenant.person(.member))

        try await Browser.lend { browser in
            try await browser.open(server.url)
            try await browser.keep("prikke_session", member.cookie)
            try await browser.open("\(server.url)/\(slug)/jobs")
            #expect(try await browser.title == "▲ 1 failing · Jobs · Acme")
            #expect(try await browser.find("link[rel=icon]").attribute("href")?.contains("alarm") == true)
            #expect(try await browser.text("#\(job)").contains("HTTP 500"))
            #expect(try await PageCheck.faults(of: browser) == [])

            // What is ticked meanwhile stays so.
            try await browser.click("#\(job) input")
            try await browser.executeScript("window.same = true")
            receiver.answer("/report") { _ in .status(200) }
            try await tenant.trigger(job)
            try await until("the list did not hear of it") { try await browser.title == "Jobs · Acme" }
            #expect(try await browser.text("#\(job)").contains("Healthy"))
            #expect(try await browser.find("link[rel=icon]").attribute("href")?.contains("alarm") == false)
            let kept = "return window.same === true && document.querySelector('#\(job) input').checked"
            #expect(try await browser.executeScript(kept).bool == true, "no page was loaded meanwhile")

            try await filter(browser, slug)
            #expect(try await browser.complaints() == [])
        }
    }

    /// A filter is an address: Back leads to the list before.
    private func filter(_ browser: Browser, _ slug: String) async throws {
        try await browser.leave(by: browser.find("td ~ th a[href*='tag=nightly']"))
        #expect(try await browser.currentURL.hasSuffix("/\(slug)/jobs?tag=nightly"))
        #expect(try await browser.executeScript("return document.querySelectorAll('tbody tr').length").int == 1)
        try await browser.type("nothing like it", into: "[name=search]")
        try await browser.press("Show")
        #expect(try await browser.text(".empty") == "No jobs match")
        try await browser.executeScript("history.back()")
        try await until("Back did not lead back") {
            guard try await browser.currentURL.hasSuffix("?tag=nightly") else { return false }
            return try await browser.has("tbody tr")
        }
    }

    @Test func manyJobsArePausedWithoutScript() async throws {
        let server = try await Server.shared()
        let tenant = try await server.tenant()
        for name in ["One", "Two", "Three"] { _ = try await tenant.job(calling: "https://example.com/", ["name": .string(name)]) }
        let (slug, member) = (await tenant.slug, try await tenant.person(.member))
        try await Browser.lend(runsScripts: false) { browser in
            try await browser.open(server.url)
            try await browser.keep("prikke_session", member.cookie)
            try await browser.open("\(server.url)/\(slug)/jobs")
            for name in ["One", "Three"] { try await browser.click("[aria-label=\(name)]") }
            try await browser.press("Pause")
            #expect(try await browser.text(".flash") == "2 jobs paused.")
            try await browser.leave(by: browser.find(".tabs a[href*=paused]"))
            #expect(try await browser.executeScript("return document.querySelectorAll('tbody tr').length").int == 2)

            try await browser.click("[aria-label=One]")
            try await browser.press("Delete")
            #expect(try await browser.text("h1") == "Delete 1 job")
            try await browser.press("Delete 1 job")
            #expect(try await browser.text(".flash") == "1 job deleted.")
            #expect(try await browser.currentURL.hasSuffix("/jobs?health=paused"))
        }
    }
}
