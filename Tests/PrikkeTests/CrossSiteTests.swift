import Postgres
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// What another site, or another's session, has a browser do: nothing (security.md C1–C3), and looking changes nothing.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct CrossSiteTests {
    private struct Attack: Sendable {
        let name: String
        var token: String?
        var query = ""
        var headers: [String] = []
    }

    private static func attacks(on caller: Caller, with another: Caller) -> [Attack] {
        let origins = [
            "https://evil.example", "null", "https://prikke.test.evil.example", "https://prikke.tes", "http://prikke.test",
            "https://prikke.test:8443", "https://evil.example, https://prikke.test", "https://PRIKKE.test", "",
        ]
        return [
            Attack(name: "no token", token: ""), Attack(name: "another session’s token", token: another.formToken),
            Attack(name: "the browser’s token", token: FormToken.make(for: caller.browser)),
            Attack(name: "the token in the address", token: "", query: "?_token=\(caller.formToken)"),
            Attack(name: "the token and more", token: caller.formToken + "x"),
        ] + origins.map { Attack(name: "Origin \($0)", headers: ["Origin: \($0)"]) }
            + ["cross-site", "same-site", "same-origin, cross-site"].map { Attack(name: $0, headers: ["Sec-Fetch-Site: \($0)"]) }
    }

    /// What no browser's session gets in by: keys, and secrets in the address or the head.
    private static func isOfPrograms(_ path: String) -> Bool { path.hasPrefix("/api/") || path.hasPrefix("/webhooks/") }

    @Test func noFormIsTakenFromElsewhere() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let (alice, forms) = (cast["Alice"], house.routes.filter { $0.method == "POST" && !Self.isOfPrograms($0.path) })
            for form in forms where form.path != "/demo/{behaviour}" {
                let path = try await cast.path(form.path, for: alice)
                let before = try await Snapshot.take(of: house.database)
                for attack in Self.attacks(on: alice, with: cast["Bob"]) {
                    let fields = [("email", "evil@example.com"), ("name", "Evil"), ("scopes", "manage"), ("role", "owner")]
                    let call = alice.call("POST", path + attack.query, fields, headers: attack.headers, token: attack.token)
                    let answer = await house.send(call)
                    #expect(answer.status == 403 && answer.cookie("session") == nil, "\(form.path): \(attack.name)")
                }
                #expect(try await Snapshot.take(of: house.database).changes(since: before) == [], "\(form.path)")
            }
        }
    }

    @Test func nobodyIsSignedInFromElsewhere() async throws {
        try await House.open { (house: House) async throws in
            let visitor = Caller(name: "visitor")
            for attack in Self.attacks(on: visitor, with: Caller(name: "other")) where attack.name != "the browser’s token" {
                let call = visitor.call(
                    "POST", "/users/log-in", [("email", "evil@example.com")], headers: attack.headers, token: attack.token)
                #expect(await house.send(call).status == 403, "\(attack.name)")
            }
            #expect(try await house.mails().isEmpty)
        }
    }

    // MARK: - Looking

    @Test func whateverTheOwnerLooksAtChangesNothing() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            _ = try await house.mails()
            let alice = cast["Alice"]
            var paths: [(Caller, String)] = []
            // The stream has no end, and says in the database that it listens.
            for route in house.routes where route.method == "GET" && !RouteTable.endless.contains(route.path) {
                let caller = route.path.hasPrefix("/api/") ? cast["whole key"] : alice
                paths.append((caller, try await cast.path(route.path, for: caller)))
            }
            let before = try await Snapshot.take(of: house.database)
            var seen = Set(paths.map(\.1))
            while let (caller, path) = paths.popLast() {
                for method in ["GET", "HEAD"] {
                    let answer = await house.send(caller.call(method, path))
                    // Whether the database answers /health within a second is the machine's matter here.
                    #expect(answer.status < 400 || answer.status == 405 || path == "/health", "\(method) \(path): \(answer.status)")
                    for match in answer.text.matches(of: /(?:href|src)="(\/[^"\/][^"]*)"/) {
                        // A browser keeps what stands behind # to itself.
                        let link = String(match.1.prefix { $0 != "#" }).replacing("&amp;", with: "&")
                        if seen.insert(link).inserted { paths.append((alice, link)) }
                    }
                }
            }
            #expect(seen.count > 60)
            #expect(try await Snapshot.take(of: house.database).changes(since: before) == [])
        }
    }

    // MARK: - Sessions

    @Test func aSessionThatWasPlantedIsWorthless() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for planted in [Token().text, cast["Charlie"].session ?? "", "x"] {
                try await house.forgetCounts()
                let victim = Caller(name: "victim", session: planted)
                let (_, signedIn) = try await house.signIn("bob@example.com", in: victim)
                #expect(signedIn.session != nil && signedIn.session != planted, "a new one")
                #expect(await house.send(signedIn.call("GET", "/account")).text.contains("bob@example.com"))
                let attacker = Caller(name: "attacker", session: planted)
                #expect(await house.send(attacker.call("GET", "/account")).status == 303, "\(planted)")
            }
        }
    }

    /// Whoever knows the browser's cookie is no further: he has neither the link nor its code, and both work once.
    @Test func aBrowserThatWasPlantedSignsNobodyElseIn() async throws {
        try await House.open { house in
            let victim = Caller(name: "victim")
            let attacker = Caller(name: "attacker", browser: victim.browser)
            _ = await house.send(victim.call("POST", "/users/log-in", [("email", "victim@example.com")]))
            let link = try await house.path(of: .signIn, to: "victim@example.com")
            #expect(await house.send(attacker.call("POST", "/users/log-in/code", [("code", "123456")])).status == 422)
            #expect(await house.send(victim.call("POST", link)).cookie("session") != nil)
            for path in [link, "/users/log-in/code"] {
                #expect(await house.send(attacker.call("POST", path, [("code", "123456")])).cookie("session") == nil)
            }
        }
    }

    /// Nobody can say which of them is the person's own.
    @Test func twoSessionCookiesAreNone() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let (alice, bob) = (cast["Alice"].session ?? "", cast["Bob"].session ?? "")
            let cookies = [
                ["Cookie: __Host-session=\(alice); __Host-session=\(bob)"], ["Cookie: __Host-session=\(bob); __Host-session=\(alice)"],
                ["Cookie: __Host-session=\(alice)", "Cookie: __Host-session=\(bob)"],
                ["Cookie: __Host-session=\(alice); __Host-session=\(alice)"], ["Cookie: prikke_session=\(alice)"],
                ["Cookie: session=\(alice)"],
            ]
            for headers in cookies {
                let answer = await house.send(Call(path: "/account", headers: headers + ["Accept: text/html"]))
                #expect(answer.status == 303 && answer.location.hasPrefix("/users/log-in"), "\(headers)")
            }
        }
    }
}
