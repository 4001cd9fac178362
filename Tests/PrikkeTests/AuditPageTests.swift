import JSON
import TestSupport
import Testing
import Time

@testable import Prikke
@testable import Tenancy

/// The audit log as a page.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct AuditPageTests {
    @Test func whatItIsNarrowedToIsChosenAndLongDifferencesAreCut() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for number in 0..<40 {
                let entry = cast.access.entry(
                    at: Timestamp(seconds: 1_790_000_000 + Int64(number)), "job.changed", on: "job_\(number)",
                    before: ["body": .string(String(repeating: "<", count: 5_000))])
                try await house.database.query(entry.insertion)
            }
            let (alice, subject) = (cast.id(of: "Alice").text, "job_5")
            func page(_ query: String) async -> String { await house.send(cast["Alice"].call("GET", "/acme/audit-log" + query)).text }
            let all = await page("")
            #expect(all.utf8.count < 30_000 && all.contains("(whole in the download)") && all.contains("rel=\"next\""))
            #expect(all.contains("<option value=\"job.paused\">job.paused</option>") && all.contains("alice@example.com</option>"))
            let narrowed = await page("?action=job&actor=usr_gone&subject=\(subject)")
            #expect(narrowed.contains("<option value=\"job\" selected>job, all</option>"))
            #expect(narrowed.contains("<option value=\"usr_gone\" selected>usr_gone</option>"), "what the address says stays chosen")
            #expect(await page("?actor=\(alice)").contains("<option value=\"\(alice)\" selected>alice@example.com</option>"))
        }
    }
}
