import JSON
import Outbound
import Testing
import Web

@Suite struct ErrorAnswersTests {
    @Test func aProblemHasEveryMemberOfRFC9457AndOurs() async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("GET", "/api/nothing", headers: ["X-Request-Id: my-id_1"])
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(
                answer.json == [
                    "type": "https://prikke.test/docs/errors/not_found", "title": "Not found", "status": 404, "code": "not_found",
                    "detail": "There is nothing at this address. Check the path and the id.", "request_id": "my-id_1",
                ])
        }
    }

    @Test(arguments: [
        ("PUT", "/api/things", "GET, HEAD, OPTIONS, POST"), ("GET", "/api/things/1", "DELETE, OPTIONS, PATCH"),
        ("TRACE", "/api/things", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/livez", "GET, HEAD, OPTIONS"), ("DELETE", "/api/things/1/start", "OPTIONS, POST"),
    ])
    func aWrongMethodIsToldTheRightOnes(method: String, path: String, allowed: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request(method, path)
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == allowed)
            #expect(answer.code == "method_not_allowed")
        }
    }

    @Test func aSurpriseIsFiveHundredWithoutItsText() async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("GET", "/api/surprise", key: TestSite.reader)
            #expect(answer.status == 500)
            #expect(answer.code == "internal_error")
            #expect(!answer.text.contains("Surprise"))
            #expect(answer.json["request_id"]?.string == answer.headers["x-request-id"])
        }
    }

    @Test func aPersonGetsAPageAndAProgramDoesNot() async throws {
        try await TestServer.run(TestSite.site) { server in
            let page = await server.request("GET", "/nothing", headers: ["Accept: text/html,*/*"])
            #expect(page.status == 404)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("<h1>Not found</h1>"))
            for path in ["/api/nothing", "/health/x", "/webhooks/x", "/metrics/x"] {
                let answer = await server.request("GET", path, headers: ["Accept: text/html,*/*"])
                #expect(
                    answer.headers["content-type"]
                        == (path.hasPrefix("/api") || path.hasPrefix("/web") ? "application/problem+json" : "text/html; charset=utf-8"))
            }
            #expect(await server.request("GET", "/nothing").headers["content-type"] == "application/problem+json")
        }
    }

    @Test(arguments: ["", "a b", "a\tb", "<x>", String(repeating: "a", count: 65), "é"])
    func anIDFromOutsideThatIsNotSaneIsNotTaken(id: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("GET", "/livez", headers: ["X-Request-Id: \(id)"])
            #expect(answer.headers["x-request-id"]?.hasPrefix("req_") == true)
        }
    }

    @Test func onlyWhoCameOverTLSIsToldToComeOverTLS() async throws {
        var site = TestSite.site
        site.url = "http://127.0.0.1:4000"
        try await TestServer.run(site) { server in
            for request in ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\u{1}\r\n\r\n"] {
                let answer = await server.send(request)
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["strict-transport-security"] == nil)
            }
            let spoofed = await server.request("GET", "/", headers: ["X-Forwarded-Proto: https"])
            #expect(spoofed.headers["strict-transport-security"] == nil)
        }
        try await TestServer.run(site, configure: { $0.trustedProxies = [IPNetwork("127.0.0.0/8")].compactMap(\.self) }) { server in
            let answer = await server.request("GET", "/", headers: ["X-Forwarded-Proto: https"])
            #expect(answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains")
            #expect(answer.headers["set-cookie"]?.hasPrefix("__Host-browser=") == true)
        }
    }

    @Test(arguments: ["/", "/demo", "/api/nothing", "/api/things", "/livez", "/health", "/assets/prikke.css", "/api/surprise"])
    func everyAnswerIsGuardedAgainstTheBrowser(path: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("GET", path)
            #expect(answer.headers["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
            #expect(answer.headers["content-security-policy"]?.contains("unsafe") == false)
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            #expect(answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains")
            #expect(answer.headers["cache-control"] == (path.hasPrefix("/assets") ? "public, no-cache" : "no-store"))
            #expect(answer.headers["server"] == nil)
        }
    }

    @Test(arguments: ["/", "/livez", "/api/nothing", "/api/things", "/nothing"])
    func headIsAnsweredLikeGetWithoutABody(path: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let head = await server.request("HEAD", path, headers: ["X-Request-Id: one"])
            let get = await server.request("GET", path, headers: ["X-Request-Id: one"])
            #expect(head.status == get.status)
            #expect(head.text == "")
            #expect(head.headers["content-length"] == "\(get.text.utf8.count)")
        }
    }
}
