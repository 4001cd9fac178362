import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Tenancy

@Suite(.database) struct AuditLogTests {
    @Test func anEntryIsReadAsItWasWritten() async throws {
        let scene = try Scene()
        let founded = try await scene.found()
        let entry = AuditEntry(
            at: Timestamp(seconds: 1_800_000_000), of: founded.organization.id, by: .key(ID()), "job.changed", on: "job_1",
            before: ["name": "A"], after: ["name": "B"], way: .api, from: "192.0.2.1")
        try await scene.database.query(entry.insertion)
        let read = try #require(try await AuditLog(scene.database).page(after: nil, limit: 10, for: scene.access(founded)).first)
        #expect(read.id == entry.id && read.at == entry.at && read.actor == entry.actor && read.action == entry.action)
        #expect(read.subject == entry.subject && read.before == entry.before && read.after == entry.after)
        #expect(read.way == .api && read.address == "192.0.2.1")
    }

    @Test func pagesGoFromTheNewestOnAndShowNoOtherOrganization() async throws {
        let scene = try Scene()
        let (acme, other) = (try await scene.found(), try await scene.found("Other"))
        for index in 0..<5 {
            for founded in [acme, other] {
                let at = Timestamp(seconds: 1_800_000_000 + Int64(index))
                let entry = AuditEntry(at: at, of: founded.organization.id, by: .system, "job.changed", on: "job_\(index)", way: .engine)
                try await scene.database.query(entry.insertion)
            }
        }
        let log = AuditLog(scene.database)
        let first = try await log.page(after: nil, limit: 3, for: scene.access(acme))
        let second = try await log.page(after: first.last.map(AuditLog.Position.init), limit: 2, for: scene.access(acme))
        #expect((first + second).map(\.subject) == ["job_4", "job_3", "job_2", "job_1", "job_0"])
        #expect((first + second).allSatisfy { $0.organizationID == acme.organization.id })
    }
}
