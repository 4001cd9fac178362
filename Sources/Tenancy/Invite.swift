import JSON
import Mail
import Postgres
import Time

/// An open invite: somebody is asked to join an organization.
public struct Invite: Sendable, Identified {
    public static let prefix = "inv"

    public let id: ID<Invite>
    public let email: EmailAddress
    public let role: Role
    public let organizationID: ID<Organization>
    public let organizationName: String
    /// The member who sent it; nil: he has left.
    public let invitedBy: String?
    public let createdAt: Timestamp
    public let sentAt: Timestamp
    public let expiresAt: Timestamp
}

extension Invite {
    static let columns: Query = """
        i.id, i.email, i.role, i.organization_id, o.name AS organization_name, b.email AS invited_by, i.created_at, i.sent_at, i.expires_at
        """
    /// Open ones, of organizations that are there.
    static let tables: Query = """
        invites i JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL 
            LEFT JOIN memberships n ON n.organization_id = i.organization_id AND n.user_id = i.invited_by LEFT JOIN users b ON b.id = n.user_id
        """
    static let isOpen: Query = "i.expires_at > now()"

    init(_ row: Row) throws(PostgresError) {
        id = try row("id")
        email = try EmailAddress(stored: row("email"))
        role = Role(rawValue: try row("role")) ?? .viewer
        organizationID = try row("organization_id")
        organizationName = try row("organization_name")
        invitedBy = try row("invited_by")
        createdAt = try row("created_at")
        sentAt = try row("sent_at")
        expiresAt = try row("expires_at")
    }

    /// As the API tells it.
    public var json: JSON {
        [
            "id": .string(id.text), "email": .string(email.text), "role": .string(role.rawValue),
            "invited_by": invitedBy.map(JSON.string) ?? .null, "created_at": .string(createdAt.rfc3339),
            "sent_at": .string(sentAt.rfc3339), "expires_at": .string(expiresAt.rfc3339),
        ]
    }

    /// What `json` looks like.
    public static let shape = Shape.object([
        Field("id", .string(), example: "inv_01jd3w8k4dfk1q2v7c9r5t0xyz"), Field("email", .string(), example: "dora@example.com"),
        Field("role", .choice(Role.allCases.map(\.rawValue)), example: "member"),
        Field("invited_by", .string(), nullable: true, example: "alice@example.com"), Field("created_at", .instant),
        Field("sent_at", .instant), Field("expires_at", .instant, example: "2026-11-30T08:00:00.000000Z"),
    ]).complete.named("Invite")

    /// What an invite is made of.
    public static let fields = [
        Field("email", .string(3...254), required: true, label: "E-mail address", help: "Who is invited.", example: "dora@example.com"),
        Field(
            "role", .choice(Role.allCases.map(\.rawValue)), default: "member",
            help: "Members run jobs, viewers look on, admins invite and manage keys. Never more than you are."),
    ]
}
