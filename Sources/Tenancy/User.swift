import Mail
import Postgres

/// A person.
public struct User: Sendable, Identified {
    public static let prefix = "usr"

    public let id: ID<User>
    public let email: EmailAddress
}

/// What a person is in an organization, from most to least.
public enum Role: String, Sendable, CaseIterable {
    case owner, admin, member, viewer
}
