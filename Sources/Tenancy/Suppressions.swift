import Mail
import Postgres
import Time

/// An address that gets no alerts, as mail came back from it or its owner complained.
public struct Suppression: Sendable, Equatable {
    public let recipient: String
    /// `bounce`, `blocked`, `spam` or `unsub`.
    public let cause: String
    /// What its mail server said, in a few words; nil: nothing.
    public let detail: String?
    public let since: Timestamp
}

/// The door to addresses that mail is stopped to. What somebody waits for (a link to sign in with, an invite, a confirmation) goes
/// there all the same; alerts, digests and notices end as `suppressed` in the outbox.
///
/// An address is a person's and of no tenant; an organization sees those of its members, and those that it sends mail to.
public struct Suppressions: Sendable {
    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// Those that the organization is concerned by, by address.
    public func all(for access: Access) async throws -> [Suppression] {
        try await database.query(
            """
            SELECT recipient, cause, detail, since FROM suppressions s WHERE \(Self.concerns(access.organization)) ORDER BY recipient
            """
        ).map { row in
            Suppression(recipient: try row("recipient"), cause: try row("cause"), detail: try row("detail"), since: try row("since"))
        }
    }

    /// Tries an address again: what is told from now on goes there. Throws `Denial.notFound` for one that is not suppressed, or none of
    /// the organization's concern.
    public func release(_ recipient: EmailAddress, for access: Access) async throws {
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let gone = try await transaction.query(
                """
                DELETE FROM suppressions s WHERE recipient = \(recipient.text) AND \(Self.concerns(access.organization)) RETURNING cause
                """)
            guard let row = gone.first else { throw Denial.notFound }
            try await transaction.batch([
                // What bounced before counts no more.
                "UPDATE mail_events SET is_soft = false WHERE recipient = \(recipient.text) AND is_soft",
                access.entry(
                    at: now, "address.tried_again", on: access.organization.id.text,
                    before: ["email": .string(recipient.text), "cause": .string(try row("cause"))]
                ).insertion,
            ])
        }
    }

    private static func concerns(_ organization: Organization) -> Query {
        """
        (EXISTS (
            SELECT FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = \(organization.id) AND u.email = s.recipient)
        OR EXISTS (SELECT FROM outbox o WHERE o.organization_id = \(organization.id) AND o.recipient = s.recipient))
        """
    }
}
