import JSON
import Mail
import Postgres
import TestSupport
import Testing

@testable import Tenancy

@Suite(.database) struct MagicLinkTests {
    @Test func signingUpMakesTheUserAndAnOrganizationThatTheyOwn() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("Alice@Example.com", organization: "Acme")
        #expect(session.user.email.text == "alice@example.com" && session.isRecent)
        #expect(session.device == "Firefox on Linux")
        let own = try await scene.memberships.all(of: session.user.id)
        #expect(own.map(\.role) == [.owner] && own.map(\.organization.slug) == ["acme"] && own[0].organization.entitlements == Scene.free)
        #expect(try await scene.actions(own[0].organization) == ["organization.created"])
    }

    @Test func askingMakesNobody() async throws {
        let scene = try Scene()
        try await scene.magicLinks.ask(.init(email: "alice@example.com", organizationName: "Acme"), from: scene.browser())
        #expect(try await scene.count("users") == 0)
        #expect(try await scene.count("organizations") == 0)
    }

    @Test func aLinkWorksOnceHoweverManyUseItAtOnce() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let link = scene.mailed.last("sign_in")
        let count = try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<50 { tasks.addTask { try await scene.magicLinks.signIn(with: link, in: browser) != nil } }
            return try await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(count == 1)
        #expect(try await scene.count("sessions") == 1)
        #expect(try await scene.magicLinks.open(link, in: browser.browser) == .used)
    }

    @Test func lookingAtALinkUsesNothingUp() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let link = scene.mailed.last("sign_in")
        for _ in 0..<10 {
            _ = try await scene.magicLinks.open(link, in: nil)
            _ = try await scene.magicLinks.open(link, in: Token().text)
        }
        #expect(try await scene.magicLinks.open(link, in: browser.browser) == .here(try #require(EmailAddress("alice@example.com"))))
        #expect(try await scene.magicLinks.signIn(with: link, in: browser) != nil)
    }

    @Test func anotherBrowserGetsACodeAndNoSession() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let link = scene.mailed.last("sign_in")
        guard case .elsewhere(let code) = try await scene.magicLinks.open(link, in: scene.browser().browser) else {
            return #expect(Bool(false), "no code")
        }
        #expect(code.wholeMatch(of: /[0-9]{6}/) != nil)
        #expect(try await scene.magicLinks.signIn(with: link, in: scene.browser()) == nil)
        #expect(try await scene.magicLinks.signIn(withCode: code, in: browser).user.email.text == "alice@example.com")
        await #expect(throws: InvalidInput.self) { try await scene.magicLinks.signIn(withCode: code, in: browser) }
    }

    @Test func aCodeIsGoodInTheBrowserThatAskedAlone() async throws {
        let scene = try Scene()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: scene.browser())
        let code = try #require(scene.mailed.all("sign_in").last).code
        await #expect(throws: InvalidInput.self) { try await scene.magicLinks.signIn(withCode: code, in: scene.browser()) }
    }

    @Test func afterFiveWrongCodesTheLinkIsDead() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let token = try #require(scene.mailed.all("sign_in").last)
        let wrong = token.code == "000000" ? "000001" : "000000"
        for _ in 0..<5 { await #expect(throws: InvalidInput.self) { try await scene.magicLinks.signIn(withCode: wrong, in: browser) } }
        await #expect(throws: InvalidInput.self) { try await scene.magicLinks.signIn(withCode: token.code, in: browser) }
        #expect(try await scene.magicLinks.signIn(with: token.text, in: browser) == nil)
        #expect(try await scene.magicLinks.open(token.text, in: browser.browser) == .gone)
    }

    @Test func aLinkIsDeadAfterTenMinutes() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let lifetime: Int64 = try await scene.database.query(
            "SELECT extract(epoch FROM expires_at - created_at)::bigint AS n FROM magic_links"
        ).only("n")
        #expect(lifetime == 600)
        try await scene.database.query("UPDATE magic_links SET expires_at = now()")
        #expect(try await scene.magicLinks.signIn(with: scene.mailed.last("sign_in"), in: browser) == nil)
        #expect(try await scene.magicLinks.open(scene.mailed.last("sign_in"), in: browser.browser) == .gone)
    }

    @Test func aLaterLinkOfTheSameBrowserEndsTheEarlier() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        for _ in 0..<2 { try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser) }
        let links = scene.mailed.all("sign_in").map(\.text)
        #expect(try await scene.magicLinks.signIn(with: links[0], in: browser) == nil)
        #expect(try await scene.magicLinks.signIn(with: links[1], in: browser) != nil)
    }

    @Test func whoAsksForAnothersAddressDoesNotEndHisLink() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let link = scene.mailed.last("sign_in")
        for _ in 0..<20 { try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: scene.browser()) }
        #expect(try await scene.magicLinks.signIn(with: link, in: browser) != nil)
    }

    @Test func anAddressIsMailedThreeLinksInAQuarterOfAnHour() async throws {
        let scene = try Scene()
        for _ in 0..<10 { try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: scene.browser()) }
        #expect(scene.mailed.all("sign_in").count == 3)
        try await scene.magicLinks.ask(.init(email: "bob@example.com"), from: scene.browser())
        #expect(scene.mailed.all("sign_in").count == 4)
    }

    @Test func aNetworkGetsTwentyLinksAnHourAndUsesUpNobodysAddress() async throws {
        let scene = try Scene()
        for number in 0..<30 {
            try await scene.magicLinks.ask(.init(email: "a\(number)@example.com"), from: scene.browser(network: "203.0.113.7"))
        }
        #expect(scene.mailed.all("sign_in").count == 20)
        #expect(try await scene.magicLinks.ask(.init(email: "a29@example.com"), from: scene.browser(network: "203.0.113.8")))
    }

    @Test func aBrowserThatIsKnownIsNotKeptOutByOthersAsking() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        _ = try await scene.signIn("alice@example.com", in: browser)
        for _ in 0..<10 { try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: scene.browser()) }
        #expect(try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser))
    }

    @Test func aSignInFromAnotherBrowserIsToldByMail() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        _ = try await scene.signIn("alice@example.com", in: browser)
        _ = try await scene.signIn("alice@example.com", in: browser)
        #expect(try await scene.count("outbox WHERE kind = 'new_sign_in'") == 0)
        _ = try await scene.signIn("alice@example.com")
        #expect(try await scene.count("outbox WHERE kind = 'new_sign_in'") == 1)
    }

    @Test func tokensAreLongRandomAndStoredAsHashesAlone() async throws {
        let tokens = (0..<10_000).map { _ in Token().text }
        #expect(Set(tokens).count == 10_000 && Set(tokens.map(\.count)) == [43])
        #expect(Set(tokens.map { $0.prefix(8) }).count == 10_000)
        let scene = try Scene()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: scene.browser())
        let row: String = try await scene.database.query("SELECT to_jsonb(m)::text AS row FROM magic_links m").only("row")
        #expect(!row.contains(scene.mailed.last("sign_in")))
    }

    @Test(arguments: ["new_address", "old_address", "invite"])
    func aTokenOfAnotherKindSignsNobodyIn(kind: String) async throws {
        let scene = try Scene()
        let browser = scene.browser()
        let session = try await scene.signIn("alice@example.com", in: browser, organization: "Acme")
        let acme = try #require(try await scene.memberships.all(of: session.user.id).first).organization
        try await scene.users.askToChangeAddress(to: "new@example.com", in: session)
        _ = try await scene.invites.send(to: "bob@example.com", as: .member, for: scene.access(session, to: acme))
        if kind == "old_address" { try await scene.users.changeAddress(with: scene.mailed.last("new_address"), in: session) }
        let token = scene.mailed.last(kind)
        #expect(!token.isEmpty)
        #expect(try await scene.magicLinks.signIn(with: token, in: browser) == nil)
        #expect(try await scene.magicLinks.open(token, in: browser.browser) == .gone)
    }

    @Test func aLinkToSignInIsGoodForNothingElse() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("alice@example.com")
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: scene.browser())
        let token = scene.mailed.last("sign_in")
        await #expect(throws: Denial.notFound) { try await scene.users.changeAddress(with: token, in: session) }
        await #expect(throws: Denial.notFound) { try await scene.users.takeAddressBack(with: token) }
        #expect(try await scene.invites.find(token, for: session.user) == nil)
    }

    @Test(arguments: [
        "a@x.example,b@y.example", "a@x.example;b@y.example", "a@x.example b@y.example", "a@x.example\nb@y.example", "\"a@x\"@y.example",
        "<a@x.example>", "a@x.example.", "a@x.example\u{0}", String(repeating: "a", count: 400) + "@x.example", "аlice@example.com",
        "alıce@example.com", "e\u{301}@example.com", "a@exaſmple.com", "", "a", "a@b",
    ])
    func whatIsNotOnePlainAddressIsRefused(email: String) async throws {
        let scene = try Scene()
        let error = await #expect(throws: InvalidInput.self) { try await scene.magicLinks.ask(.init(email: email), from: scene.browser()) }
        #expect(error?.errors.map(\.pointer) == ["/email"])
        #expect(try await scene.count("magic_links") == 0)
    }
}
