import Postgres

/// What a key may do. A key carries a set of them; none implies another.
public enum Scope: String, Sendable, CaseIterable {
    /// Look at everything but secrets.
    case read
    /// Create, change, run and delete jobs.
    case write
    /// Members, keys, settings.
    case manage
}

/// Who is acting, in which organization, with what limits: the first argument of everything that belongs to a tenant,
/// so that a statement without its organization cannot be written by forgetting one.
public struct Access: Sendable {
    /// Who is acting within the organization.
    public enum Actor: Sendable, Equatable {
        case key(ID<APIKey>)
        /// The program itself, for an operator at its command line.
        case system
    }

    public let organization: Organization
    public let actor: Actor
    public let scopes: Set<Scope>

    public init(organization: Organization, actor: Actor, scopes: Set<Scope>) {
        self.organization = organization
        self.actor = actor
        self.scopes = scopes
    }

    public var entitlements: Entitlements { organization.entitlements }
}
