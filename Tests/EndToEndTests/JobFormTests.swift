import Foundation
import Postgres
import TestSupport
import Testing

/// Making a job in a browser, as somebody does who has read nothing about it.
@Suite(.timeLimit(.minutes(3))) struct JobFormTests {
    @Test func aJobIsMadeWithTheKeyboardAloneAndTheFormSaysBackWhatIsTyped() async throws {
        let server = try await Server.shared()
        try await Browser.lend { browser in
            let person = Person(browser: browser, server: server, email: Person.newAddress())
            let organization = try await person.signUp()
            try await person.open(organization + "/jobs/new")
            #expect(try await browser.text("#understood").contains("Every hour"))
            try await tab(to: "config_url", browser)
            try await browser.type(keys: "http://127.0.0.1:65533/tick")
            try await tab(to: "schedule_kind", browser)
            // Down to the days of the week, and on to the cron expression.
            try await browser.type(keys: "\u{E015}\u{E015}")
            try await understood("At 08:00, on Monday (UTC)", browser)
            try await browser.type(keys: "\u{E015}\u{E015}")
            try await tab(to: "schedule_cron", browser)
            try await browser.type(keys: "0 24 * * *")
            try await until("no complaint came") { try await browser.has("#understood .bad") }
            try await browser.executeScript("document.activeElement.select()")
            try await browser.type(keys: "0 9 * * 1-5")
            try await understood("At 09:00, Monday to Friday (UTC)", browser)
            // What does not belong to the kind chosen is out of the way.
            try await browser.type(keys: "\u{E004}\u{E004}")
            #expect(try await browser.executeScript("return document.activeElement.name").string == "schedule_timezone")
            try await browser.type(keys: "\u{E007}")
            try await until("the job was not made") { try await person.path.hasPrefix(organization + "/jobs/job_") }
            #expect(try await jobs(calling: "http://127.0.0.1:65533/tick", in: organization, server) == ["0 9 * * 1-5"])
        }
    }

    @Test func withoutScriptAJobIsPreviewedAndMadeAtTheWidthOfATelephone() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            let organization = try await person.signUp()
            try await person.browser.setWindow(width: 320, height: 640)
            try await person.open(organization + "/jobs/new")
            #expect(try await person.browser.executeScript("return document.documentElement.scrollWidth").int ?? 999 <= 320)
            try await person.fill(("config_url", "http://127.0.0.1:65533/plain"))
            try await person.browser.click("[name=schedule_kind][value=daily]")
            try await person.press("Preview")
            #expect(try await person.browser.text("#understood").contains("At 08:00, every day (UTC)"))
            try await person.press("Create job")
            #expect(try await person.path.hasPrefix(organization + "/jobs/job_"))
            #expect(try await jobs(calling: "http://127.0.0.1:65533/plain", in: organization, server) == ["0 8 * * *"])
        }
    }

    private func tab(to name: String, _ browser: Browser) async throws {
        for _ in 0..<60 {
            try await browser.type(keys: "\u{E004}")
            if try await browser.executeScript("return document.activeElement.name").string == name { return }
        }
        Issue.record("the keyboard does not reach \(name)")
    }

    private func understood(_ words: String, _ browser: Browser) async throws {
        try await until("“\(words)” was not said") { try await browser.text("#understood").contains(words) }
    }

    private func jobs(calling url: String, in organization: String, _ server: Server) async throws -> [String] {
        try await server.database { database in
            try await database.query(
                """
                SELECT j.schedule->>'cron' AS cron FROM jobs j JOIN organizations o ON o.id = j.organization_id
                WHERE o.slug = \(String(organization.dropFirst())) AND j.config->>'url' = \(url)
                """
            ).map { try $0("cron") }
        }
    }
}
