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
    }

    /// The key as it is shown, without its secret, which nobody knows any more.
    public var json: JSON {
        [
            "id": .string(id.text), "name": .string(name), "scopes": .array(scopes.map(\.rawValue).sorted().map(JSON.string)),
            "created_at": .string(createdAt.rfc3339), "expires_at": expiresAt.map { .string($0.rfc3339) } ?? .null,
            "revoked_at": revokedAt.map { .string($0.rfc3339) } ?? .null, "last_used_at": lastUsedAt.map { .string($0.rfc3339) } ?? .null,
        ]
    }

    /// What `json` looks like.
    public static let shape = Shape.object([
        Field("id", .string()), Field("name", .string()), Field("scopes", .list(of: .choice(Scope.allCases.map(\.rawValue)))),
        Field("created_at", .string()), Field("expires_at", .string(), nullable: true), Field("revoked_at", .string(), nullable: true),
        Field("last_used_at", .string(), nullable: true, help: "To within five minutes."),
    ]).named("APIKey")
}
