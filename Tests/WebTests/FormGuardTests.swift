import HTTPTypes
import Testing

@testable import Web

/// C1, C2: what a page of somebody else makes a browser send changes nothing.
@Suite struct FormGuardTests {
    private static let type = "Content-Type: application/x-www-form-urlencoded"
    private static let cookie = "Cookie: __Host-browser=me"
    private static let good = "theme=dark&_token=token-of-me"

    private func post(_ body: String, _ headers: [String] = [cookie, type], path: String = "/theme", site: Site = TestSite.site)
        async throws -> TestAnswer
    {
        let answers = AsyncStream.makeStream(of: TestAnswer.self)
        try await TestServer.run(site) { answers.continuation.yield(await $0.request("POST", path, headers: headers, body: body)) }
        for await answer in answers.stream { return answer }
        throw Surprise()
    }

    @Test func aFormOfOursIsTaken() async throws {
        let answer = try await post(Self.good)
        #expect(answer.status == 303)
        #expect(answer.headers["location"] == "/")
        #expect(answer.headers["set-cookie"]?.contains("__Host-theme=dark;") == true)
    }

    @Test(arguments: [
        "theme=dark", "theme=dark&_token=", "theme=dark&_token=token-of-you", "theme=dark&_token=token-of-me&_token=token-of-me",
        "theme=dark&_token=token-of-", "theme=dark&_Token=token-of-me",
    ])
    func withoutItsTokenAFormIsRefused(body: String) async throws {
        let answer = try await post(body)
        #expect(answer.status == 403)
        #expect(answer.code == "stale_form")
        #expect(answer.headers["set-cookie"] == nil)
    }

    @Test func aTokenInTheAddressCountsForNothing() async throws {
        #expect(try await post("theme=dark", path: "/theme?_token=token-of-me").code == "stale_form")
    }

    @Test(arguments: [[], ["Cookie: __Host-browser=you"], ["Cookie: __Host-browser=me; __Host-browser=me"], ["Cookie: prikke_browser=me"]])
    func withoutTheBrowsersSecretATokenCountsForNothing(cookies: [String]) async throws {
        #expect(try await post(Self.good, cookies + [Self.type]).code == "stale_form")
    }

    @Test func aTokenIsTheSessionsWhereThereIsOne() async throws {
        let both = "Cookie: __Host-browser=me; __Host-session=s"
        #expect(try await post(Self.good, [both, Self.type]).code == "stale_form")
        #expect(try await post("theme=dark&_token=token-of-s", [both, Self.type]).status == 303)
    }

    @Test(arguments: [
        ["Origin: null"], ["Origin: null", "Sec-Fetch-Site: cross-site"], ["Origin: null", "Sec-Fetch-Site: none"],
        ["Origin: https://evil.example"], ["Origin: https://prikke.test.evil"], ["Origin: http://prikke.test"],
        ["Origin: https://prikke.test:8443"], ["Origin: https://PRIKKE.test"], ["Origin: https://prikke.test/"], ["Origin: "],
        ["Origin: https://prikke.test", "Origin: https://prikke.test"], ["Origin: https://prikke.test https://evil"],
        ["Origin: http://test"], ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"], ["Sec-Fetch-Site: anything"],
        ["Origin: https://prikke.test", "Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: same-origin"],
    ])
    func whatComesFromAnotherSiteIsRefusedEvenWithTheToken(headers: [String]) async throws {
        let answer = try await post(Self.good, headers + [Self.cookie, Self.type])
        #expect(answer.status == 403)
        #expect(answer.code == "cross_site")
        #expect(answer.headers["set-cookie"] == nil)
    }

    /// A page whose address holds a token tells no origin.
    @Test(arguments: [
        ["Origin: https://prikke.test"], ["Sec-Fetch-Site: same-origin"], ["Sec-Fetch-Site: none"],
        ["Origin: null", "Sec-Fetch-Site: same-origin"],
    ])
    func whatComesFromOurPagesIsTaken(headers: [String]) async throws {
        #expect(try await post(Self.good, headers + [Self.cookie, Self.type]).status == 303)
    }

    @Test func withoutAPublicNameTheNameThatWasAskedForIsOurs() async throws {
        var site = TestSite.site
        site.url = "http://127.0.0.1:4000"
        let headers = ["Cookie: prikke_browser=me", Self.type]
        #expect(try await post(Self.good, headers + ["Origin: http://test"], site: site).status == 303)
        #expect(try await post(Self.good, headers + ["Origin: http://127.0.0.1:4000"], site: site).status == 303)
        for origin in ["https://test", "http://test.evil", "http://tes", "http://test:80"] {
            #expect(try await post(Self.good, headers + ["Origin: \(origin)"], site: site).code == "cross_site")
        }
    }

    @Test(arguments: [
        "text/plain", "application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=latin1", "x",
    ])
    func onlyTheEncodingOfFormsIsTaken(type: String) async throws {
        #expect(try await post(Self.good, [Self.cookie, "Content-Type: \(type)"]).status == 415)
    }

    @Test func aFormOfMoreThan64KiBIsRefused() async throws {
        let fits = Self.good + "&return_to=" + String(repeating: "a", count: FormReader.largest - Self.good.utf8.count - 11)
        #expect(try await post(fits).status == 422)
        let answer = try await post(fits + "a")
        #expect(answer.status == 413)
        #expect(answer.text.contains("64 KiB"))
    }

    @Test(arguments: ["theme=%zz&_token=token-of-me", "theme=%ff&_token=token-of-me", "theme=a%00&_token=token-of-me"])
    func whatIsNotWellEncodedIsRefused(body: String) async throws {
        #expect(try await post(body).code == "malformed_form")
    }

    @Test func whatNoRouteAnswersIsNotLookedAt() async throws {
        #expect(try await post("x", path: "/nothing").status == 404)
        #expect(try await post("x", path: "/status").status == 405)
    }

    @Test func aProgramNeedsNoToken() async throws {
        #expect(try await post("", [], path: "/demo/ok").status == 200)
    }
}
