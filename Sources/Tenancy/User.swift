import Mail
import Postgres

/// A person.
public struct User: Sendable, Identified {
    public static let prefix = "usr"

    public let id: ID<User>
    public let email: EmailAddress
}
