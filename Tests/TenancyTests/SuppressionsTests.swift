import Mail
import Postgres
import Secrets
import TestSupport
import Testing
import Time

@testable import Tenancy

@Suite(.database) struct SuppressionsTests {
    private func suppress(_ recipient: String, in scene: Scene) async throws {
        try await scene.database.query(
            "INSERT INTO suppressions (recipient, cause, detail, since) VALUES (\(recipient), 'bounce', 'recipient: user unknown', now())")
    }

    @Test func anOrganizationSeesThoseOfItsMembersAndOfItsMailAndNoOthers() async throws {
        let scene = try Scene()
        let (acme, other) = (try await scene.found(), try await scene.found("Other", ownedBy: "olga@example.com"))
        let suppressions = Suppressions(scene.database)
        let mine: String = try await scene.database.query(
            """
            SELECT u.email FROM users u JOIN memberships m ON m.user_id = u.id WHERE m.organization_id = \(acme.organization.id)
            """
        ).only("email")
        for address in [mine, "olga@example.com", "ops@elsewhere.example"] { try await suppress(address, in: scene) }
        #expect(try await suppressions.all(for: scene.access(acme)).map(\.recipient) == [mine])
        let outbox = Outbox(seal: try Seal(keys: [Seal.Key([UInt8](repeating: 7, count: 32))]))
        let message = Message(.alert, subject: "S", paragraphs: ["P"])
        let outside = try #require(EmailAddress("ops@elsewhere.example"))
        try await scene.database.query(try outbox.insertion(message, to: outside, of: acme.organization.id, at: .now()))
        #expect(try await suppressions.all(for: scene.access(acme)).map(\.recipient) == [mine, outside.text].sorted())
        #expect(try await suppressions.all(for: scene.access(other)).map(\.recipient) == ["olga@example.com"])
    }

    @Test func whoConcernsIsTriedAgainAndTheLogSaysSo() async throws {
        let scene = try Scene()
        let (acme, other) = (try await scene.found(), try await scene.found("Other", ownedBy: "olga@example.com"))
        let suppressions = Suppressions(scene.database)
        let olga = try #require(EmailAddress("olga@example.com"))
        try await suppress(olga.text, in: scene)
        await #expect(throws: Denial.notFound) { try await suppressions.release(olga, for: scene.access(acme)) }
        try await suppressions.release(olga, for: scene.access(other))
        #expect(try await suppressions.all(for: scene.access(other)) == [])
        await #expect(throws: Denial.notFound) { try await suppressions.release(olga, for: scene.access(other)) }
        let entry = try #require(try await scene.auditLog.page(after: nil, limit: 1, for: scene.access(other)).first)
        #expect(entry.action == "address.tried_again" && entry.before?["cause"]?.string == "bounce")
    }
}
