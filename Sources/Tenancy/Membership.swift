import JSON
import Mail
import Postgres
import Time

/// What a person is in one organization.
public struct Membership: Sendable {
    public let user: User
    public let role: Role
    public let createdAt: Timestamp
}

extension Membership {
    static let columns: Query = "m.user_id, u.email, m.role, m.created_at"

    init(_ row: Row) throws(PostgresError) {
        user = try User(row)
        role = Role(rawValue: try row("role")) ?? .viewer
        createdAt = try row("created_at")
    }

    /// As the API tells it.
    public var json: JSON {
        [
            "id": .string(user.id.text), "email": .string(user.email.text), "role": .string(role.rawValue),
            "created_at": .string(createdAt.rfc3339),
        ]
    }

    /// What `json` looks like.
    public static let shape = Shape.object([
        Field("id", .string(), example: "usr_01jd3w8k4dfk1q2v7c9r5t0xyz"), Field("email", .string(), example: "bob@example.com"),
        Field("role", .choice(Role.allCases.map(\.rawValue)), example: "member"), Field("created_at", .instant),
    ]).complete.named("Member")

    /// What a change of role is.
    public static let roleField = Field(
        "role", .choice(Role.allCases.map(\.rawValue)), required: true, help: "What they may do. Never more than you may.",
        example: "member")
}
