import JSON
import Tenancy

extension API {
    /// `/api/api-keys`
    public static func keys(_ keys: APIKeys) -> [Operation] {
        [
            Operation(
                .get, "/api/api-keys", id: "listAPIKeys", summary: "The organization's keys, without their secrets",
                permission: .manageKeys,
                body: .none, answers: [.ok(.object([Field("data", .list(of: APIKey.shape))]))]
            ) { call in .ok(["data": .array(try await keys.all(for: call.access).map(\.json))]) },
            Operation(
                .delete, "/api/api-keys/{key}", id: "revokeAPIKey", summary: "Revoke a key, from the next request on",
                permission: .manageKeys,
                body: .none, answers: [.noContent],
                find: { path, access in
                    guard let key = try await keys.find(path["key"], for: access) else { throw Problem.notFound }
                    return key
                }
            ) { key, call in
                try await keys.revoke(key.id, of: call.access)
                return .noContent
            },
        ]
    }
}
