import JSON
import Postgres
import Time

extension APIKey {
    init(_ row: Row) throws(PostgresError) {
        id = try row("id")
        name = try row("name")
        scopes = Set(try row("scopes", as: [String].self).compactMap(Scope.init))
        createdAt = try row("created_at")
        expiresAt = try row("expires_at")
        revokedAt = try row("revoked_at")
        lastUsedAt = try row("last_used_at")
        previousUntil = try row("previous_until")
        createdBy = try row("created_by")
        manages = try row("manages")
        hasExpired = try row("is_over")
    }

    /// The key as it is shown, without its secret, which nobody knows any more.
    public var json: JSON {
        [
            "id": .string(id.text), "name": .string(name), "scopes": .array(scopes.map(\.rawValue).sorted().map(JSON.string)),
            "created_at": .string(createdAt.rfc3339), "expires_at": expiresAt.map { .string($0.rfc3339) } ?? .null,
            "revoked_at": revokedAt.map { .string($0.rfc3339) } ?? .null, "last_used_at": lastUsedAt.map { .string($0.rfc3339) } ?? .null,
            "previous_until": previousUntil.map { .string($0.rfc3339) } ?? .null, "created_by": createdBy.map(JSON.string) ?? .null,
        ]
    }

    /// What `json` looks like.
    public static let shape = Shape.object([
        Field("id", .string(), example: "key_01jd3w8k4dfk1q2v7c9r5t0xyz"), Field("name", .string(), example: "Deploy script"),
        Field("scopes", .list(of: .choice(Scope.allCases.map(\.rawValue)))), Field("created_at", .instant),
        Field("expires_at", .instant, nullable: true), Field("revoked_at", .instant, nullable: true),
        Field("last_used_at", .instant, nullable: true, help: "To within five minutes."),
        Field("previous_until", .instant, nullable: true, help: "Till then the secret before the last rotation is taken as well."),
        Field("created_by", .string(), nullable: true, help: "Who made it. `manage` counts while that is an admin or owner."),
    ]).complete.named("APIKey")

    /// What a key is made of.
    public static let fields = [
        Field("name", .string(1...200, format: .visible), required: true, help: "What uses it.", example: "Deploy script"),
        Field(
            "scopes", .list(of: .choice(Scope.allCases.map(\.rawValue)), 1...3), required: true,
            help: "read: look at everything but secrets; write: change and run jobs; manage: members, keys, channels, settings.",
            example: ["read", "write"]),
        Field("expires_in_days", .integer(1...3_650), nullable: true, label: "Ends after, in days", help: "Left out: never."),
    ]

    /// What a rotation is told.
    public static let rotationFields = [
        Field(
            "overlap_hours", .integer(0...Int64(APIKeys.longestOverlapHours)), default: 24, label: "Hours in which both secrets hold",
            help: "So long the old secret is still taken, while programs change over.")
    ]
}
