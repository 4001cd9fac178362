import Foundation
import Testing

@testable import Web

@Suite struct TemplateTests {
    private static let pages: [any Page] =
        LandingPage.samples + ErrorPage.samples + OverviewPage.samples + StatusPage.samples + MailboxPage.samples + MailPage.samples
        + PlainPage.samples + AccountPage.samples + InvitesPage.samples + MembersPage.samples + KeysPage.samples + SettingsPage.samples
        + AuditPage.samples + APIContentsPage.samples + APIResourcePage.samples + ErrorCodesPage.samples + JobsPage.samples
        + JobPage.samples + JobFormPage.samples + DocumentPage.samples + DocsContentsPage.samples
        + ExecutionsPage.samples + ExecutionPage.samples + ReplayPage.samples + DeletedJobsPage.samples
        + IncidentsPage.samples + IncidentPage.samples + ChannelsPage.samples + ChannelPage.samples + NewChannelPage.samples
    /// Nobody, and somebody for whom there is one of everything.
    private static let viewers = [
        Viewer(),
        Viewer(
            theme: .dark, flash: "Saved.", formToken: "t",
            navigation: Navigation(
                email: "ada@example.com", organizations: [("Acme", "acme")], access: access([.read, .write, .manage]), invites: 2,
                path: "/acme/members")),
    ]
    private static let templates = Views.templates.mapValues { String(decoding: $0, as: UTF8.self) }
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Web").standardized

    @Test(arguments: pages.indices)
    func everyTagIsAnsweredByAStoredProperty(index: Int) {
        let page = Self.pages[index]
        #expect(TemplateFaults(in: type(of: page).template, of: Self.templates, page: page).found == [])
    }

    @Test(arguments: ["", "What it is about."])
    func theLayoutsTagsAreAnswered(description: String) {
        for var viewer in Self.viewers {
            viewer.place = Paths.document("cron")
            let chrome = Chrome(title: "t", body: "b", assets: Assets(), viewer: viewer, description: description)
            #expect(TemplateFaults(in: "layout", of: Self.templates, page: chrome).found == [])
        }
    }

    @Test func everyTemplateBelongsToAPage() {
        let used = Set(Self.pages.map { type(of: $0).template } + ["layout"])
        #expect(Set(Self.templates.keys) == used.union(Views.partials))
    }

    /// Guards the table in `Views` against a file that was added and not named, and the program against old content.
    @Test func everyFileIsCompiledIn() throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: Self.folder.appending(path: "Templates").path)
        #expect(Set(files) == Set(Self.templates.keys.map { "\($0).mustache" }))
        for (name, text) in Self.templates {
            #expect(try String(contentsOf: Self.folder.appending(path: "Templates/\(name).mustache"), encoding: .utf8) == text)
        }
    }

    @Test func textIsEscapedAndMarksAreNot() throws {
        let html = try Views().html(OverviewPage.samples[0], assets: Assets(), viewer: Viewer())
        #expect(html.contains(">Nightly &lt;b&gt; export</a>"))
        #expect(html.contains("<title>▲ 1 failing · Overview · Acme &lt;b&gt;</title>"))
        #expect(html.contains("<svg class=\"mark bad\""))
        #expect(!html.contains("{{"))
    }

    @Test(arguments: pages.indices)
    func noPageHoldsAnInlineScriptOrStyle(index: Int) throws {
        let html = try Views().html(Self.pages[index], assets: Assets(), viewer: Self.viewers[1]).lowercased()
        #expect(html.matches(of: /<script/).count == 1)
        for word in ["<style", " style=", " onclick=", "javascript:"] { #expect(!html.contains(word)) }
        #expect(html.utf8.count < 30_000)
    }

    @Test func stylesheetAndScriptKeepTheirBudgets() {
        #expect(Assets().stylesheet.bytes.count < 25_000)
        #expect(Assets().script.bytes.count < 8_000)
    }
}

/// The checker itself: each fault that it is there for.
@Suite struct TemplateFaultsTests {
    private struct Row { let name: String, title: String }
    private struct Sample {
        let title: String
        let note: String?
        let rows: [Row]
        var computed: String { title }
    }

    @Test(arguments: [
        ("{{missing}}", "no stored property answers missing"), ("{{computed}}", "no stored property answers computed"),
        ("{{{missing}}}", "no stored property answers missing"), ("{{> nowhere}}", "there is no partial nowhere"),
        ("{{#rows}}{{gone}}{{/rows}}", "no stored property answers gone"),
        ("{{^missing}}{{/missing}}", "no stored property answers missing"),
        ("{{#title}}{{/title}}", "the section title is neither a Bool nor a list"), ("{{title}}", "note is optional"),
        ("{{#rows}}{{name}}{{/rows}}", "title is known at two depths"),
    ])
    func eachFaultIsFound(template: String, fault: String) {
        let page = Sample(title: "t", note: nil, rows: [Row(name: "n", title: "t")])
        #expect(TemplateFaults(in: "page", of: ["page": template], page: page).found.contains(fault))
    }
}
