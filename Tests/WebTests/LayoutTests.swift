import HTTPTypes
import Hummingbird
import Tenancy
import Testing

@testable import Web

@Suite struct LayoutTests {
    private func html(_ viewer: Viewer) throws -> String {
        try Views().html(LandingPage(hasDemo: false, isVisitor: viewer.navigation == nil), assets: Assets(), viewer: viewer)
    }

    private func navigation(_ role: Role, path: String = "/acme") -> Navigation {
        let owner = access([])
        let person = Access(organization: owner.organization, actor: .system, role: role, origin: Origin(.page))
        return Navigation(
            email: "ada@example.com", organizations: [("Acme", "acme"), ("<b>Beta", "beta")], access: person, invites: 2, path: path)
    }

    @Test func aVisitorMaySignInAndUp() throws {
        let html = try html(Viewer())
        #expect(html.contains("<a href=\"/users/log-in\">Sign in</a><a href=\"/users/register\">Sign up</a>"))
        #expect(!html.contains("Sign out"))
        #expect(html.contains("<a href=\"/status\">Status</a>"))
    }

    @Test func whoIsSignedInSeesHisOrganizationsAndWhatHeMaySee() throws {
        let html = try html(Viewer(formToken: "t", navigation: navigation(.owner, path: "/acme/members")))
        for part in [
            "<summary>Acme</summary>", "<a href=\"/acme\" aria-current=\"true\">Acme</a>", "<a href=\"/beta\">&lt;b&gt;Beta</a>",
            "<a href=\"/acme/members\" aria-current=\"page\" data-hotkey=\"g m\">Members</a>", "API keys", "Audit log", "Settings",
            "Invites (2)",
            "<a href=\"/account\">ada@example.com</a>", "action=\"/users/log-out\"><input type=\"hidden\" name=\"_token\" value=\"t\">",
        ] { #expect(html.contains(part), "\(part)") }
        #expect(!html.contains("Sign in"))
    }

    @Test(arguments: [
        (Role.owner, ["Overview", "Jobs", "Executions", "Alerts", "Members", "API keys", "Audit log", "Settings"]),
        (.admin, ["Overview", "Jobs", "Executions", "Alerts", "Members", "API keys", "Audit log", "Settings"]),
        (.member, ["Overview", "Jobs", "Executions", "Alerts", "Members"]),
        (.viewer, ["Overview", "Jobs", "Executions", "Alerts", "Members"]),
    ])
    func theWaysGoByTheRole(role: Role, labels: [String]) {
        #expect(navigation(role).sectionLinks.map(\.linkLabel) == labels)
    }

    @Test func aVisitorsBrowserGetsASecretWithTheFirstPageAndKeepsIt() async throws {
        try await TestServer.run(TestSite.site) { server in
            let first = await server.request("GET", "/")
            #expect(
                first.headers["set-cookie"]?.hasPrefix(
                    "__Host-browser=new-browser; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure") == true)
            #expect(first.text.contains("name=\"_token\" value=\"token-of-new-browser\""))
            let next = await server.request("GET", "/nothing", headers: ["Cookie: __Host-browser=b", "Accept: text/html"])
            #expect(next.headers["set-cookie"] == nil)
            #expect(next.text.contains("value=\"token-of-b\""))
            for path in ["/api/things", "/assets/prikke.css", "/health"] {
                #expect(await server.request("GET", path).headers["set-cookie"] == nil)
            }
        }
    }

    @Test func theThemeIsKeptByTheBrowserAndTheSwitchLeadsBack() async throws {
        try await TestServer.run(TestSite.site) { server in
            let page = await server.request("GET", "/status?a=%22b", headers: ["Cookie: __Host-browser=b; __Host-theme=dark"])
            for part in [
                "<html lang=\"en\" data-theme=\"dark\">", "<meta name=\"theme-color\" content=\"#0d1014\">",
                "name=\"return_to\" value=\"/status?a=%22b\"",
                "value=\"dark\" aria-pressed=\"true\"", "value=\"light\" aria-pressed=\"false\"",
            ] { #expect(page.text.contains(part), "\(part)") }
            let headers = ["Cookie: __Host-browser=b", "Content-Type: application/x-www-form-urlencoded"]
            let change = { (body: String) in
                await server.request("POST", "/theme", headers: headers, body: body + "&_token=token-of-b")
            }
            let back = await change("theme=system&return_to=%2Fstatus%3Fa%3D1")
            #expect(back.status == 303)
            #expect(back.headers["location"] == "/status?a=1")
            #expect(back.headers["set-cookie"]?.hasPrefix("__Host-theme=; Path=/; Max-Age=0;") == true)
            #expect(await change("theme=dark&return_to=%2F%2Fevil").headers["location"] == "/")
            #expect(await change("theme=pink").status == 422)
            let odd = await server.request("GET", "/", headers: ["Cookie: __Host-theme=%22%3E%3Cscript%3E"])
            #expect(odd.text.contains("<html lang=\"en\">"))
        }
    }

    @Test func aFlashIsSaidOnceAsText() async throws {
        try await TestServer.run(TestSite.site) { server in
            let page = await server.request("GET", "/", headers: ["Cookie: __Host-browser=b; __Host-flash=%3Cb%3ESaved.%20%C3%A9"])
            #expect(page.text.contains("<p class=\"flash\" role=\"status\" tabindex=\"-1\" autofocus>&lt;b&gt;Saved. é</p>"))
            #expect(page.headers["set-cookie"]?.hasPrefix("__Host-flash=; Path=/; Max-Age=0;") == true)
            let redirect = await server.request("HEAD", "/assets/prikke.css", headers: ["Cookie: __Host-flash=a"])
            #expect(redirect.headers["set-cookie"] == nil)
        }
    }

    @Test func whatIsToBeSaidNextBecomesACookie() {
        var response = Response.seeOther("/acme").flashing("Invite sent to “ada”.\r\nX: y")
        response.keepFlash(for: Client(address: nil, network: "n", isSecure: true))
        #expect(response.status == .seeOther)
        #expect(!response.headers.contains { $0.name.canonicalName == "prikke-flash" })
        let cookie = response.headers[.setCookie] ?? ""
        #expect(cookie.hasPrefix("__Host-flash=Invite%20sent%20to%20"))
        #expect(cookie.contains("; Max-Age=60; HttpOnly"))
    }
}
