import Tenancy

/// The doors to people and their organizations, for the pages and the API.
public struct People: Sendable {
    public let magicLinks: MagicLinks
    public let sessions: Sessions
    public let users: Users
    public let organizations: Organizations
    public let memberships: Memberships
    public let invites: Invites
    public let keys: APIKeys
    public let auditLog: AuditLog
    let signingSecrets: @Sendable (Access) async throws -> [SigningSecrets.Listed]
    let rotateSigningSecret: @Sendable (_ overlapHours: Int, Access) async throws -> String

    /// `signingSecrets` lists what an organization's requests are signed with, `rotateSigningSecret` makes a new one.
    public init(
        magicLinks: MagicLinks, sessions: Sessions, users: Users, organizations: Organizations, memberships: Memberships,
        invites: Invites, keys: APIKeys, auditLog: AuditLog,
        signingSecrets: @escaping @Sendable (Access) async throws -> [SigningSecrets.Listed],
        rotateSigningSecret: @escaping @Sendable (_ overlapHours: Int, Access) async throws -> String
    ) {
        (self.magicLinks, self.sessions, self.users) = (magicLinks, sessions, users)
        (self.organizations, self.memberships, self.invites) = (organizations, memberships, invites)
        (self.keys, self.auditLog) = (keys, auditLog)
        (self.signingSecrets, self.rotateSigningSecret) = (signingSecrets, rotateSigningSecret)
    }
}
