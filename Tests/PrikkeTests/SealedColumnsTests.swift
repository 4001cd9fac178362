import Mail
import Postgres
import Secrets
import Tenancy
import TestSupport
import Testing
import Time

@testable import Prikke

/// A change of keys reaches everything that is sealed.
@Suite(.database) struct SealedColumnsTests {
    @Test func everyColumnOfTheSchemaThatHoldsEnvelopesIsInTheList() async throws {
        let columns = try await TestDatabase.current.database.query(
            """
            SELECT table_name || '.' || column_name AS name FROM information_schema.columns
            WHERE table_schema = current_schema() AND data_type = 'bytea' AND column_name LIKE '%sealed%' ORDER BY 1
            """
        ).map { try $0("name") as String }
        #expect(columns == Services.sealedColumns.map(\.name).sorted())
    }

    @Test func mailThatWaitsIsSealedAnew() async throws {
        let database = TestDatabase.current.database
        let keys = try [1, 2].map { try Seal.Key([UInt8](repeating: $0, count: 32)) }
        let recipient = try #require(EmailAddress("alice@example.com"))
        let message = Message(.newAPIKey, subject: "A new key", paragraphs: ["Only this."])
        try await database.query(try Outbox(seal: Seal(keys: [keys[0]])).insertion(message, to: recipient, at: .now()))
        let seal = try Seal(keys: keys.reversed())
        let rotation = try await SealingKeys(database, seal: seal, columns: Services.sealedColumns).rotate()
        #expect(rotation.columns.map(\.resealed) == [0, 0, 0, 0, 1] && rotation.removable == [keys[0].id])
        let row = try #require(try await database.query("SELECT id, recipient, sealed FROM outbox").first)
        _ = try Seal(keys: [keys[1]]).open(try row("sealed"), in: try Outbox.place(of: row))
    }
}
