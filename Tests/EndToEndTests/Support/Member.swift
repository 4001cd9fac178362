import Foundation
import JSON
import Postgres
import Tenancy
import TestSupport
import Testing

/// A member of a tenant who is signed in. How people come to be that is what the tests of the pages are about; here they just are.
struct Member: Sendable {
    let id: String
    let email: String
    let cookie: String

    /// One of their pages, at a node.
    func page(_ path: String, at server: Server) async -> Answer {
        await server.send(Call(path: path, headers: [("Cookie", "prikke_session=\(cookie)"), ("Accept", "text/html")]))
    }

    /// Sends a form as their browser would.
    func post(_ path: String, _ fields: [(String, String)] = [], at server: Server) async -> Answer {
        let body = (fields + [("_token", FormToken.make(for: cookie))]).map { "\($0)=\($1)" }.joined(separator: "&")
        let headers = [("Cookie", "prikke_session=\(cookie)"), ("Sec-Fetch-Site", "same-origin")]
        let call = Call(
            method: "POST", path: path, headers: headers, body: Array(body.utf8), type: "application/x-www-form-urlencoded")
        return await server.send(call)
    }
}

extension Tenant {
    private var organization: ID<Organization> { get throws { try #require(ID<Organization>(id)) } }

    /// A new user who is a member, signed in just now.
    func person(_ role: Role) async throws -> Member {
        let (user, token, email) = (ID<User>(), Token().text, "\(role.rawValue)-\(UUID().uuidString.lowercased())@example.com")
        let organization = try organization
        _ = try await server.database { database in
            try await database.batch([
                "INSERT INTO users (id, email, created_at, confirmed_at) VALUES (\(user), \(email), now(), now())",
                """
                INSERT INTO memberships (organization_id, user_id, role, created_at)
                VALUES (\(organization), \(user), \(role.rawValue), now())
                """,
                """
                INSERT INTO sessions (id, token_hash, user_id, device, created_at, last_used_at)
                VALUES (\(ID<Session>()), sha256(convert_to(\(token), 'UTF8')), \(user), 'Firefox', now(), now())
                """,
            ])
        }
        return Member(id: user.text, email: email, cookie: token)
    }

    /// Signs a member out wherever they are.
    func endSessions(of member: Member) async throws {
        let id = try #require(ID<User>(member.id))
        _ = try await server.database { database in try await database.query("DELETE FROM sessions WHERE user_id = \(id)") }
    }

    var slug: String { get async { await get("/api/organization").json["slug"]?.string ?? "" } }

    /// A new key with these scopes: as a tenant, which is all that a key can see.
    func key(_ scopes: [String]) async throws -> Tenant {
        let answer = try await insist(
            "POST", "/api/api-keys", ["name": "Another", "scopes": .array(scopes.map(JSON.string))])
        return Tenant(self, key: try #require(answer.json["key"]?.string, "\(answer.text)"))
    }

    /// The id by which its key is named.
    var keyID: String { "key_" + key.dropFirst("pk_live_".count).prefix { $0 != "." } }
}
