import JSON
import Tenancy

extension API {
    /// `/api/api-keys`
    public static func keys(_ keys: APIKeys) -> [Operation] {
        // What is revoked is gone, as everywhere behind DELETE; the page and the audit log still tell of it.
        let find: @Sendable (PathParameters, Access) async throws -> APIKey = { path, access in
            let key = try await keys.find(path["key"], for: access)
            guard key.revokedAt == nil else { throw Problem.notFound }
            return key
        }
        let issued = Shape.object([
            Field("id", .string(), example: "key_01jd3w8k4dfk1q2v7c9r5t0xyz"),
            Field("key", .string(), help: "Shown this once.", example: "pk_live_….sk_live_…"),
        ]).complete.named("IssuedAPIKey")
        return [
            Operation(
                .get, "/api/api-keys", id: "listAPIKeys", summary: "The organization's keys, without their secrets",
                permission: .manageKeys, body: .none, answers: [.ok(.all(APIKey.shape))]
            ) { call in
                .ok(["data": .array(try await keys.all(for: call.access).filter { $0.revokedAt == nil }.map(\.json))])
            },
            Operation(
                .post, "/api/api-keys", id: "createAPIKey", summary: "Make a key; it is shown this once", permission: .manageKeys,
                body: .required(.object(APIKey.fields).named("NewAPIKey")), answers: [.created(issued)]
            ) { call in
                let made = try await keys.issue(APIKeys.Draft(call.body), for: call.access)
                return .created(made.json, at: "/api/api-keys/\(made.id.text)")
            },
            Operation(
                .get, "/api/api-keys/{key}", id: "getAPIKey", summary: "One key, without its secret", permission: .manageKeys, body: .none,
                answers: [.ok(APIKey.shape)], find: find
            ) { key, _ in .ok(key.json) },
            Operation(
                .post, "/api/api-keys/{key}/rotate", id: "rotateAPIKey",
                summary: "Give a key a new secret; the one before holds on for a while", permission: .manageKeys,
                body: .optional(.object(APIKey.rotationFields).named("KeyRotation")), answers: [.ok(issued)], find: find
            ) { key, call in
                let hours = Int(call.body["overlap_hours"]?.int ?? 24)
                return .ok(try await keys.rotate(key, overlapHours: hours, for: call.access).json)
            },
            Operation(
                .delete, "/api/api-keys/{key}", id: "revokeAPIKey", summary: "Revoke a key, from the next request on",
                permission: .manageKeys, body: .none, answers: [.noContent], find: find
            ) { key, call in
                try await keys.revoke(key, for: call.access)
                return .noContent
            },
        ]
    }
}

extension APIKeys.Draft {
    /// Reads what `APIKey.fields` let through.
    init(_ json: JSON) {
        self.init(
            name: json["name"]?.string ?? "", scopes: Set((json["scopes"]?.array ?? []).compactMap { $0.string.flatMap(Scope.init) }),
            days: json["expires_in_days"]?.int.map { Int($0) })
    }
}

extension APIKey.Issued {
    fileprivate var json: JSON { ["id": .string(id.text), "key": .string(text)] }
}
