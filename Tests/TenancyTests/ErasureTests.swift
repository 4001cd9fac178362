import Logging
import Postgres
import TestSupport
import Testing
import Time

@testable import Tenancy

/// After a user was erased, no table knows who it was.
@Suite(.database, .timeLimit(.minutes(1))) struct UserErasureTests {
    /// Alice founded Acme, handed it to Adam, invited and was invited, made a key, changed roles: all that leaves traces.
    private func used() async throws -> (cast: Cast, key: APIKey.Issued) {
        let cast = try await Cast()
        let scene = cast.scene
        _ = try await scene.signIn("alice@example.com")
        let access = try await cast.access(cast.alice)
        let key = try await scene.keys.issue(.init(name: "Deploy", scopes: [.read, .manage]), for: access)
        _ = try await scene.invites.send(to: "ivy@example.com", as: .viewer, for: access)
        let other = try #require(try await scene.memberships.all(of: cast.charlie.user.id).first).organization
        // Other's plan has room for two.
        let charlie = try await scene.access(cast.charlie, to: other)
        let invite = try await scene.invites.send(to: "alice@example.com", as: .member, for: charlie)
        _ = try await scene.invites.accept(invite, as: cast.alice.user, from: Origin(.page, from: "192.0.2.1"))
        _ = try await scene.memberships.change(cast.alice.user.id, to: .viewer, for: charlie)
        // A third one's invite stays open.
        let third = try await scene.found("Third", ownedBy: "theo@example.com")
        try await scene.database.query("DELETE FROM rate_counts")
        _ = try await scene.invites.send(to: "alice@example.com", as: .member, for: scene.access(third))
        try await scene.users.askToChangeAddress(to: "alice.new@example.com", in: cast.alice)
        _ = try await scene.magicLinks.ask(.init(email: "alice@example.com"), from: scene.browser())
        _ = try await scene.memberships.transfer(to: cast.adam.user.id, for: access, in: cast.alice)
        return (cast, key)
    }

    @Test func noRowHoldsTheIdOrTheAddress() async throws {
        let (cast, key) = try await used()
        let (id, database) = (cast.alice.user.id, TestDatabase.current)
        let before = try await database.rowsHolding(id)
        for table in ["users", "memberships", "sessions", "known_browsers", "audit_log", "api_keys", "invites", "magic_links"] {
            #expect(before[table] ?? 0 > 0, "what the test is about is there: \(table)")
        }
        let addressed = try await database.rowsHolding("alice@example.com")
        for table in ["users", "audit_log", "invites", "magic_links", "outbox"] { #expect(addressed[table] ?? 0 > 0, "\(table)") }
        let lines = try await cast.scene.count("audit_log")

        try await cast.scene.users.erase(in: cast.alice)
        #expect(try await database.rowsHolding(id) == ["erasures": 1])
        #expect(try await database.rowsHolding("alice@example.com") == [:])
        #expect(try await database.rowsHolding("alice.new@example.com") == [:])
        #expect(try await cast.scene.count("audit_log") == lines + 2, "no line is lost, and both organizations are told")
        // What the others have is as it was, and her key goes on, but for what only her role allowed.
        #expect(try await cast.role(of: cast.adam) == .owner)
        let access = try #require(try await cast.scene.keys.authenticate(key.text))
        #expect(access.may(.seeJobs) && !access.may(.manageKeys))
        #expect(try await cast.scene.count("invites WHERE email = 'ivy@example.com' AND invited_by IS NULL") == 1)
    }

    @Test func otherOwnersInTheLogStay() async throws {
        let (cast, _) = try await used()
        try await cast.scene.users.erase(in: cast.alice)
        let entry = try #require(
            try await cast.scene.auditLog.page(.init(action: "organization.transferred"), after: nil, limit: 1, for: cast.access(cast.adam))
                .first)
        #expect(entry.before == ["owner": "usr_erased"] && entry.after == ["owner": .string(cast.adam.user.id.text)])
    }

    @Test func aLastOwnerIsToldOfWhatAndNothingIsErased() async throws {
        let cast = try await Cast()
        let before = try await TestDatabase.current.rowsHolding(cast.alice.user.id)
        await #expect(throws: Denial.ownsOrganizations(["Acme"])) { try await cast.scene.users.erase(in: cast.alice) }
        #expect(try await TestDatabase.current.rowsHolding(cast.alice.user.id) == before)
    }

    /// The address was changed in another browser after this session was looked up.
    @Test func theAddressOfTheMomentIsWhatGoes() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("alice@example.com")
        try await scene.database.query("UPDATE users SET email = 'later@example.com'")
        _ = try await scene.magicLinks.ask(.init(email: "later@example.com"), from: scene.browser())
        try await scene.users.erase(in: session)
        #expect(try await TestDatabase.current.rowsHolding("later@example.com") == [:])
        await #expect(throws: Denial.notFound) { try await scene.users.erase(in: session) }
    }

    @Test func whoComesBackIsSomebodyElse() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("alice@example.com")
        try await scene.users.erase(in: session)
        #expect(try await scene.sessions.all(of: session.user.id).isEmpty)
        #expect(try await scene.signIn("alice@example.com").user.id != session.user.id)
    }
}

/// What is over goes by itself.
@Suite(.database) struct EraserTests {
    private func sweep(_ scene: Scene) async throws {
        try await Eraser(scene.database, jobs: .none, logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }).sweep()
    }

    @Test(arguments: [
        ("magic_links", "expires_at = now() - interval '23 hours'", "expires_at = now() - interval '25 hours'"),
        ("sessions", "last_used_at = now() - interval '29 days'", "last_used_at = now() - interval '31 days'"),
        ("sessions", "created_at = now() - interval '89 days'", "created_at = now() - interval '91 days'"),
        ("invites", "expires_at = now() - interval '29 days'", "expires_at = now() - interval '31 days'"),
        ("former_slugs", "until = now() + interval '1 minute'", "until = now() - interval '1 second'"),
        ("known_browsers", "last_seen_at = now() - interval '399 days'", "last_seen_at = now() - interval '401 days'"),
        ("rate_counts", "window_end = now() + interval '1 minute'", "window_end = now() - interval '1 second'"),
    ])
    func whatIsOverIsSweptAndNothingElse(table: String, young: String, old: String) async throws {
        let cast = try await Cast()
        let access = try await cast.access(cast.alice)
        _ = try await cast.scene.invites.send(to: "ivy@example.com", as: .viewer, for: access)
        _ = try await cast.scene.organizations.change(["slug": "acme-inc"], for: access)
        let all = try await cast.scene.count("\(unsafe: table)")
        #expect(all > 0)
        try await cast.scene.database.query("UPDATE \(unsafe: table) SET \(unsafe: young)")
        try await sweep(cast.scene)
        #expect(try await cast.scene.count("\(unsafe: table)") == all)
        try await cast.scene.database.query("UPDATE \(unsafe: table) SET \(unsafe: old)")
        try await sweep(cast.scene)
        #expect(try await cast.scene.count("\(unsafe: table)") == 0)
        #expect(try await cast.scene.count("organizations") == 2)
        #expect(try await cast.scene.count("users") == 5)
    }

    @Test func anOrganizationGoesAfterSevenDaysAndNotBefore() async throws {
        let cast = try await Cast()
        try await cast.scene.organizations.delete(for: cast.access(cast.alice), in: cast.alice)
        try await sweep(cast.scene)
        try await cast.scene.database.query("UPDATE organizations SET deleted_at = now() - interval '167 hours' WHERE slug = 'acme'")
        try await sweep(cast.scene)
        #expect(try await cast.scene.count("organizations WHERE slug = 'acme'") == 1)
        try await cast.scene.database.query("UPDATE organizations SET deleted_at = now() - interval '169 hours' WHERE slug = 'acme'")
        async let first: Void = sweep(cast.scene)
        async let second: Void = sweep(cast.scene)
        _ = try await (first, second)
        #expect(try await TestDatabase.current.rowsHolding(cast.acme.id) == ["erasures": 1])
        #expect(try await cast.scene.count("organizations") == 1)
    }
}
