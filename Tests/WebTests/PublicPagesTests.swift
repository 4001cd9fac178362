import Billing
import Documents
import Testing

@testable import Web

/// What strangers and their programs read.
@Suite struct PublicPagesTests {
    @Test func theLandingPageShowsWhateverTheCatalogueHolds() async throws {
        var site = TestSite.site
        site.plans = try PlanCatalog(
            Array(
                """
                {"generation": 2, "plans": [
                  {"plan": "free", "name": "Hobby", "price_eur_month": 0, "price_eur_year": 0, "jobs": 3, "executions_per_month": 1000,
                   "shortest_interval_s": 5400, "keep_days": 7, "members": 1, "concurrency": 1, "timeout_s": 30, "plugins": ["http"]},
                  {"plan": "team", "name": "Team <b>", "price_eur_month": 1200, "price_eur_year": 0, "jobs": null,
                   "executions_per_month": null, "shortest_interval_s": 1, "keep_days": 90, "members": null, "concurrency": 10,
                   "timeout_s": 900, "plugins": null}
                ]}
                """.utf8))
        try await TestServer.run(site) { server in
            let text = await server.request("GET", "/").text
            for part in [
                "<th scope=\"col\">Hobby</th>", "Team &lt;b&gt;", "€1,200 a month", "90\u{A0}min", "15\u{A0}min", "unlimited", "90 days",
                "1,000",
                "curl https://prikke.test/api/jobs",
            ] { #expect(text.contains(part), "\(part)") }
            #expect(!text.contains("a year"))
        }
    }

    @Test func onePlanIsNothingToChooseFrom() throws {
        let free = try PlanCatalog(
            Array(
                """
                {"generation": 2, "plans": [{"plan": "free", "name": "All", "price_eur_month": 0, "price_eur_year": 0, "jobs": null,
                  "executions_per_month": null, "shortest_interval_s": 1, "keep_days": 90, "members": null, "concurrency": 10,
                  "timeout_s": 900, "plugins": null}]}
                """.utf8))
        #expect(LandingPage(hasDemo: false, isVisitor: true, plans: free).planTables.isEmpty)
    }

    @Test func programsAreToldWhatThereIsToRead() async throws {
        try await TestServer.run(TestSite.site) { server in
            let robots = await server.request("GET", "/robots.txt")
            #expect(robots.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(robots.text.contains("Disallow: /\n") && robots.text.contains("Sitemap: https://prikke.test/sitemap.xml\n"))
            let sitemap = await server.request("GET", "/sitemap.xml")
            #expect(sitemap.headers["content-type"] == "application/xml; charset=utf-8")
            let paths = sitemap.text.matches(of: /<loc>https:\/\/prikke\.test([^<]*)<\/loc>/).map { String($0.1) }
            #expect(paths.count > 10)
            for path in paths { #expect(await server.request("GET", path).status == 200, "\(path)") }
            let summary = await server.request("GET", "/llms.txt")
            #expect(summary.text.hasPrefix("# Prikke\n\n> "))
            let links = summary.text.matches(of: /\(https:\/\/prikke\.test([^)]*)\)/).map { String($0.1) }
            #expect(links.count > 8)
            for link in links { #expect(await server.request("GET", link).status == 200, "\(link)") }
            for path in ["/robots.txt", "/sitemap.xml", "/llms.txt", "/docs/cron.md"] {
                let tag = await server.request("GET", path).headers["etag"] ?? ""
                #expect(await server.request("GET", path, headers: ["If-None-Match: \(tag)"]).status == 304, "\(path)")
            }
            let icon = await server.request("GET", "/favicon.ico")
            #expect(icon.status == 200 && icon.headers["content-type"] == "image/svg+xml; charset=utf-8")
        }
    }

    @Test func aPageForEverybodySaysWhatItIsAbout() async throws {
        try await TestServer.run(TestSite.site) { server in
            let page = await server.request("GET", "/docs/cron?expression=0+0+*+*+*")
            for part in [
                "<meta name=\"description\" content=\"Cron expressions", "<link rel=\"canonical\" href=\"https://prikke.test/docs/cron\">",
                "<meta property=\"og:image\" content=\"https://prikke.test/assets/social-card.png?v=",
                "<a href=\"/docs/cron\" aria-current=\"page\">Cron</a>",
            ] { #expect(page.text.contains(part), "\(part)") }
            let other = await server.request("GET", "/nothing", headers: ["Accept: text/html"])
            #expect(!other.text.contains("canonical") && !other.text.contains("og:"))
            let card = Assets().socialCard
            #expect(card.bytes.count < 60_000)
            let image = await server.request("GET", card.url)
            #expect(image.headers["content-type"] == "image/png" && image.headers["cache-control"]?.contains("immutable") == true)
        }
    }

    @Test(arguments: [Problem.notFound, .staleForm, .tooManyRequests(seconds: 3), .internalError, .unavailable])
    func anErrorSaysWhatHappenedWhatToDoAndWhichRequest(problem: Problem) throws {
        let html = try Views().html(ErrorPage(problem, requestID: "req_1"), assets: Assets(), viewer: Viewer())
        for part in [
            "<h1>\(problem.title)</h1>", problem.detail, "req_1", "href=\"/docs/errors/\(problem.code)\"", "href=\"/\">",
            "\(problem.status.code)",
        ] { #expect(html.contains(part), "\(part)") }
    }
}
