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

    @Test func latenessIsToldInWords() {
        let about = About(version: "1", zoneData: "2026a", lateness: About.Lateness(starts: 12, median: 0.0025, most: 2.5))
        let values = StatusPage(HealthReport(isHealthy: true), about).facts.map(\.value)
        #expect(values.first == "half within 2.5\u{A0}ms, 99\u{A0}% within 2.5\u{A0}s, of 12 since this node began")
    }
}
