import JSON
import Postgres
import Time

/// Who is acting, in which organization, with what limits: the first argument of everything that belongs to a tenant,
/// so that a statement without its organization cannot be written by forgetting one.
public struct Access: Sendable {
    public let organization: Organization
    public let actor: Actor
    /// What a person is here; of a key, what it may at most act as. The program and its operator are owners.
    public let role: Role
    /// What a key may do; nil: it is none, and its role alone counts.
    public let scopes: Set<Scope>?
    /// Where the request comes from.
    public var origin: Origin

    public init(organization: Organization, actor: Actor, role: Role = .owner, scopes: Set<Scope>? = nil, origin: Origin) {
        (self.organization, self.actor, self.role) = (organization, actor, role)
        (self.scopes, self.origin) = (scopes, origin)
    }

    public var entitlements: Entitlements { organization.entitlements }

    /// Whether this may be done: by the role, and for a key by its scopes as well.
    public func may(_ permission: Permission) -> Bool {
        guard permission.belongs(to: role) else { return false }
        guard let scopes else { return true }
        return permission.scope.map(scopes.contains) ?? false
    }

    /// A line for the audit log about what is being done here: to be sent within the transaction that does it.
    public func entry(
        at time: Timestamp, _ action: String, on subject: String, before: JSON? = nil, after: JSON? = nil
    ) -> AuditEntry {
        AuditEntry(
            at: time, of: organization.id, by: actor, action, on: subject, before: before, after: after, way: origin.way,
            from: origin.address, under: origin.reservation)
    }
}
