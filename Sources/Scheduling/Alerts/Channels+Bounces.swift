import JSON
import Postgres
import Tenancy
import Time

/// Addresses that a channel mails, and that mail comes back from.
extension Channels {
    /// One of them.
    public struct Bounce: Sendable {
        public let recipient: String
        public let since: Timestamp
        let cause: String

        /// Why mail to it was stopped.
        public var words: String {
            switch cause {
            case "spam": "its reader called a mail of ours spam."
            case "unsub": "its reader wants no more."
            case "blocked": "its server refuses our mail."
            default: "mail comes back from it."
            }
        }
    }

    /// Those of each of these channels, by its id.
    public func bounces(of channels: [Channel], for access: Access) async throws -> [ID<Channel>: [Bounce]] {
        let mail = channels.filter { $0.kind == Self.email }
        if mail.isEmpty { return [:] }
        let addresses = mail.filter { $0.settings["to"] == "address" }.map(\.shown)
        let rows = try await database.query(
            """
            SELECT s.recipient, s.cause, s.since, m.user_id, m.role
            FROM suppressions s LEFT JOIN (users u JOIN memberships m ON m.user_id = u.id AND m.organization_id = \(access.organization.id))
                ON u.email = s.recipient
            WHERE s.recipient = ANY (\(addresses)) OR m.user_id IS NOT NULL ORDER BY s.recipient
            """)
        let stopped = try rows.map { row in
            (
                bounce: Bounce(recipient: try row("recipient"), since: try row("since"), cause: try row("cause")),
                member: try row("user_id", as: ID<User>?.self)?.text, isOwner: try row("role", as: String?.self) == Role.owner.rawValue
            )
        }
        var bounces: [ID<Channel>: [Bounce]] = [:]
        for channel in mail {
            let own = stopped.filter { address in
                switch channel.settings["to"] {
                case "owners": address.isOwner
                case "members": channel.settings["members"]?.array.map { $0.contains { $0.string == address.member } } ?? false
                default: address.bounce.recipient == channel.shown
                }
            }
            if !own.isEmpty { bounces[channel.id] = own.map(\.bounce) }
        }
        return bounces
    }
}
