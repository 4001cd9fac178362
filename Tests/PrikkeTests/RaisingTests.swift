import JSON
import Postgres
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// Nobody becomes more than he is, nor makes another so, and no organization is left without an owner: by form and by key.
@Suite(.database, .serialized, .timeLimit(.minutes(2))) struct RaisingTests {
    private func role(of name: String, _ cast: Cast) async throws -> String? {
        try await cast.house.database.query(
            "SELECT role FROM memberships WHERE organization_id = \(cast.acme.organization.id) AND user_id = \(cast.id(of: name))"
        ).first.map { try $0("role") }
    }

    private func post(_ name: String, _ path: String, _ fields: [(String, String)], _ cast: Cast) async -> Answer {
        await cast.house.send(cast[name].call("POST", path, fields))
    }

    private func post(_ name: String, _ path: String, _ cast: Cast) async -> Answer { await post(name, path, [], cast) }

    @Test func nobodyGivesMoreThanHeHas() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            func member(_ name: String) -> String { "/acme/members/\(cast.id(of: name).text)" }
            for whom in ["Adam", "Bob", "Alice"] {
                let answer = await post("Adam", member(whom) + "/role", [("role", "owner")], cast)
                #expect(answer.status == 422 && answer.text.contains("a higher role"), "\(whom)")
            }
            #expect(await post("Adam", member("Alice") + "/role", [("role", "viewer")], cast).status == 422)
            _ = await post("Adam", member("Alice") + "/remove", cast)
            for name in ["Bob", "Victor"] {
                #expect(await post(name, member(name) + "/role", [("role", "admin")], cast).status == 403)
                #expect(await post(name, member("Alice") + "/remove", cast).status == 403)
                #expect(await post(name, "/acme/invites", [("email", "x@example.com"), ("role", "viewer")], cast).status == 403)
            }
            #expect(await post("Adam", "/acme/invites", [("email", "x@example.com"), ("role", "owner")], cast).status == 422)
            #expect(await post("Adam", member("Adam") + "/transfer", cast).status == 403)
            for (name, expected) in [("Alice", "owner"), ("Adam", "admin"), ("Bob", "member"), ("Victor", "viewer")] {
                #expect(try await role(of: name, cast) == expected)
            }
            #expect(try await house.database.query("SELECT FROM invites").count == 0)
        }
    }

    @Test func aKeyIsAnAdminAtMostAndGivesNoScopeThatItLacks() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            func send(_ method: String, _ path: String, _ json: String, as name: String = "key to manage") async -> Answer {
                await house.send(cast[name].call(method, path, json: json))
            }
            let (alice, bob) = (cast.id(of: "Alice").text, cast.id(of: "Bob").text)
            #expect(await send("PATCH", "/api/members/\(bob)", #"{"role": "owner"}"#).code == "above_own_role")
            #expect(await send("PATCH", "/api/members/\(alice)", #"{"role": "viewer"}"#).code == "above_own_role")
            #expect(await send("DELETE", "/api/members/\(alice)", "").code == "above_own_role")
            #expect(await send("POST", "/api/invites", #"{"email": "x@example.com", "role": "owner"}"#).code == "above_own_role")
            for scopes in [#"["read"]"#, #"["manage", "write"]"#] {
                let answer = await send("POST", "/api/api-keys", #"{"name": "More", "scopes": \#(scopes)}"#)
                #expect(answer.status == 403 && answer.code == "above_own_role")
            }
            // A new secret of a key that may more is as good as such a key.
            let more = try await cast.key([.read, .write, .manage])
            let answer = await send("POST", "/api/api-keys/\(more.id.text)/rotate", "{}")
            #expect(answer.status == 403 && !answer.text.contains("sk_live_"))
            #expect(try await role(of: "Alice", cast) == "owner")
            #expect(try await role(of: "Bob", cast) == "member")
        }
    }

    @Test func aKeyManagesNoLongerThanItsMaker() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let adams = Access(
                organization: cast.acme.organization, actor: .user(cast.id(of: "Adam")), role: .admin, origin: Origin(.page))
            let key = Caller(name: "Adam’s key", key: try await cast.key([.manage, .read], for: adams).text)
            #expect(await house.send(key.call("GET", "/api/api-keys")).status == 200)
            #expect(await post("Alice", "/acme/members/\(cast.id(of: "Adam").text)/role", [("role", "member")], cast).status == 303)
            #expect(await house.send(key.call("GET", "/api/api-keys")).status == 403)
            #expect(await house.send(key.call("GET", "/api/jobs")).status == 200)
        }
    }

    @Test func theLastOwnerStays() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let alice = "/acme/members/\(cast.id(of: "Alice").text)"
            for role in ["admin", "member", "viewer"] {
                let answer = await post("Alice", alice + "/role", [("role", role)], cast)
                #expect(answer.status == 422 && answer.text.contains("always has an owner"))
            }
            for path in [alice + "/remove", "/acme/leave"] { #expect(await post("Alice", path, cast).status == 303) }
            #expect(await post("Alice", "/account/delete", [("confirmation", "alice@example.com")], cast).status == 422)
            #expect(await house.send(cast["whole key"].call("DELETE", "/api/members/\(cast.id(of: "Alice").text)")).status == 403)
            #expect(try await role(of: "Alice", cast) == "owner")
        }
    }

    @Test func twoOwnersDoNotLowerEachOtherAtOnce() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for _ in 0..<5 {
                try await cast.restore()
                #expect(await post("Alice", "/acme/members/\(cast.id(of: "Adam").text)/role", [("role", "owner")], cast).status == 303)
                async let one = post("Alice", "/acme/members/\(cast.id(of: "Adam").text)/role", [("role", "viewer")], cast)
                async let other = post("Adam", "/acme/members/\(cast.id(of: "Alice").text)/role", [("role", "viewer")], cast)
                _ = await (one, other)
                let roles = [try await role(of: "Alice", cast), try await role(of: "Adam", cast)]
                #expect(roles.filter { $0 == "owner" }.count == 1)
            }
        }
    }

    @Test func anInviteIsForItsOwnAddressAlone() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let invite = try await cast.invite(to: "dora@example.com", as: .admin, of: cast.acme.organization)
            let page = await house.send(cast["Charlie"].call("GET", "/invites/\(invite.token)"))
            #expect(page.text.contains("This invite is for somebody else") && !page.text.contains("/accept"))
            #expect(await post("Charlie", "/invites/\(invite.token)/accept", cast).status == 403)
            #expect(await post("Charlie", "/invites/\(invite.token)/decline", cast).status == 403)
            #expect(await post("Charlie", "/invites/\(invite.id)/accept", cast).location == "/invites")
            #expect(try await role(of: "Charlie", cast) == nil)
            let dora = try await house.signIn("dora@example.com", in: Caller(name: "Dora")).caller
            #expect(await house.send(dora.call("POST", "/invites/\(invite.token)/accept")).location == "/acme", "it was still open")
        }
    }

    // MARK: - From the next request on

    @Test func aRoleThatIsLoweredCountsAtTheNextRequest() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            #expect(await house.send(cast["Adam"].call("GET", "/acme/keys")).status == 200)
            _ = await post("Alice", "/acme/members/\(cast.id(of: "Adam").text)/role", [("role", "viewer")], cast)
            #expect(await house.send(cast["Adam"].call("GET", "/acme/keys")).status == 403)
            #expect(await post("Adam", "/acme/keys", [("name", "x"), ("scopes", "read")], cast).status == 403)
            #expect(await house.send(cast["Adam"].call("GET", "/acme")).status == 200)
        }
    }

    @Test func whoIsRemovedIsOutAtTheNextRequest() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            #expect(await house.send(cast["Bob"].call("GET", "/acme")).status == 200)
            _ = await post("Alice", "/acme/members/\(cast.id(of: "Bob").text)/remove", cast)
            #expect(await house.send(cast["Bob"].call("GET", "/acme")).status == 404)
            #expect(await post("Bob", "/acme/leave", cast).status == 404)
        }
    }

    @Test func aSessionThatHasEndedIsOutAtTheNextRequest() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            var other = Caller(name: "Bob’s telephone")
            other = try await house.signIn("bob@example.com", in: other).caller
            #expect(await house.send(other.call("GET", "/account")).status == 200)
            #expect(await post("Bob", "/account/sessions/end-others", cast).status == 303)
            #expect(await house.send(other.call("GET", "/account")).status == 303)
            #expect(await house.send(cast["Bob"].call("GET", "/account")).status == 200)
            #expect(await post("Bob", "/users/log-out", cast).status == 303)
            #expect(await house.send(cast["Bob"].call("GET", "/account")).status == 303, "whoever kept the cookie")
        }
    }

    @Test func aKeyThatIsRevokedIsOutAtTheNextRequest() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let made = try await cast.key([.read])
            let key = Caller(name: "key", key: made.text)
            #expect(await house.send(key.call("GET", "/api/jobs")).status == 200)
            #expect(await post("Adam", "/acme/keys/\(made.id.text)/revoke", cast).status == 303)
            #expect(await house.send(key.call("GET", "/api/jobs")).status == 401)
        }
    }
}
