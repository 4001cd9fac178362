import Foundation
import Postgres
import Secrets
import TestSupport
import Testing

@testable import Tenancy

@Suite(.database) struct SealingKeysTests {
    private static func key(_ byte: UInt8) throws -> Seal.Key { try Seal.Key([UInt8](repeating: byte, count: 32)) }
    private static func seal(_ bytes: UInt8...) throws -> Seal { try Seal(keys: bytes.map { try key($0) }) }

    private func keys(_ seal: Seal) -> SealingKeys {
        SealingKeys(TestDatabase.current.database, seal: seal, columns: [SigningSecrets.column])
    }

    private func used() async throws -> [String] {
        try await TestDatabase.current.database.query("SELECT id FROM sealing_keys").map { try $0("id") as String }.sorted()
    }

    @Test func theKeyIsNotedBeforeItIsUsed() async throws {
        let seal = try Self.seal(7)
        try await keys(seal).verify()
        try await keys(seal).verify()
        #expect(try await used() == [seal.newestKeyID])
    }

    @Test func withoutAKeyThatIsNeededThereIsNoStart() async throws {
        let old = try Self.seal(7)
        try await keys(old).verify()
        let error = try await #require(throws: SealingKeys.Missing.self) { try await keys(try Self.seal(8)).verify() }
        #expect(error.ids == [old.newestKeyID] && "\(error)".contains(old.newestKeyID))
        #expect("\(error)".split(separator: "\n").count == 1)
        #expect(try await used() == [old.newestKeyID], "nothing is sealed with the wrong key")
        try await keys(try Self.seal(8, 7)).verify()
        #expect(try await used().count == 2)
    }

    @Test func afterARotationTheOldKeyMayGo() async throws {
        let scene = try Scene()
        let (old, both, new) = (try Self.seal(7), try Self.seal(8, 7), try Self.seal(8))
        try await keys(old).verify()
        var ids: [ID<Organization>] = []
        for name in ["Acme", "Bolt", "Cask"] {
            ids.append(
                try await scene.organizations.found(name: name, ownedBy: "a@example.com", entitlements: Scene.entitlements).organization.id)
        }
        let before = try await opened(ids, by: old)
        try await keys(both).verify()
        let rotation = try await keys(both).rotate()
        #expect(rotation.key == new.newestKeyID && rotation.removable == [old.newestKeyID] && rotation.needed.isEmpty)
        #expect(rotation.columns.map(\.resealed) == [3] && rotation.columns.map(\.rows) == [3] && rotation.columns.map(\.unopened) == [0])
        try await keys(new).verify()
        #expect(before.count == 3)
        #expect(try await opened(ids, by: new) == before)
        let again = try await keys(both).rotate()
        #expect(again.columns.map(\.resealed) == [0] && again.removable == [old.newestKeyID])
    }

    @Test func aKeyIsNeededAsLongAsAnythingIsSealedWithIt() async throws {
        let scene = try Scene()
        let database = TestDatabase.current.database
        for name in ["Acme", "Bolt"] {
            _ = try await scene.organizations.found(name: name, ownedBy: "a@example.com", entitlements: Scene.entitlements)
        }
        // Moved from the one tenant to the other, it opens nowhere.
        try await database.query("UPDATE signing_secrets SET sealed = (SELECT sealed FROM signing_secrets ORDER BY id LIMIT 1)")
        let old = try Self.seal(7)
        let rotation = try await keys(try Self.seal(8, 7)).rotate()
        #expect(rotation.columns.map(\.unopened) == [1] && rotation.columns.map(\.resealed) == [1])
        #expect(rotation.needed == [old.newestKeyID] && rotation.removable.isEmpty)
    }

    @Test func moreThanOneBatchIsRotated() async throws {
        let scene = try Scene()
        let database = TestDatabase.current.database
        let id = try await scene.organizations.found(name: "Acme", ownedBy: "a@example.com", entitlements: Scene.entitlements).organization
            .id
        let secrets = try (0..<1_203).map { _ in try scene.signing.make(for: id) }
        try await database.batch(
            secrets.map { "INSERT INTO signing_secrets (organization_id, id, sealed, created_at) VALUES (\(id), \(UUID()), \($0), now())" })
        let rotation = try await keys(try Self.seal(8, 7)).rotate()
        #expect(rotation.columns.map(\.resealed) == [1_204] && rotation.columns.map(\.rows) == [1_204])
    }

    private func opened(_ ids: [ID<Organization>], by seal: Seal) async throws -> Set<[UInt8]> {
        var opened: Set<[UInt8]> = []
        for id in ids {
            let sealed = try await TestDatabase.current.database.query("SELECT sealed FROM signing_secrets WHERE organization_id = \(id)")
            opened.formUnion(SigningSecrets(seal).open(try sealed.map { try $0("sealed") }, of: id))
        }
        return opened
    }
}
