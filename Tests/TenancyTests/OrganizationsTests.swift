import JSON
import Postgres
import Secrets
import TestSupport
import Testing
import Time

@testable import Tenancy

@Suite(.database) struct OrganizationsTests {
    @Test func foundingMakesTheOrganizationItsOwnerAndAKeyThatOpens() async throws {
        let scene = try Scene()
        let founded = try await scene.found("Acme & Söhne")
        #expect(founded.organization.slug == "acme-sohne" && founded.organization.name == "Acme & Söhne")
        #expect(founded.organization.timezone == "UTC" && founded.organization.entitlements == Scene.entitlements)

        let access = try #require(try await scene.keys.authenticate(founded.key.text))
        #expect(access.organization.id == founded.organization.id && access.entitlements == Scene.entitlements)
        #expect(access.scopes == Set(Scope.allCases) && access.actor == .key(founded.key.id))
        let role: String = try await scene.database.query("SELECT role FROM memberships WHERE user_id = \(founded.owner.id)").only("role")
        #expect(role == "owner")
        let found = try await scene.organizations.access(toSlug: "acme-sohne")
        #expect(found?.organization.id == founded.organization.id && found?.actor == .operator)
        #expect(try await scene.organizations.access(toSlug: "acme") == nil)
    }

    @Test func itsSigningSecretOpensForItAlone() async throws {
        let scene = try Scene()
        let (acme, other) = (try await scene.found(), try await scene.found("Other"))
        let sealed: [UInt8] = try await scene.database.query(
            "SELECT sealed FROM signing_secrets WHERE organization_id = \(acme.organization.id)"
        ).only("sealed")
        #expect(scene.signing.open([sealed], of: acme.organization.id).map(\.count) == [32])
        #expect(scene.signing.open([sealed], of: other.organization.id).isEmpty)
    }

    @Test func aSlugThatIsTakenGetsATail() async throws {
        let scene = try Scene()
        let slugs = [try await scene.found().organization.slug, try await scene.found().organization.slug]
        #expect(slugs[0] == "acme" && slugs[1].wholeMatch(of: /acme-[0-9a-z]{4}/) != nil)
        let long = String(repeating: "a", count: 60)
        let longSlugs = [try await scene.found(long).organization.slug, try await scene.found(long).organization.slug]
        #expect(longSlugs.map(\.count) == [40, 40] && longSlugs[0] != longSlugs[1])
    }

    @Test func tenWithOneNameAtOnceAllGetASlug() async throws {
        let scene = try Scene()
        let slugs = try await withThrowingTaskGroup(of: String.self) { tasks in
            for number in 0..<10 {
                tasks.addTask { try await scene.found("Acme", ownedBy: "a\(number)@example.com").organization.slug }
            }
            return try await tasks.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(slugs.count == 10)
    }

    @Test(arguments: ["Admin", "API", "dashboard", "Web-hooks", "New!", "a", "日", "💥"])
    func aReservedOrTooShortSlugGetsATail(name: String) async throws {
        let slug = try await Scene().found(name).organization.slug
        #expect(slug.wholeMatch(of: /[a-z0-9-]{3,40}/) != nil)
        if name != "Web-hooks" { #expect(slug.wholeMatch(of: /.*-[0-9a-z]{4}/) != nil, "\(slug)") }
    }

    @Test func anAddressThatIsKnownIsThatPerson() async throws {
        let scene = try Scene()
        let (first, second) = (try await scene.found(), try await scene.found("Other", ownedBy: "ALICE@Example.com"))
        #expect(first.owner.id == second.owner.id && first.organization.id != second.organization.id)
        let users: Int64 = try await scene.database.query("SELECT count(*) AS n FROM users").only("n")
        #expect(users == 1)
    }

    @Test(arguments: [
        ("", "/name too_short"), ("   ", "/name too_short"), ("a\nb", "/name not_allowed"), ("a\u{0}", "/name not_allowed"),
        (String(repeating: "a", count: 101), "/name too_long"),
        // 51 characters to the eye, 102 to the database.
        (String(repeating: "e\u{301}", count: 51), "/name too_long"),
    ])
    func aNameThatIsNoneIsRefused(name: String, fault: String) async throws {
        let scene = try Scene()
        let error = try await #require(throws: InvalidInput.self) { try await scene.found(name) }
        #expect(error.errors.map { "\($0.pointer) \($0.code)" } == [fault])
    }

    @Test func aNameAsLongAsAllowedIsTakenAndTrimmed() async throws {
        let name = String(repeating: "é", count: 100)
        #expect(try await Scene().found("  \(name) ").organization.name == name)
    }

    @Test func anAddressThatIsNoneFoundsNothing() async throws {
        let scene = try Scene()
        let error = try await #require(throws: InvalidInput.self) { try await scene.found("Acme", ownedBy: "a@x.example,b@y.example") }
        #expect(error.errors.map(\.pointer) == ["/email"])
        let count: Int64 = try await scene.database.query("SELECT count(*) AS n FROM organizations").only("n")
        #expect(count == 0)
    }
}
