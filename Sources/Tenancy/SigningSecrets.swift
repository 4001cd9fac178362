import Foundation
import JSON
import Postgres
import Secrets
import Time

/// What an organization's outgoing requests are signed with. In the database they are sealed, each for its organization
/// alone: a row copied to another tenant does not open.
public struct SigningSecrets: Sendable {
    private let seal: Seal

    public init(_ seal: Seal) { self.seal = seal }

    /// A new secret of 32 random bytes, sealed.
    func make(for organization: ID<Organization>) throws(SealError) -> [UInt8] {
        try seal.seal(RandomBytes.make(32), in: Self.place(organization))
    }

    /// The secrets of an organization, in the order given. One that does not open (the program's key was changed) is left
    /// out: its receivers see a request without the signature they expect, and refuse it.
    public func open(_ sealed: [[UInt8]], of organization: ID<Organization>) -> [[UInt8]] {
        sealed.compactMap { try? seal.open($0, in: Self.place(organization)) }
    }

    /// Where they are kept.
    public static let column = SealedColumn("signing_secrets", key: ["organization_id", "id"]) { row throws(PostgresError) in
        place(try row("organization_id"))
    }

    private static func place(_ organization: ID<Organization>) -> [String] { ["signing_secrets", organization.text] }

    // MARK: - For people

    /// One secret, without what it is.
    public struct Listed: Sendable {
        public let createdAt: Timestamp
        /// Till then requests are signed with it; nil: until it is replaced.
        public let expiresAt: Timestamp?
    }

    /// The organization's secrets that requests are signed with now, newest first.
    public func all(for access: Access, over database: Database) async throws -> [Listed] {
        try await database.query(
            """
            SELECT created_at, expires_at FROM signing_secrets
            WHERE organization_id = \(access.organization.id) AND (expires_at IS NULL OR expires_at > now()) ORDER BY created_at DESC
            """
        ).map { Listed(createdAt: try $0("created_at"), expiresAt: try $0("expires_at")) }
    }

    /// Makes a new secret, and lets the ones before hold for so many hours more: requests are signed with both meanwhile. Answers it as
    /// Standard Webhooks writes secrets, `whsec_…`: the only time that it is seen.
    public func rotate(overlapHours: Int, for access: Access, over database: Database) async throws -> String {
        let (organization, secret) = (access.organization.id, RandomBytes.make(32))
        let sealed = try seal.seal(secret, in: Self.place(organization))
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let end = now.adding(.seconds(overlapHours * 3_600))
            try await transaction.batch([
                "DELETE FROM signing_secrets WHERE organization_id = \(organization) AND expires_at IS NOT NULL",
                "UPDATE signing_secrets SET expires_at = \(end) WHERE organization_id = \(organization)",
                """
                INSERT INTO signing_secrets (organization_id, id, sealed, created_at)
                VALUES (\(organization), \(UUID()), \(sealed), \(now))
                """,
                access.entry(
                    at: now, "signing_secret.rotated", on: organization.text, after: ["overlap_hours": .integer(Int64(overlapHours))]
                ).insertion,
            ])
        }
        return "whsec_" + Base64.encode(secret)
    }
}
