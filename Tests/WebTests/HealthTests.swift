import Synchronization
import Testing
import Web

@Suite struct HealthTests {
    /// `/health` needs no key: whoever floods it must not flood the database.
    @Test func theDatabaseIsAskedAtMostOnceASecond() async throws {
        let asked = Mutex(0)
        var site = TestSite.site
        site.health = {
            asked.withLock { $0 += 1 }
            return HealthReport(isHealthy: true)
        }
        let start = ContinuousClock.now
        try await TestServer.run(site) { server in
            for _ in 1...20 { #expect(await server.request("GET", "/health").status == 200) }
        }
        #expect(asked.withLock { $0 } <= 1 + Int(start.duration(to: .now) / .seconds(1)))
    }

    @Test func aChangeIsToldWithinASecondOrSo() async throws {
        let isHealthy = Mutex(true)
        var site = TestSite.site
        site.health = { HealthReport(isHealthy: isHealthy.withLock { $0 }) }
        try await TestServer.run(site) { server in
            #expect(await server.request("GET", "/health").status == 200)
            isHealthy.withLock { $0 = false }
            let start = ContinuousClock.now
            while await server.request("GET", "/health").status == 200, start.duration(to: .now) < .seconds(15) {}
            #expect(await server.request("GET", "/health").status == 503)
        }
    }
}
