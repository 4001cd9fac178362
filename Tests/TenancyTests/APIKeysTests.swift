import Postgres
import Secrets
import TestSupport
import Testing
import Time

@testable import Tenancy

@Suite(.database) struct APIKeysTests {
    /// `text` with a character of its secret replaced so that its checksum is right again.
    private func forged(_ text: String, changing position: Int) throws -> String {
        let mark = ".sk_live_"
        let at = try #require(text.firstRange(of: mark))
        var secret = Array(text[at.upperBound...].dropLast(6).utf8)
        let index = position < 0 ? secret.count + position : position
        secret[index] = secret[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        let random = String(decoding: secret, as: UTF8.self)
        return text[..<at.upperBound] + random + Base62.encode(Array(Hash.sha256(random.utf8).prefix(4)))
    }

    @Test func aWrongSecretIsRefusedWhereverItDiffers() async throws {
        let scene = try Scene()
        let text = try await scene.found().key.text
        for position in [0, 10, -1] {
            let wrong = try forged(text, changing: position)
            // It is a key like any other; only its secret is not the one.
            #expect(APIKey.Credentials(wrong) != nil && wrong != text)
            #expect(try await scene.keys.authenticate(wrong) == nil)
        }
        #expect(try await scene.keys.authenticate(text) != nil)
    }

    @Test func anUnknownKeyAndOneOfAnotherSecretAreRefused() async throws {
        let scene = try Scene()
        let (acme, other) = (try await scene.found().key.text, try await scene.found("Other").key.text)
        #expect(try await scene.keys.authenticate(APIKey.Credentials().text) == nil)
        let mixed = acme.prefix { $0 != "." } + "." + other.drop { $0 != "." }.dropFirst()
        #expect(try await scene.keys.authenticate(String(mixed)) == nil)
    }

    @Test func aKeyEndsWhenItExpires() async throws {
        let scene = try Scene()
        let founded = try await scene.organizations.found(
            name: "Acme", ownedBy: "alice@example.com", entitlements: Scene.entitlements, keyExpiresAfter: .seconds(3_600))
        #expect(try await scene.keys.authenticate(founded.key.text) != nil)
        try await scene.database.query("UPDATE api_keys SET expires_at = now() WHERE id = \(founded.key.id)")
        #expect(try await scene.keys.authenticate(founded.key.text) == nil)
    }

    @Test func aRevokedKeyIsRefusedFromTheNextCallOn() async throws {
        let scene = try Scene()
        let founded = try await scene.found()
        let second = try await scene.keys.issue(.init(name: "Second", scopes: [.read]), for: scene.access(founded))
        #expect(try await scene.keys.authenticate(second.text) != nil)
        try await scene.keys.revoke(scene.keys.find(second.id.text, for: scene.access(founded)), for: scene.access(founded))
        #expect(try await scene.keys.authenticate(second.text) == nil)
        #expect(try await scene.keys.authenticate(founded.key.text) != nil)
    }

    @Test func anotherOrganizationsKeyIsNotRevoked() async throws {
        let scene = try Scene()
        let (acme, other) = (try await scene.found(), try await scene.found("Other"))
        let key = try await scene.keys.find(acme.key.id.text, for: scene.access(acme))
        try await scene.keys.revoke(key, for: scene.access(other))
        #expect(try await scene.keys.authenticate(acme.key.text) != nil)
        await #expect(throws: Denial.notFound) { try await scene.keys.find(acme.key.id.text, for: scene.access(other)) }
        #expect(try await scene.keys.all(for: scene.access(other)).map(\.id) == [other.key.id])
    }

    @Test func duringARotationBothSecretsOpenAndThenTheNewOne() async throws {
        let scene = try Scene()
        let founded = try await scene.found()
        let key = try await scene.keys.find(founded.key.id.text, for: scene.access(founded))
        let new = try await scene.keys.rotate(key, overlapHours: 24, for: scene.access(founded)).text
        #expect(try await scene.keys.authenticate(founded.key.text) != nil)
        #expect(try await scene.keys.authenticate(new) != nil)
        try await scene.database.query("UPDATE api_keys SET previous_until = now()")
        #expect(try await scene.keys.authenticate(founded.key.text) == nil)
        #expect(try await scene.keys.authenticate(new) != nil)
    }

    @Test func aSecondRotationEndsTheFirstSecret() async throws {
        let scene = try Scene()
        let founded = try await scene.found()
        let key = try await scene.keys.find(founded.key.id.text, for: scene.access(founded))
        for _ in 0..<2 { _ = try await scene.keys.rotate(key, overlapHours: 24, for: scene.access(founded)) }
        #expect(try await scene.keys.authenticate(founded.key.text) == nil)
    }

    @Test func aKeyThatHasEndedIsNotRotated() async throws {
        let scene = try Scene()
        let founded = try await scene.found()
        let key = try await scene.keys.find(founded.key.id.text, for: scene.access(founded))
        try await scene.keys.revoke(key, for: scene.access(founded))
        await #expect(throws: Denial.notFound) { try await scene.keys.rotate(key, overlapHours: 24, for: scene.access(founded)) }
    }

    @Test func itManagesAsLongAsItsMakerIsAnAdmin() async throws {
        let cast = try await Cast()
        let key = try await cast.scene.keys.issue(.init(name: "K", scopes: Set(Scope.allCases)), for: cast.access(cast.adam))
        let before = try #require(try await cast.scene.keys.authenticate(key.text))
        #expect(before.may(.manageKeys) && before.may(.changeJobs) && !before.may(.deleteOrganization))
        try await cast.scene.memberships.remove(cast.adam.user.id, for: cast.access(cast.alice))
        let after = try #require(try await cast.scene.keys.authenticate(key.text))
        #expect(!after.may(.manageKeys) && after.may(.changeJobs) && after.may(.seeJobs))
        #expect(try await !cast.scene.keys.find(key.id.text, for: cast.access(cast.alice)).manages)
    }

    @Test func itIsNeverMoreThanItsMakerIsNow() async throws {
        let cast = try await Cast()
        let key = try await cast.scene.keys.issue(.init(name: "K", scopes: Set(Scope.allCases)), for: cast.access(cast.adam))
        _ = try await cast.scene.memberships.change(cast.adam.user.id, to: .viewer, for: cast.access(cast.alice))
        let access = try #require(try await cast.scene.keys.authenticate(key.text))
        #expect(access.may(.seeJobs) && !access.may(.changeJobs) && !access.may(.manageKeys))
    }

    @Test func whatAKeyMakesDoesNotOutliveIt() async throws {
        let cast = try await Cast()
        let alice = try await cast.access(cast.alice)
        let key = try await cast.scene.keys.issue(.init(name: "K", scopes: [.manage], days: 1), for: alice)
        let access = try #require(try await cast.scene.keys.authenticate(key.text))
        let made = try await cast.scene.keys.issue(.init(name: "L", scopes: [.manage]), for: access)
        let (parent, child) = (
            try await cast.scene.keys.find(key.id.text, for: alice), try await cast.scene.keys.find(made.id.text, for: alice)
        )
        #expect(child.expiresAt != nil && child.expiresAt == parent.expiresAt)
    }

    @Test func aKeyMakesNoKeyThatMayMoreThanItself() async throws {
        let cast = try await Cast()
        let key = try await cast.scene.keys.issue(.init(name: "K", scopes: [.manage]), for: cast.access(cast.adam))
        let access = try #require(try await cast.scene.keys.authenticate(key.text))
        await #expect(throws: Denial.aboveOwnRole) { try await cast.scene.keys.issue(.init(name: "L", scopes: [.write]), for: access) }
        _ = try await cast.scene.keys.issue(.init(name: "L", scopes: [.manage]), for: access)
    }

    @Test func itsMakingIsToldToTheOwnersAndWrittenDown() async throws {
        let cast = try await Cast()
        _ = try await cast.scene.keys.issue(.init(name: "K", scopes: [.read], days: 30), for: cast.access(cast.adam))
        #expect(try await cast.scene.count("outbox WHERE kind = 'new_api_key' AND recipient = 'alice@example.com'") == 1)
        #expect(try await cast.scene.actions(cast.acme).last == "api_key.created")
    }

    @Test func theKeysOfADeletedOrganizationAreRefused() async throws {
        let scene = try Scene()
        let founded = try await scene.found()
        try await scene.database.query("UPDATE organizations SET deleted_at = now() WHERE id = \(founded.organization.id)")
        #expect(try await scene.keys.authenticate(founded.key.text) == nil)
        #expect(try await scene.organizations.access(toSlug: "acme") == nil)
    }

    @Test func itsUseIsNotedOnceInFiveMinutes() async throws {
        let scene = try Scene()
        let founded = try await scene.found()
        func lastUse() async throws -> Timestamp? {
            try await scene.database.query("SELECT last_used_at FROM api_keys WHERE id = \(founded.key.id)").only("last_used_at")
        }
        #expect(try await lastUse() == nil)
        _ = try await scene.keys.authenticate(founded.key.text)
        let first = try #require(try await lastUse())
        _ = try await scene.keys.authenticate(founded.key.text)
        #expect(try await lastUse() == first)
        try await scene.database.query("UPDATE api_keys SET last_used_at = last_used_at - interval '6 minutes'")
        _ = try await scene.keys.authenticate(founded.key.text)
        #expect(try #require(try await lastUse()) > first)
    }

    @Test func theSecretIsNowhereInTheDatabase() async throws {
        let scene = try Scene()
        let founded = try await scene.found()
        let secret = try #require(founded.key.text.split(separator: "_").last)
        let row: String = try await scene.database.query("SELECT to_jsonb(k)::text AS row FROM api_keys k").only("row")
        #expect(!row.contains(secret) && row.contains(Hex.encode(Hash.sha256(secret.utf8))))
    }
}
