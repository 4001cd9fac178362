import JSON
import TestSupport
import Testing

/// Who may see what: nobody without a key, and no tenant another's.
@Suite(.timeLimit(.minutes(3))) struct IsolationTests {
    /// Every operation; `{job}` and the like stand for an id.
    static let operations: [(method: String, path: String)] = [
        ("GET", "/api/jobs"), ("POST", "/api/jobs"), ("GET", "/api/jobs/{job}"), ("PATCH", "/api/jobs/{job}"),
        ("DELETE", "/api/jobs/{job}"), ("POST", "/api/jobs/{job}/trigger"), ("GET", "/api/jobs/{job}/executions"),
        ("GET", "/api/jobs/{job}/preview"), ("POST", "/api/preview"),
        ("GET", "/api/executions/{execution}"), ("GET", "/api/api-keys"), ("DELETE", "/api/api-keys/{key}"),
    ]

    private static let unparsable = [
        "nonsense", "job_", "exe_", "key:", "key:UPPER%20CASE", "%00", "%ff", "%", "%2e%2e%2fjobs", "job_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "job_01m83p5n5de4yaq6caszvnwvfb%0d%0aX:%201", "9223372036854775808", "\u{27}%20OR%201=1--", String(repeating: "x", count: 2_000),
    ]

    @Test func anotherTenantsIdAnswersLikeOneThatIsNotThere() async throws {
        let server = try await Server.shared()
        let (owner, stranger) = (try await server.tenant("Owner"), try await server.tenant("Stranger"))
        let receiver = try Receiver()
        let job = try await owner.job(calling: receiver.url, ["key": "secret-project"])
        let execution = try await owner.trigger(job)
        let key = try #require(await owner.get("/api/api-keys").json["data"]?.array?.first?["id"]?.string)
        let foreign = ["job": [job, "key:secret-project"], "execution": [execution], "key": [key]]
        let unknown = ["job_01jd3w8k4dfk1q2v7c9r5t0xyz", "exe_01jd3w8k4dfk1q2v7c9r5t0xyz", "key_01jd3w8k4dfk1q2v7c9r5t0xyz", "key:unknown"]

        for (method, path) in Self.operations where path.contains("{") {
            let parameter = String(path.drop { $0 != "{" }.dropFirst().prefix { $0 != "}" })
            let ids = unknown + Self.unparsable + (foreign[parameter] ?? [])
            let expected = await stranger.refusal(method, path, id: unknown[0])
            #expect(expected["status"] == "404")
            for id in ids { #expect(await stranger.refusal(method, path, id: id) == expected, "\(method) \(path) with \(id)") }
        }
        #expect(await owner.get("/api/jobs/\(job)").status == 200, "nothing of it was touched")
        #expect(await owner.get("/api/jobs").json["data"]?.array?.count == 1)
        #expect(await stranger.get("/api/jobs").json == ["data": [], "next_cursor": .null])
        #expect(await owner.get("/api/api-keys").json["data"]?.array?.first?["revoked_at"] == .null)
    }

    @Test func whoHasNoGoodKeyGetsNowhere() async throws {
        let server = try await Server.shared()
        let expired = try await server.tenant(options: ["--key-expires", "1s"])
        let revoked = try await server.tenant()
        let id = try #require(await revoked.get("/api/api-keys").json["data"]?.array?.first?["id"]?.string)
        #expect(await revoked.send("DELETE", "/api/api-keys/\(id)").status == 204)
        while await expired.get("/api/jobs").status != 401 { try await Task.sleep(for: .milliseconds(100)) }

        let keys = [expired.key, revoked.key] + Self.wrongKeys(like: try await server.tenant().key, expired: expired.key)
        for (method, path) in Self.operations {
            let filled = path.replacing(/\{[a-z]+\}/, with: "job_01jd3w8k4dfk1q2v7c9r5t0xyz")
            let expected = await server.send(Call(method: method, path: filled)).withoutID
            #expect(expected["status"] == "401")
            for key in keys {
                let answer = await server.send(Call(method: method, path: filled, key: key, body: Array("{".utf8)))
                #expect(answer.withoutID == expected, "\(method) \(path)")
            }
        }
    }

    private static func wrongKeys(like good: String, expired: String) -> [String] {
        let (id, secret) = (good.prefix { $0 != "." }, good.drop { $0 != "." }.dropFirst())
        let otherID = expired.prefix { $0 != "." }
        return [
            "", "é", "pk_live_.sk_live_", "\(good)x", "\(good.dropLast())", good.uppercased(), "\(id)..\(secret)", "\(good) \(good)",
            "\(secret)", "\(id)", "\(otherID).\(secret)",
        ]
    }

    @Test func aKeyIsTakenFromItsHeaderAndFromNowhereElse() async throws {
        let tenant = try await Server.shared().tenant()
        let calls = [
            Call(path: "/api/jobs?key=\(tenant.key)"), Call(path: "/api/jobs", headers: [("Cookie", "key=\(tenant.key)")]),
            Call(path: "/api/jobs", headers: [("X-Api-Key", tenant.key)]),
            Call(path: "/api/jobs", headers: [("Authorization", tenant.key)]),
            Call(path: "/api/jobs", key: tenant.key, headers: [("Authorization", "Bearer \(tenant.key)")]),
        ]
        for call in calls { #expect(await tenant.server.send(call).status == 401) }
        #expect(!tenant.server.child.errors.text.contains("sk_live_"), "no key is ever logged")
    }

    @Test func aCallThatAJobMakesIsNotLetIn() async throws {
        let tenant = try await Server.shared().tenant()
        let answer = await tenant.server.send(Call(path: "/api/jobs", key: tenant.key, headers: [("Prikke-Hop", "1")]))
        #expect(answer.status == 403)
        #expect(answer.code == "own_call")
    }

    @Test func aCursorOfAnotherTenantShowsNothingOfHis() async throws {
        let server = try await Server.shared()
        let (owner, stranger) = (try await server.tenant(), try await server.tenant())
        for _ in 0..<3 { _ = try await owner.job(calling: "http://127.0.0.1:65533/") }
        let cursor = try #require(await owner.get("/api/jobs?limit=1").json["next_cursor"]?.string)
        #expect(await stranger.get("/api/jobs?cursor=\(cursor)").json["data"] == [])
    }
}

extension Tenant {
    /// What a request for `id` is answered, with a body that no operation takes: who may not see must not get as far.
    fileprivate func refusal(_ method: String, _ path: String, id: String) async -> [String: String] {
        let filled = path.replacing(/\{[a-z]+\}/, with: id)
        return await server.send(Call(method: method, path: filled, key: key, body: Array("{{{".utf8), type: "text/plain")).withoutID
    }
}
