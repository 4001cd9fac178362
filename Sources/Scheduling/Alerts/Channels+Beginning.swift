import JSON
import Postgres
import Tenancy
import Time

/// Every organization begins with one channel: mail to its owners.
extension Channels {
    private static let settings: JSON = ["to": "owners"]

    /// The statement that makes it: to be sent within the transaction that makes the organization.
    public static func beginning(
        of organization: ID<Organization>, at now: Timestamp, sealedBy secrets: ChannelSecrets
    ) throws -> Query {
        let id = ID<Channel>(at: now)
        return """
            INSERT INTO channels (organization_id, id, kind, name, sealed, shown, confirmed_at, enabled, created_at, updated_at)
            SELECT \(organization), \(id), \(email), 'Owners', \(try secrets.seal(settings, of: id, organization)), 'The owners', \(now),
                true, \(now), \(now)
            WHERE NOT EXISTS (SELECT FROM channels WHERE organization_id = \(organization))
            """
    }

    private static let batch = 200

    /// Gives it to organizations that are older than channels. One whose people have deleted theirs keeps the row, and is let be.
    public static func makeMissing(over database: Database, sealedBy secrets: ChannelSecrets) async throws {
        while true {
            let rows = try await database.query(
                """
                SELECT id, now() AS now FROM organizations o
                WHERE NOT EXISTS (SELECT FROM channels c WHERE c.organization_id = o.id) LIMIT \(Int64(batch))
                """)
            if rows.isEmpty { return }
            try await database.batch(try rows.map { try beginning(of: try $0("id"), at: try $0("now"), sealedBy: secrets) })
        }
    }
}
