import JSON
import Tenancy
import TestSupport
import Testing

/// The API of people, keys and settings: what it does, and that it answers what it declares and nothing else.
@Suite(.timeLimit(.minutes(3))) struct PeopleAPITests {
    private static let issued = Shape.object([Field("id", .string()), Field("key", .string())])
    private static let secrets = Shape.all(.object([Field("created_at", .string()), Field("expires_at", .string(), nullable: true)]))

    private func tenant(plan: String = "business") async throws -> Tenant { try await Server.shared().tenant(plan: plan) }

    @Test func anOrganizationIsLookedAtAndChanged() async throws {
        let tenant = try await tenant()
        let before = await tenant.get("/api/organization")
        #expect(differences(before.json, from: Organization.shape) == [])
        #expect(before.json["id"]?.string == tenant.id && before.json["timezone"] == "UTC" && before.json["plan"] == "business")
        let slug = "new-\(tenant.keyID.suffix(8))"
        let changes: JSON = ["name": "Søren & Co.", "slug": .string(slug), "timezone": "Europe/Oslo"]
        let changed = await tenant.send("PATCH", "/api/organization", changes)
        #expect(changed.status == 200 && differences(changed.json, from: Organization.shape) == [])
        for (name, value) in changes.object ?? [:] { #expect(changed.json[name] == value) }
        #expect(await tenant.get("/api/organization").json == changed.json)
        // What is not named stays.
        #expect(await tenant.send("PATCH", "/api/organization", [:]).json == changed.json)
        let other = try await Server.shared().tenant()
        let taken = await other.send("PATCH", "/api/organization", ["slug": .string(slug)])
        #expect(taken.status == 422 && taken.faults == ["/slug taken"])
        let former = await other.send("PATCH", "/api/organization", ["slug": before.json["slug"] ?? .null])
        #expect(former.status == 422 && former.faults == ["/slug taken"], "a former slug leads to its organization for a while")
    }

    @Test func membersAreLookedAtChangedAndRemoved() async throws {
        let tenant = try await tenant()
        let person = try await tenant.person(.member)
        let all = await tenant.get("/api/members")
        #expect(differences(all.json, from: .all(Membership.shape)) == [])
        #expect(all.json["data"]?.array?.map { $0["role"] } == ["owner", "member"])
        let one = await tenant.get("/api/members/\(person.id)")
        #expect(differences(one.json, from: Membership.shape) == [])
        #expect(one.json["email"]?.string == person.email)
        let raised = await tenant.send("PATCH", "/api/members/\(person.id)", ["role": "admin"])
        #expect(raised.status == 200 && raised.json["role"] == "admin" && differences(raised.json, from: Membership.shape) == [])
        #expect(await tenant.send("DELETE", "/api/members/\(person.id)").status == 204)
        let gone = await tenant.send("DELETE", "/api/members/\(person.id)")
        #expect(gone.status == 404 && gone.code == "not_found")
        #expect(await tenant.get("/api/members").json["data"]?.array?.count == 1)
    }

    /// A key acts as an admin at most, whoever made it.
    @Test func noKeyTouchesAnOwnerOrMakesOne() async throws {
        let tenant = try await tenant()
        let owner = try #require(await tenant.get("/api/members").json["data"]?.array?.first?["id"]?.string)
        let person = try await tenant.person(.member)
        let refused = [
            await tenant.send("PATCH", "/api/members/\(owner)", ["role": "viewer"]),
            await tenant.send("DELETE", "/api/members/\(owner)"),
            await tenant.send("PATCH", "/api/members/\(person.id)", ["role": "owner"]),
            await tenant.send("POST", "/api/invites", ["email": "x@example.com", "role": "owner"]),
        ]
        for answer in refused { #expect(answer.status == 403 && answer.code == "above_own_role", "\(answer.text)") }
        #expect(await tenant.get("/api/members").json["data"]?.array?.map { $0["role"] } == ["owner", "member"])
        #expect(await tenant.get("/api/invites").json == ["data": []])
    }

    @Test func invitesComeAndGo() async throws {
        let tenant = try await tenant()
        let email = "invited-\(tenant.keyID.suffix(8))@example.com"
        let sent = await tenant.send("POST", "/api/invites", ["email": .string(email), "role": "viewer"])
        #expect(sent.status == 201 && differences(sent.json, from: Invite.shape) == [])
        let path = try #require(sent.headers["location"])
        #expect(path == "/api/invites/\(sent.json["id"]?.string ?? "")")
        #expect(await tenant.get(path).json == sent.json)
        #expect(await tenant.get("/api/invites").json == ["data": [sent.json]])
        let twice = await tenant.send("POST", "/api/invites", ["email": .string(email.uppercased())])
        #expect(twice.status == 409 && twice.code == "already_invited")
        let person = try await tenant.person(.member)
        let member = await tenant.send("POST", "/api/invites", ["email": .string(person.email)])
        #expect(member.status == 409 && member.code == "already_member")
        // One mail a day to one address, whoever asks.
        let again = await tenant.send("POST", path + "/resend")
        #expect(again.status == 202 && again.json == sent.json)
        _ = try await tenant.server.database { try await $0.query("DELETE FROM rate_counts") }
        let resent = await tenant.send("POST", path + "/resend")
        #expect(resent.status == 202 && differences(resent.json, from: Invite.shape) == [])
        #expect(await tenant.send("DELETE", path).status == 204)
        #expect(await tenant.get(path).status == 404)
        #expect(await tenant.send("POST", path + "/resend").status == 404)
    }

    @Test func aPlansRoomForMembersHolds() async throws {
        let tenant = try await tenant(plan: "free")
        let suffix = tenant.keyID.suffix(8)
        #expect(await tenant.send("POST", "/api/invites", ["email": .string("a-\(suffix)@example.com")]).status == 201)
        let full = await tenant.send("POST", "/api/invites", ["email": .string("b-\(suffix)@example.com")])
        #expect(full.status == 402 && full.code == "limit_reached")
    }

    @Test func aKeyIsMadeShownOnceRotatedAndRevoked() async throws {
        let tenant = try await tenant()
        let made = await tenant.send("POST", "/api/api-keys", ["name": "Deploy", "scopes": ["write", "read"], "expires_in_days": 30])
        #expect(made.status == 201 && differences(made.json, from: Self.issued) == [])
        let text = try #require(made.json["key"]?.string)
        let path = try #require(made.headers["location"])
        let key = Tenant(tenant, key: text)
        #expect(await key.get("/api/jobs").status == 200)
        let shown = await tenant.get(path)
        #expect(differences(shown.json, from: APIKey.shape) == [])
        #expect(shown.json["scopes"] == ["read", "write"] && shown.json["name"] == "Deploy" && shown.json["revoked_at"] == .null)
        #expect(shown.json["expires_at"]?.string != nil && shown.json["last_used_at"]?.string != nil)
        let all = await tenant.get("/api/api-keys")
        #expect(differences(all.json, from: .all(APIKey.shape)) == [])

        // Both secrets hold, then the new one alone.
        let rotated = await tenant.send("POST", path + "/rotate", ["overlap_hours": 1])
        #expect(rotated.status == 200 && differences(rotated.json, from: Self.issued) == [])
        let second = Tenant(tenant, key: try #require(rotated.json["key"]?.string))
        #expect(second.keyID == key.keyID && second.key != key.key)
        for one in [key, second] { #expect(await one.get("/api/jobs").status == 200) }
        let third = await tenant.send("POST", path + "/rotate", ["overlap_hours": 0])
        let last = Tenant(tenant, key: try #require(third.json["key"]?.string))
        for one in [key, second] { #expect(await one.get("/api/jobs").status == 401) }
        #expect(await last.get("/api/jobs").status == 200)

        #expect(await tenant.send("DELETE", path).status == 204)
        #expect(await last.get("/api/jobs").status == 401)
        #expect(await tenant.get(path).status == 404)
        let over = await tenant.send("POST", path + "/rotate")
        #expect(over.status == 404 && over.code == "not_found", "a key that has ended gets no new secret")
        #expect(await tenant.send("DELETE", path).status == 404)
        try await expectSecretsNowhere([key, second, last], of: tenant)
    }

    /// Neither in an answer nor in the log nor in any row.
    private func expectSecretsNowhere(_ keys: [Tenant], of tenant: Tenant) async throws {
        let answers = [
            await tenant.get("/api/api-keys").text, await tenant.get("/api/audit-log").text, tenant.server.child.errors.text,
            try await tenant.server.database { database in
                let tables = try await database.query(
                    "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm')")
                var all = ""
                for table in tables {
                    let name: String = try table("name")
                    for row in try await database.query("SELECT (t.*)::text AS line FROM \(identifier: name) t") {
                        all += try row("line", as: String.self)
                    }
                }
                return all
            },
        ]
        for key in keys {
            let secret = String(key.key.drop { $0 != "." }.dropFirst("sk_live_".count + 1))
            let hex = secret.utf8.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
            for answer in answers { #expect(!answer.contains(secret) && !answer.contains(hex)) }
        }
    }

    @Test func aKeyGivesNoMoreThanItHas() async throws {
        let tenant = try await tenant()
        let manager = try await tenant.key(["manage"])
        for scopes: JSON in [["read"], ["manage", "write"], ["read", "write", "manage"]] {
            let refused = await manager.send("POST", "/api/api-keys", ["name": "More", "scopes": scopes])
            #expect(refused.status == 403 && refused.code == "above_own_role")
        }
        #expect(await manager.send("POST", "/api/api-keys", ["name": "Same", "scopes": ["manage"]]).status == 201)
        // By rotating another's it would get that one's secret.
        let taken = await manager.send("POST", "/api/api-keys/\(tenant.keyID)/rotate", ["overlap_hours": 1])
        #expect(taken.status == 403 && taken.code == "above_own_role")
        #expect(await tenant.get("/api/api-keys/\(tenant.keyID)").json["previous_until"] == .null)
        let reader = try await tenant.key(["read"])
        #expect(await reader.send("POST", "/api/api-keys", ["name": "More", "scopes": ["read"]]).code == "missing_scope")
    }

    @Test func aKeyOfAnAdminWhoIsNoneAnyMoreRestsItsScopeManage() async throws {
        let tenant = try await tenant()
        let admin = try await tenant.person(.admin)
        let made = await admin.post(
            "/\(await tenant.slug)/keys", [("name", "Hers"), ("scopes", "read"), ("scopes", "write"), ("scopes", "manage")],
            at: tenant.server)
        #expect(made.status == 200 || made.status == 303 || made.status == 201, "\(made.status)")
        let hers = try #require(await tenant.get("/api/api-keys").json["data"]?.array?.first { $0["created_by"]?.string == admin.email })
        let id = try #require(hers["id"]?.string)
        let text = try #require(await tenant.send("POST", "/api/api-keys/\(id)/rotate").json["key"]?.string)
        let key = Tenant(tenant, key: text)
        #expect(await key.get("/api/audit-log").status == 200)
        #expect(await tenant.send("DELETE", "/api/members/\(admin.id)").status == 204)
        let rests = await key.get("/api/audit-log")
        #expect(rests.status == 403 && rests.code == "missing_role")
        #expect(await key.send("POST", "/api/api-keys", ["name": "Late", "scopes": ["read"]]).code == "missing_role")
        #expect(await key.get("/api/jobs").status == 200)
        #expect(try await key.make(["config": ["url": "http://127.0.0.1:65533/"]])["id"]?.string != nil)
    }

    @Test func signingSecretsAreListedAndRotated() async throws {
        let tenant = try await tenant()
        let before = await tenant.get("/api/signing-secrets")
        #expect(differences(before.json, from: Self.secrets) == [])
        #expect(before.json["data"]?.array?.count == 1)
        let made = await tenant.send("POST", "/api/signing-secrets", ["overlap_hours": 2])
        #expect(made.status == 201 && differences(made.json, from: .object([Field("secret", .string())])) == [])
        let secret = try #require(made.json["secret"]?.string)
        #expect(secret.hasPrefix("whsec_") && secret.utf8.count == 50)
        let after = await tenant.get("/api/signing-secrets")
        #expect(differences(after.json, from: Self.secrets) == [])
        #expect(after.json["data"]?.array?.map { $0["expires_at"] == .null } == [true, false])
        for text in [after.text, await tenant.get("/api/audit-log").text] { #expect(!text.contains(secret.dropFirst(6))) }
        #expect(await tenant.send("POST", "/api/signing-secrets", ["overlap_hours": 0]).status == 201)
        #expect(await tenant.get("/api/signing-secrets").json["data"]?.array?.count == 1)
    }
}

extension Answer {
    /// What is wrong, and where.
    var faults: [String] {
        (json["errors"]?.array ?? []).map { "\($0["pointer"]?.string ?? "?") \($0["code"]?.string ?? "?")" }
    }
}
