import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct HealthTests {
    @Test func aServerThatListensIsHealthy() async throws {
        let server = try await Server.shared()
        #expect(try await server.untilWell().json["status"] == "healthy")
        #expect(await server.send(Call(path: "/livez")).text == "ok\n")
    }

    @Test func whatIsCountedCanBeRead() async throws {
        let (tenant, receiver) = (try await Server.shared().tenant(), try Receiver())
        let job = try await tenant.job(calling: receiver.url, schedule: ["delay": "1s"])
        _ = try await tenant.ended(1, of: job)
        let metrics = await tenant.server.send(Call(path: "/metrics"))
        #expect(metrics.status == 200)
        #expect(metrics.text.contains("# TYPE prikke_executions_leased_total counter\nprikke_executions_leased_total "))
        #expect(metrics.text.contains("\nprikke_duplicate_occurrences_caught_total 0\n"))
    }

    @Test(arguments: ["/", "/demo", "/assets/base.css", "/nowhere", "/api/jobs"])
    func everyAnswerTellsBrowsersWhatTheyMay(_ path: String) async throws {
        let answer = await (try await Server.shared()).send(Call(path: path, headers: [("Accept", "text/html")]))
        #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
        #expect(answer.headers["x-content-type-options"] == "nosniff")
    }
}
