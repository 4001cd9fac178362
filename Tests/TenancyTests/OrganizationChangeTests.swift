import JSON
import Postgres
import Synchronization
import TestSupport
import Testing
import Time

@testable import Tenancy

@Suite(.database) struct OrganizationChangeTests {
    @Test func itIsRenamedAndSaysWhatChanged() async throws {
        let cast = try await Cast()
        let access = try await cast.access(cast.adam)
        let changed = try await cast.scene.organizations.change(["name": "Acme & Co", "timezone": "Europe/Oslo"], for: access)
        #expect(changed.name == "Acme & Co" && changed.timezone == "Europe/Oslo" && changed.slug == "acme")
        let entry = try #require(try await cast.scene.auditLog.page(after: nil, limit: 1, for: access).first)
        #expect(entry.before == ["name": "Acme", "timezone": "UTC"] && entry.after == ["name": "Acme & Co", "timezone": "Europe/Oslo"])
        #expect(entry.actor == .user(cast.adam.user.id) && entry.way == .page && entry.address == "192.0.2.1")
    }

    @Test func aChangeThatChangesNothingIsNotWrittenDown() async throws {
        let cast = try await Cast()
        _ = try await cast.scene.organizations.change(["name": "Acme"], for: cast.access(cast.alice))
        #expect(try await Set(cast.scene.actions(cast.acme)) == ["organization.created", "api_key.created"])
        #expect(try await cast.scene.actions(cast.acme).count == 2)
    }

    @Test func theOldSlugLeadsToTheNewOneForMembersAlone() async throws {
        let cast = try await Cast()
        _ = try await cast.scene.organizations.change(["slug": "acme-inc"], for: cast.access(cast.alice))
        #expect(try await cast.scene.organizations.slug(after: "acme", for: cast.victor.user) == "acme-inc")
        #expect(try await cast.scene.organizations.slug(after: "acme", for: cast.charlie.user) == nil)
        // Nobody else gets it meanwhile; the organization itself does.
        #expect(try await cast.scene.found("Acme", ownedBy: "olga@example.com").organization.slug != "acme")
        let other = try await cast.scene.memberships.all(of: cast.charlie.user.id)[0].organization
        let error = await #expect(throws: InvalidInput.self) {
            try await cast.scene.organizations.change(["slug": "acme"], for: cast.scene.access(cast.charlie, to: other))
        }
        #expect(error?.errors.map { "\($0.pointer) \($0.code)" } == ["/slug taken"])
        let renamed = try await cast.scene.memberships.all(of: cast.alice.user.id)[0].organization
        let back = try await cast.scene.organizations.change(["slug": "acme"], for: cast.scene.access(cast.alice, to: renamed))
        #expect(back.slug == "acme")
        try await cast.scene.database.query("UPDATE former_slugs SET until = now()")
        #expect(try await cast.scene.organizations.slug(after: "acme-inc", for: cast.alice.user) == nil)
    }

    @Test(arguments: [
        ("slug", "other", "taken"), ("slug", "api", "reserved"), ("slug", "ab", "invalid_format"), ("slug", "-abc", "invalid_format"),
        ("slug", "Abc", "invalid_format"), ("slug", "a/b/c", "invalid_format"), ("timezone", "Mars/Base", "unknown_zone"),
        ("timezone", "../etc/passwd", "unknown_zone"), ("name", "http://evil.example", "not_allowed"),
        ("name", "win.evil.com", "not_allowed"),
        ("name", "a\u{202E}b", "not_allowed"), ("name", "(evil.com)", "not_allowed"), ("name", "evil.com:8080", "not_allowed"),
        ("name", "evil。com", "not_allowed"), ("name", "ｅvil．com", "not_allowed"), ("name", "1.2.3.4", "not_allowed"),
        ("name", "evil.xn--p1ai", "not_allowed"),
        ("name", "a\r\nBcc: x", "not_allowed"),
    ])
    func whatItCannotBeIsRefused(member: String, value: String, code: String) async throws {
        let cast = try await Cast()
        let access = try await cast.access(cast.alice)
        let error = await #expect(throws: InvalidInput.self) {
            try await cast.scene.organizations.change(.object([member: .string(value)]), for: access)
        }
        #expect(error?.errors.map { "\($0.pointer) \($0.code)" } == ["/\(member) \(code)"])
    }

    @Test(arguments: ["Acme Inc.", "A.B. Smith", "J. R. R.", "Ltd.", "3.5 Percent", "Søren & Co."])
    func aNameWithDotsIsNoAddress(name: String) async throws {
        #expect(try await Scene().found(name).organization.name == name)
    }

    @Test func whatIsDeletedLetsNobodyInAndComesBackAsItWas() async throws {
        let calls = Mutex<[String]>([])
        let jobs = JobsOfOrganization(
            stop: { _, _, _ in calls.withLock { $0.append("stop") } }, restart: { _, _, _ in calls.withLock { $0.append("restart") } },
            erase: { _ in true })
        let cast = try await Cast(jobs: jobs)
        try await cast.scene.organizations.delete(for: cast.access(cast.alice), in: cast.alice)
        #expect(try await cast.role(of: cast.alice) == nil)
        #expect(try await cast.role(of: cast.bob) == nil)
        #expect(try await cast.scene.memberships.all(of: cast.bob.user.id).isEmpty)
        let own = try #require(try await cast.scene.memberships.all(of: cast.alice.user.id).first)
        #expect(own.erasedAt != nil)
        #expect(try await cast.scene.count("outbox WHERE kind = 'deletion_scheduled'") == 1)
        await #expect(throws: Denial.notFound) {
            try await cast.scene.organizations.restore("acme", ownedBy: cast.bob.user, from: Origin(.page))
        }
        _ = try await cast.scene.organizations.restore("acme", ownedBy: cast.alice.user, from: Origin(.page))
        #expect(try await cast.role(of: cast.bob) == .member)
        #expect(calls.withLock { $0 } == ["stop", "restart"])
    }

    @Test func afterSevenDaysAndOnceErasingHasBegunItDoesNotComeBack() async throws {
        let cast = try await Cast()
        try await cast.scene.organizations.delete(for: cast.access(cast.alice), in: cast.alice)
        for change: Query in [
            "UPDATE organizations SET deleted_at = now() - interval '8 days' WHERE slug = 'acme'",
            "UPDATE organizations SET deleted_at = now(), erasing_at = now() WHERE slug = 'acme'",
        ] {
            try await cast.scene.database.query(change)
            await #expect(throws: Denial.notFound) {
                try await cast.scene.organizations.restore("acme", ownedBy: cast.alice.user, from: Origin(.page))
            }
        }
    }

    @Test func onlyASignInOfTheLastTenMinutesDeletes() async throws {
        let cast = try await Cast()
        let access = try await cast.access(cast.alice)
        try await cast.scene.database.query("UPDATE sessions SET created_at = now() - interval '11 minutes'")
        let old = try await cast.scene.sessions.all(of: cast.alice.user.id)[0]
        await #expect(throws: Denial.recentSignInNeeded) { try await cast.scene.organizations.delete(for: access, in: old) }
    }

    @Test func theAuditLogIsNotChanged() async throws {
        let cast = try await Cast()
        for statement: Query in ["UPDATE audit_log SET actor = 'system', actor_id = NULL", "DELETE FROM audit_log"] {
            await #expect(throws: PostgresError.self) { try await cast.scene.database.query(statement) }
        }
        #expect(try await cast.scene.count("audit_log WHERE organization_id = \(cast.acme.id)") == 2)
    }
}
