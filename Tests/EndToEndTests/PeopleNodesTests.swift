import Foundation
import JSON
import Tenancy
import TestSupport
import Testing

/// What one node is told holds on the others from the next request on: none remembers who may do what.
@Suite(.timeLimit(.minutes(5))) struct PeopleNodesTests {
    @Test func whatIsTakenAwayAtOneNodeIsGoneAtTheOther() async throws {
        try await Nodes.lend { nodes in
            let (one, other) = (try await nodes.start("web"), try await nodes.start("web"))
            let tenant = try await one.tenant()
            let (key, there) = (try await tenant.key(["read", "manage"]), Tenant(tenant, at: other))

            // A key.
            let keyThere = Tenant(key, at: other)
            #expect(await keyThere.get("/api/jobs").status == 200)
            #expect(await tenant.send("DELETE", "/api/api-keys/\(key.keyID)").status == 204)
            #expect(await keyThere.get("/api/jobs").status == 401)

            // A session.
            let (admin, slug) = (try await tenant.person(.admin), await tenant.slug)
            #expect(await admin.page("/account", at: other).status == 200)
            #expect(await admin.post("/account/sessions/end-all", at: one).status == 303)
            let ended = await admin.page("/account", at: other)
            #expect(ended.status == 303 && ended.headers["location"]?.hasPrefix("/users/log-in") == true)

            // A role, then the membership.
            let member = try await tenant.person(.admin)
            #expect(await member.page("/\(slug)/audit-log", at: other).status == 200)
            #expect(await tenant.send("PATCH", "/api/members/\(member.id)", ["role": "viewer"]).status == 200)
            #expect(await member.page("/\(slug)/audit-log", at: other).status == 403)
            #expect(await member.page("/\(slug)/members", at: other).status == 200)
            #expect(await there.send("DELETE", "/api/members/\(member.id)").status == 204)
            #expect(await member.page("/\(slug)/members", at: one).status == 404)
        }
    }

    @Test func theLimitOfRequestsHoldsOverAllNodesAndForEachOrganization() async throws {
        try await Nodes.lend { nodes in
            let limit = ["PRIKKE_RATE_LIMIT": "60"]
            let servers = [try await nodes.start("web", limit), try await nodes.start("web", limit)]
            let (tenant, stranger) = (try await servers[0].tenant(), try await servers[0].tenant("Stranger"))
            var (passed, refused): (Int, [Answer]) = (0, [])
            for number in 0..<90 {
                // Whom it claims to come from makes no difference.
                let call = Call(
                    path: "/api/jobs?limit=1", key: tenant.key,
                    headers: [("X-Forwarded-For", "198.51.100.\(number)"), ("Forwarded", "for=1.2.3.\(number)")])
                let answer = await servers[number % 2].send(call)
                if answer.status == 200 { passed += 1 } else { refused.append(answer) }
                #expect(answer.headers["ratelimit-policy"] == "\"key\";q=60;w=60")
                #expect(answer.headers["ratelimit"]?.wholeMatch(of: /"key";r=[0-9]+;t=[0-9]+/) != nil)
            }
            #expect((59...61).contains(passed))
            for answer in refused {
                #expect(answer.status == 429 && answer.code == "rate_limited")
                let seconds = Int(answer.headers["retry-after"] ?? "") ?? 0
                #expect((1...60).contains(seconds))
                #expect(answer.headers["ratelimit"] == "\"key\";r=0;t=\(seconds)")
            }
            for server in servers { #expect(await Tenant(stranger, at: server).get("/api/jobs").status == 200) }
        }
    }
}
