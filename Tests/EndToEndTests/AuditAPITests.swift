import JSON
import Tenancy
import TestSupport
import Testing

/// `GET /api/audit-log`
@Suite(.timeLimit(.minutes(3))) struct AuditAPITests {
    /// A tenant with two jobs, a key that was made and revoked, and another name.
    private func busy() async throws -> (tenant: Tenant, key: Tenant) {
        let tenant = try await Server.shared().tenant()
        for _ in 0..<2 { _ = try await tenant.job(calling: "http://127.0.0.1:65533/") }
        let key = try await tenant.key(["read"])
        #expect(await tenant.send("DELETE", "/api/api-keys/\(key.keyID)").status == 204)
        #expect(await tenant.send("PATCH", "/api/organization", ["name": "Another"]).status == 200)
        return (tenant, key)
    }

    private func actions(_ answer: Answer) -> [String] { (answer.json["data"]?.array ?? []).compactMap { $0["action"]?.string } }

    @Test func itTellsWhoDidWhatAsItIsDocumented() async throws {
        let (tenant, key) = try await busy()
        let answer = await tenant.get("/api/audit-log")
        #expect(differences(answer.json, from: .page(AuditEntry.shape)) == [])
        let expected = [
            "organization.changed", "api_key.revoked", "api_key.created", "job.created", "job.created",
        ]
        // What is written at one instant is in no order.
        #expect(Array(actions(answer).prefix(5)) == expected)
        #expect(actions(answer).dropFirst(5).sorted() == ["api_key.created", "organization.created"])
        let entries = answer.json["data"]?.array ?? []
        #expect(entries[0]["actor"] == ["type": "key", "id": .string(tenant.keyID)])
        #expect(entries[0]["before"] == ["name": "Acme"] && entries[0]["after"] == ["name": "Another"])
        #expect(entries[0]["via"] == "api" && entries[0]["address"] == "127.0.0.1")
        #expect(entries[1]["subject"]?.string == key.keyID)
        #expect(entries[6]["actor"] == ["type": "operator", "id": .null])
    }

    @Test func itIsFiltered() async throws {
        let (tenant, key) = try await busy()
        let all = await tenant.get("/api/audit-log").json["data"]?.array ?? []
        func found(_ query: String) async -> [String] { actions(await tenant.get("/api/audit-log?\(query)")) }
        #expect(await found("action=job") == ["job.created", "job.created"])
        #expect(await found("action=api_key.created") == ["api_key.created", "api_key.created"])
        #expect(await found("action=api") == [], "a word is not cut")
        #expect(await found("actor=operator").sorted() == ["api_key.created", "organization.created"])
        #expect(await found("actor=\(tenant.keyID)").count == 5)
        #expect(await found("actor=\(key.keyID)") == [])
        #expect(await found("subject=\(key.keyID)") == ["api_key.revoked", "api_key.created"])
        let third = try #require(all[2]["at"]?.string)
        #expect(await found("since=\(third)").prefix(3) == ["organization.changed", "api_key.revoked", "api_key.created"])
        #expect(await found("until=\(third)").sorted() == ["api_key.created", "job.created", "job.created", "organization.created"])
        #expect(await found("action=job&until=2000-01-01T00:00:00Z") == [])
        #expect(await found("actor=nobody&subject=nothing") == [])
    }

    @Test func itsPagesStayWhatTheyAreWhileMoreComesIn() async throws {
        let (tenant, _) = try await busy()
        let whole = await tenant.get("/api/audit-log").json["data"]?.array ?? []
        var (paged, path): ([JSON], String?) = ([], "/api/audit-log?limit=2")
        while let next = path {
            let page = await tenant.get(next)
            paged += page.json["data"]?.array ?? []
            #expect(differences(page.json, from: .page(AuditEntry.shape)) == [])
            path = page.json["next_cursor"]?.string.map { "/api/audit-log?limit=2&cursor=\($0)" }
            // What is done meanwhile comes before all that was there.
            _ = try await tenant.job(calling: "http://127.0.0.1:65533/")
        }
        #expect(paged == whole)
    }

    @Test func theLinkToTheNextPageKeepsTheFilter() async throws {
        let (tenant, _) = try await busy()
        let first = await tenant.get("/api/audit-log?limit=1&action=job&since=2020-01-01T00:00:00%2B01:00")
        let link = try #require(first.headers["link"])
        let path = String(link.dropFirst().prefix { $0 != ">" })
        let second = await tenant.get(path)
        #expect(actions(first) == ["job.created"] && actions(second) == ["job.created"] && second.headers["link"] == nil)
    }

    @Test func anothersCursorShowsNothingOfHis() async throws {
        let ((owner, _), stranger) = (try await busy(), try await Server.shared().tenant())
        let cursor = try #require(await owner.get("/api/audit-log?limit=1").json["next_cursor"]?.string)
        let seen = await stranger.get("/api/audit-log?cursor=\(cursor)")
        #expect(seen.status == 200)
        let own = await stranger.get("/api/audit-log").json["data"]?.array ?? []
        let entries = seen.json["data"]?.array ?? []
        #expect(entries.allSatisfy { own.contains($0) })
    }

    @Test(arguments: [
        ("cursor=nonsense", "/cursor invalid_cursor"), ("cursor=job_01jd3w8k4dfk1q2v7c9r5t0xyz", "/cursor invalid_cursor"),
        ("limit=0", "/limit out_of_range"), ("limit=101", "/limit out_of_range"), ("limit=ten", "/limit wrong_type"),
        ("action=", "/action too_short"), ("actor=\(String(repeating: "x", count: 41))", "/actor too_long"),
        ("since=yesterday-or-the-day-before", "/since invalid_format"), ("until=2026-13-01T00:00:00Z", "/until invalid_format"),
        ("since=2026-01-01T00:00:00", "/since too_short"), ("colour=red", "/colour unknown_field"),
        ("action=a&action=b", "/action not_allowed"), ("subject=%ff", " invalid_format"),
    ])
    func aBadQuestionIsRefused(query: String, fault: String) async throws {
        let tenant = try await Server.shared().tenant()
        let answer = await tenant.get("/api/audit-log?\(query)")
        #expect(answer.status == 422 && answer.code == "invalid_input" && answer.faults == [fault], "\(answer.text)")
    }

    @Test(arguments: ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-01-01T00:00:00%2B14:00", "2016-12-31T23:59:60Z"])
    func aFarInstantIsAnswered(instant: String) async throws {
        let tenant = try await Server.shared().tenant()
        for name in ["since", "until"] { #expect([200, 422].contains(await tenant.get("/api/audit-log?\(name)=\(instant)").status)) }
    }
}
