import Testing

@testable import Web

@Suite struct StatusPageTests {
    @Test func everybodyIsToldHowWellItIsAndByWhichZoneData() async throws {
        var site = TestSite.site
        site.health = { HealthReport(isHealthy: true, parts: [("database", "reachable")], zoneData: "2025b") }
        try await TestServer.run(site) { server in
            let answer = await server.request("GET", "/status")
            #expect(answer.status == 200)
            for text in ["Prikke is well", "Database", "reachable", "2026a", "2025b", "1.2.3"] { #expect(answer.text.contains(text)) }
        }
    }

    @Test func itIsAnsweredWithoutADatabaseToo() async throws {
        var site = TestSite.site
        site.health = { HealthReport(isHealthy: false, parts: [("database", "not reachable")]) }
        try await TestServer.run(site) { server in
            let answer = await server.request("GET", "/status")
            #expect(answer.status == 200)
            #expect(answer.text.contains("Prikke is not well") && answer.text.contains("not reachable"))
        }
    }

    @Test func latenessIsToldInWordsAndByBound() {
        let lateness = About.Lateness(starts: 2_000, median: 0.0025, most: 2.5, buckets: [(0.0025, 1_000), (2.5, 999), (60, 0), (nil, 1)])
        let page = StatusPage(HealthReport(isHealthy: true), About(version: "1", zoneData: "2026a", lateness: lateness))
        #expect(
            page.latenessInWords == "Half started within 2.5\u{A0}ms of their due time, 99\u{A0}% within 2.5\u{A0}s; 2,000 starts.")
        #expect(page.bars.map(\.bound) == ["to 2.5\u{A0}ms", "to 2.5\u{A0}s", "to 60\u{A0}s", "over 60\u{A0}s"])
        #expect(page.bars.map(\.share) == ["50\u{A0}%", "50\u{A0}%", "0\u{A0}%", "under 0.1\u{A0}%"])
    }

    @Test func anOccurrenceWithoutAnAnswerIsNotKeptSecret() throws {
        let about = About(version: "1", zoneData: "2026a", delivery: About.Delivery(attempts: 12, unexplained: 1))
        let part = try #require(StatusPage(HealthReport(isHealthy: true), about).parts.last)
        #expect(part.state == "12 attempts recorded by this node; 1 occurrence has no answer")
        #expect(part.mark.contains("bad"))
    }
}
