import JSON
import Postgres
import TestSupport
import Testing

@testable import Tenancy

@Suite(.database) struct SessionsTests {
    @Test func aSessionEndsThirtyDaysAfterItsLastUseAndNinetyInAll() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let cookie = try #require(try await scene.magicLinks.signIn(with: scene.mailed.last("sign_in"), in: browser)).token.text
        #expect(try await scene.sessions.find(cookie) != nil)
        for (column, days) in [("last_used_at", 30), ("created_at", 90)] {
            try await scene.database.query(
                "UPDATE sessions SET last_used_at = now(), created_at = now() - interval '1 day'")
            #expect(try await scene.sessions.find(cookie) != nil)
            try await scene.database.query("UPDATE sessions SET \(unsafe: column) = now() - \(Int64(days)) * interval '1 day'")
            #expect(try await scene.sessions.find(cookie) == nil)
        }
    }

    @Test func itsUseIsNotedOnceInFiveMinutes() async throws {
        let scene = try Scene()
        let browser = scene.browser()
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let cookie = try #require(try await scene.magicLinks.signIn(with: scene.mailed.last("sign_in"), in: browser)).token.text
        try await scene.database.query("UPDATE sessions SET last_used_at = now() - interval '4 minutes'")
        let first = try #require(try await scene.sessions.find(cookie)).lastUsedAt
        #expect(try #require(try await scene.sessions.find(cookie)).lastUsedAt == first)
        try await scene.database.query("UPDATE sessions SET last_used_at = now() - interval '6 minutes'")
        _ = try await scene.sessions.find(cookie)
        #expect(try #require(try await scene.sessions.find(cookie)).lastUsedAt > first)
    }

    @Test func oneOrAllOthersAreEndedAndOnlyOnesOwn() async throws {
        let scene = try Scene()
        let sessions = [try await scene.signIn("alice@example.com"), try await scene.signIn("alice@example.com")]
        let bob = try await scene.signIn("bob@example.com")
        await #expect(throws: Denial.notFound) { try await scene.sessions.end(bob.id.text, of: sessions[0].user.id) }
        try await scene.sessions.end(sessions[0].id.text, of: sessions[0].user.id)
        #expect(try await scene.sessions.all(of: sessions[0].user.id).map(\.id) == [sessions[1].id])
        _ = try await scene.signIn("alice@example.com")
        try await scene.sessions.endAll(of: sessions[0].user.id, but: sessions[1].id)
        #expect(try await scene.sessions.all(of: sessions[0].user.id).map(\.id) == [sessions[1].id])
        #expect(try await scene.sessions.all(of: bob.user.id).count == 1)
    }

    @Test(arguments: ["", "x", String(repeating: "a", count: 43), String(repeating: "z", count: 43), String(repeating: "a", count: 10_000)])
    func aCookieThatIsNoneSignsNobodyIn(cookie: String) async throws {
        #expect(try await Scene().sessions.find(cookie) == nil)
    }
}

@Suite(.database) struct AddressTests {
    @Test func anAddressChangesWhenTheNewOneConfirmsAndTheOthersSessionsEnd() async throws {
        let scene = try Scene()
        _ = try await scene.signIn("alice@example.com")
        let session = try await scene.signIn("alice@example.com")
        try await scene.users.askToChangeAddress(to: "new@example.com", in: session)
        #expect(try await scene.sessions.all(of: session.user.id)[0].user.email.text == "alice@example.com")
        let link = scene.mailed.last("new_address")
        #expect(try await scene.users.newAddress(link, of: session.user.id)?.text == "new@example.com")
        try await scene.users.changeAddress(with: link, in: session)
        let left = try await scene.sessions.all(of: session.user.id)
        #expect(left.map(\.id) == [session.id] && left[0].user.email.text == "new@example.com")
        await #expect(throws: Denial.notFound) { try await scene.users.changeAddress(with: link, in: session) }
    }

    @Test func theOldAddressTakesItBackWithinThreeDays() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("alice@example.com")
        try await scene.users.askToChangeAddress(to: "new@example.com", in: session)
        try await scene.users.changeAddress(with: scene.mailed.last("new_address"), in: session)
        let undo = scene.mailed.last("old_address")
        #expect(try await scene.users.oldAddress(undo)?.text == "alice@example.com")
        try await scene.users.takeAddressBack(with: undo)
        #expect(try await scene.sessions.all(of: session.user.id).isEmpty)
        #expect(try await scene.signIn("alice@example.com").user.id == session.user.id)
        await #expect(throws: Denial.notFound) { try await scene.users.takeAddressBack(with: undo) }
        let lifetime: Int64 = try await scene.database.query(
            "SELECT extract(epoch FROM expires_at - created_at)::bigint AS n FROM magic_links WHERE purpose = 'old_address'"
        ).only("n")
        #expect(lifetime == 72 * 3_600)
    }

    /// Whoever steals a session changes the address twice, to take the first change's way back along.
    @Test func theFirstAddressOutranksLaterOnes() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("alice@example.com")
        for email in ["b@example.com", "c@example.com"] {
            let session = try #require(try await scene.sessions.all(of: session.user.id).first)
            try await scene.users.askToChangeAddress(to: email, in: session)
            try await scene.users.changeAddress(with: scene.mailed.last("new_address"), in: session)
        }
        let ways = scene.mailed.all("old_address").map(\.text)
        try await scene.users.takeAddressBack(with: ways[1])
        try await scene.users.takeAddressBack(with: ways[0])
        #expect(try await scene.signIn("alice@example.com").user.id == session.user.id)
    }

    @Test func anEarlierAddressTakenBackEndsTheWaysToLaterOnes() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("alice@example.com")
        for email in ["b@example.com", "c@example.com"] {
            let session = try #require(try await scene.sessions.all(of: session.user.id).first)
            try await scene.users.askToChangeAddress(to: email, in: session)
            try await scene.users.changeAddress(with: scene.mailed.last("new_address"), in: session)
        }
        let ways = scene.mailed.all("old_address").map(\.text)
        try await scene.users.takeAddressBack(with: ways[0])
        await #expect(throws: Denial.notFound) { try await scene.users.takeAddressBack(with: ways[1]) }
    }

    @Test func nobodySignsUpInTheWayOfTakingAnAddressBack() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("alice@example.com")
        try await scene.users.askToChangeAddress(to: "thief@example.com", in: session)
        try await scene.users.changeAddress(with: scene.mailed.last("new_address"), in: session)
        await #expect(throws: Denial.addressReserved) { try await scene.signIn("alice@example.com") }
        try await scene.users.takeAddressBack(with: scene.mailed.all("old_address")[0].text)
        #expect(try await scene.signIn("alice@example.com").user.id == session.user.id)
    }

    @Test func aLinkToTheOldAddressIsDeadAfterTheChange() async throws {
        let scene = try Scene()
        let (browser, session) = (scene.browser(), try await scene.signIn("alice@example.com"))
        try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: browser)
        let link = scene.mailed.last("sign_in")
        try await scene.users.askToChangeAddress(to: "new@example.com", in: session)
        try await scene.users.changeAddress(with: scene.mailed.last("new_address"), in: session)
        #expect(try await scene.magicLinks.signIn(with: link, in: browser) == nil)
    }

    @Test func anAddressOfSomebodyElseStaysHis() async throws {
        let scene = try Scene()
        let (alice, bob) = (try await scene.signIn("alice@example.com"), try await scene.signIn("bob@example.com"))
        try await scene.users.askToChangeAddress(to: "bob@example.com", in: alice)
        await #expect(throws: Denial.addressTaken) {
            try await scene.users.changeAddress(with: scene.mailed.last("new_address"), in: alice)
        }
        #expect(try await scene.signIn("bob@example.com").user.id == bob.user.id)
    }

    @Test func anothersLinkChangesNothing() async throws {
        let scene = try Scene()
        let (alice, bob) = (try await scene.signIn("alice@example.com"), try await scene.signIn("bob@example.com"))
        try await scene.users.askToChangeAddress(to: "new@example.com", in: alice)
        let link = scene.mailed.last("new_address")
        #expect(try await scene.users.newAddress(link, of: bob.user.id) == nil)
        await #expect(throws: Denial.notFound) { try await scene.users.changeAddress(with: link, in: bob) }
    }

    @Test func dangerousActsTakeARecentSignIn() async throws {
        let scene = try Scene()
        _ = try await scene.signIn("alice@example.com")
        try await scene.database.query("UPDATE sessions SET created_at = now() - interval '11 minutes'")
        let user: ID<User> = try await scene.database.query("SELECT id FROM users").only("id")
        let old = try await scene.sessions.all(of: user)[0]
        #expect(!old.isRecent)
        await #expect(throws: Denial.recentSignInNeeded) { try await scene.users.askToChangeAddress(to: "new@example.com", in: old) }
        await #expect(throws: Denial.recentSignInNeeded) { try await scene.users.erase(in: old) }
    }
}
