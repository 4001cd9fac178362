import Documents
import Testing
import Time

@testable import Web

@Suite struct DocumentPagesTests {
    private static let now = Timestamp(seconds: 1_774_656_000)  // 2026-03-28

    @Test(arguments: Document.all.map(\.name))
    func aDocumentIsAPageAndAText(name: String) async throws {
        let document = try #require(Document.all.first { $0.name == name })
        try await TestServer.run(TestSite.site) { server in
            let page = await server.request("GET", "/docs/\(name)")
            #expect(page.status == 200)
            #expect(page.text.matches(of: /<h1>/).count == 1)
            for part in ["raw HTML omitted", "not run:", "<!--", "{{", "style="] { #expect(!page.text.contains(part), "\(part)") }
            #expect(page.text.utf8.count < 30_000)
            let text = await server.request("GET", "/docs/\(name).md")
            #expect(text.text == document.text && text.headers["content-type"] == "text/markdown; charset=utf-8")
            // Each link leads to a page of ours that is there, with the place on it, or to somebody else's.
            for match in page.text.matches(of: /href="([^"#?]*)(?:\?[^"#]*)?(?:#([^"]*))?"/) where !match.1.hasPrefix("http") {
                let target = match.1.isEmpty ? page : await server.request("GET", String(match.1))
                // On this site there are no people.
                if target.status == 404, match.1.hasPrefix("/users/") { continue }
                #expect(target.status == 200, "\(match.0)")
                if let place = match.2 { #expect(target.text.contains("id=\"\(place)\""), "\(match.0)") }
            }
        }
    }

    @Test func whatIsNoDocumentIsNotThere() async throws {
        try await TestServer.run(TestSite.site) { server in
            for path in [
                "/docs/nothing", "/docs/nothing.md", "/docs/cron.md.md", "/docs/Documents.swift", "/docs/architecture.md",
            ] {
                #expect(await server.request("GET", path).status == 404, "\(path)")
            }
        }
    }

    @Test func markdownBecomesHTMLWithoutWhatIsNotMarkdown() {
        let markdown = Markdown(
            """
            # A *title* of `code`

            [Link](b.md#c) <script>alert(1)</script> [bad](javascript:alert(1))

            <!-- not run: x -->
            <div onclick="x">

            ## Two words, twice
            ## Two words, twice

            | | |
            |---|---|
            | a | <b>

            | Head | |
            |---|--:|
            | `a<b` | 2 |
            """
        ) { Paths.documentLink($0) }
        #expect(markdown.title == "A title of code")
        #expect(markdown.beginning.contains("<a href=\"/docs/b#c\">Link</a>"))
        let html = markdown.beginning + markdown.rest
        for part in ["<script", "javascript:", "onclick", "<b>", "not run"] { #expect(!html.contains(part), "\(part)") }
        #expect(html.matches(of: /<span id="two-words-twice"><\/span>/).count == 1)
        #expect(html.matches(of: /<thead>/).count == 1)
        #expect(html.contains("<th scope=\"col\">Head</th>") && html.contains("<code>a&lt;b</code>"))
    }

    @Test func anExpressionIsSaidBackWithItsNextRunsAndWarnings() throws {
        let page = DocumentPage(
            DocumentPage.Content(Document.all[1]), DocumentPage.Question("30 2 * * *", "Europe/Oslo"), now: Self.now)
        let explained = try #require(page.explanations.first)
        #expect(explained.scheduleInWords == "At 02:30, every day (Europe/Oslo)")
        #expect(explained.runs.count == 8)
        #expect(explained.runs[1].runLocal == "2026-03-29 03:00:00 +02:00" && explained.runs[1].runUTC == "2026-03-29 01:00:00")
        #expect(explained.runs[1].runNote.contains("leaves out"))
        #expect(explained.hasWarnings && page.refusals.isEmpty)
    }

    @Test(arguments: [
        ("0 24 * * *", "UTC", "Hour 24 is out of range 0–23; did you mean 0?"), ("", "UTC", ""), ("* * * * *", "Oslo", "There is no such"),
        (String(repeating: "*", count: 900), "UTC", ""), ("<script>", "UTC", ""),
    ])
    func whatCannotBeReadIsSaidBesideItsField(expression: String, timezone: String, sentence: String) throws {
        let page = DocumentPage(DocumentPage.Content(Document.all[1]), DocumentPage.Question(expression, timezone), now: Self.now)
        #expect(page.explanations.isEmpty && page.refusals.first?.refusal.hasPrefix(sentence) == true, "\(page.refusals)")
        #expect(page.isExpressionWrong != page.isTimezoneWrong)
        #expect(!(try Views().html(page, assets: Assets(), viewer: Viewer()).contains("<script>")))
    }

    @Test func theBoxIsAnsweredAloneWhereItAloneIsAskedFor() async throws {
        try await TestServer.run(TestSite.site) { server in
            let part = await server.request("GET", "/docs/cron?fragment=cronexplained&expression=%40daily&timezone=UTC")
            #expect(part.status == 200 && part.text.contains("At 00:00") && !part.text.contains("<html"))
            let six = await server.request("GET", "/docs/cron?expression=*%2F10+*+*+*+*+*&timezone=UTC&seconds=true")
            #expect(six.text.contains("Every 10 seconds"))
            #expect(await server.request("GET", "/docs/cron?expression=" + String(repeating: "*", count: 1_001)).status == 422)
            #expect(await server.request("GET", "/docs/cron?utm_source=letter").status == 200)
            #expect(await server.request("GET", "/docs/cron?expression=%ff").status == 422)
        }
    }
}
