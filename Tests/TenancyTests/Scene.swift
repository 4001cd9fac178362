import Secrets
import TestSupport

@testable import Tenancy

/// The doors of this module on the test's own database.
struct Scene {
    let database = TestDatabase.current.database
    let organizations: Organizations
    let keys: APIKeys
    let signing: SigningSecrets

    init() throws {
        signing = SigningSecrets(try Seal(keys: [Seal.Key([UInt8](repeating: 7, count: 32))]))
        organizations = Organizations(database, signing: signing)
        keys = APIKeys(database)
    }

    static let entitlements = Entitlements(
        plan: "pro", jobs: nil, executionsPerMonth: 1_000, shortestIntervalSeconds: 60, keepDays: 30, members: 3, concurrency: 50,
        timeoutSeconds: 300, plugins: ["http"])

    func found(_ name: String = "Acme", ownedBy email: String = "alice@example.com") async throws -> Organizations.Founded {
        try await organizations.found(name: name, ownedBy: email, entitlements: Self.entitlements)
    }

    func access(_ founded: Organizations.Founded) -> Access {
        Access(organization: founded.organization, actor: .system, origin: Origin(.engine))
    }
}
