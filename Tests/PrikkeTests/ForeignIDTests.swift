import Foundation
import Postgres
import TestSupport
import Testing

@testable import Prikke
@testable import Scheduling
@testable import Tenancy

/// What is another tenant's is answered exactly as what is not there, and as what is no id at all: same status, body and headers,
/// before what else was sent is looked at. For every route of the router's own list that has a parameter.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct ForeignIDTests {
    /// What no id is, as it may stand in an address.
    private static let unparsable = [
        "nonsense", "usr_", "key_zzzzzzzzzzzzzzzzzzzzzzzzzz", "%00", "%ff", "%", "%2e%2e%2faccount", "%27%20OR%201=1--",
        "inv_01m83p5n5de4yaq6caszvnwvfb%0d%0aX:%201", "9223372036854775808", String(repeating: "x", count: 1_900),
        String(repeating: "y", count: 4_000),
    ]

    /// Routes whose parameter names nothing of anybody's.
    private static let ofNobody = [
        "/assets/{name}", "/demo/{behaviour}", "/docs/{document}", "/docs/api/{resource}", "/docs/errors/{code}",
    ]

    @Test func noRouteTellsWhatIsAnotherTenants() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            _ = try await house.mails()
            let routes = house.routes.filter { $0.path.contains("{") && !Self.ofNobody.contains($0.path) }
            #expect(routes.count > 40)
            for route in routes {
                try await cast.restore()
                let caller = cast[route.path.hasPrefix("/api/") ? "whole key" : "Alice"]
                let parameters = route.path.matches(of: /\{([a-z]+)\}/).map { String($0.1) }
                for parameter in parameters where !(parameter == "slug" && parameters.count > 1) {
                    try await compare(route, parameter, caller, cast)
                }
            }
            #expect(try await house.services.jobs.page(after: nil, limit: 10, for: cast.accessOfCharlie).count > 0, "nothing was touched")
        }
    }

    private func compare(_ route: (method: String, path: String), _ parameter: String, _ caller: Caller, _ cast: Cast) async throws {
        let frame = route.path.replacing("{slug}", with: parameter == "slug" ? "{slug}" : "acme")
        func answer(_ id: String) async -> [String] {
            let path = frame.replacing("{\(parameter)}", with: id)
            var call = caller.call(route.method, path, [("role", "owner"), ("confirmation", "x"), ("nonsense", "1")])
            if caller.key != nil { (call.body, call.type) = ("{{{", "text/plain") }
            return await cast.house.send(call).comparable(besides: id)
        }
        let expected = await answer(Self.unknown(parameter))
        let statuses = ["404", "303"] + (route.path.hasSuffix("{token}") || route.path == "/invites/{invite}" ? ["200", "204"] : [])
        #expect(statuses.contains(expected[0]), "\(route)")
        for id in try await foreign(parameter, in: route.path, cast) + Self.unparsable {
            #expect(await answer(id) == expected, "\(route.method) \(route.path) with \(parameter) \(id.prefix(60))")
        }
    }

    /// One that is well made, and of nothing.
    private static func unknown(_ parameter: String) -> String {
        switch parameter {
        case "slug", "organization": "nowhere"
        case "member": ID<User>().text
        case "key": ID<APIKey>().text
        case "invite": ID<Invite>().text
        case "session": ID<Session>().text
        case "job": ID<Job>().text
        case "execution": ID<Execution>().text
        case "channel": ID<Channel>().text
        case "incident": ID<Incident>().text
        case "delivery": ID<Delivery>().text
        case "mail": "mail_01jd3w8k4dfk1q2v7c9r5t0xyz"
        default: Token().text
        }
    }

    /// Charlie's.
    private func foreign(_ parameter: String, in route: String, _ cast: Cast) async throws -> [String] {
        let (theirs, access) = (cast.globex.organization, cast.accessOfCharlie)
        switch parameter {
        case "slug": return [theirs.slug]
        case "organization": return [theirs.slug, try await cast.deletedOrganization(ownedBy: "Charlie")]
        case "member": return [theirs.id.text, cast.id(of: "Charlie").text, try await cast.member(of: theirs)]
        case "key": return [try await cast.key(for: access).id.text]
        case "invite": return [try await cast.invite(of: theirs).id]
        case "session": return [try await cast.session(of: "Charlie")]
        case "job":
            let key = "theirs/\(Token().text.lowercased().prefix(12))"
            return [try await cast.job(["key": .string(key)], for: access).id.text, "key:\(key.replacing("/", with: "%2F"))"]
        case "execution": return [try await cast.execution(for: access)]
        case "channel": return [try await cast.channel(for: access).id.text]
        case "incident": return [try await cast.incident(for: access)]
        case "delivery": return [try await cast.delivery(for: access)]
        // Whoever has the token of a sign-in link is shown its code, which is what it is for; the others' links are another's.
        case "token" where route.contains("/address/"): return [try await cast.link("new_address", of: cast["Charlie"])]
        default: return []
        }
    }

    /// By a parameter of a body or a query there is no other way in: a cursor of another tenant's shows nothing of his.
    @Test func aForeignCursorShowsNothing() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for _ in 0..<3 {
                _ = try await cast.execution(for: cast.accessOfCharlie)
                _ = try await cast.incident(for: cast.accessOfCharlie)
            }
            for path in ["/api/jobs", "/api/audit-log", "/api/executions", "/api/incidents"] {
                let theirs = await house.send(cast["Charlie’s key"].call("GET", "\(path)?limit=1"))
                let cursor = try #require(theirs.json["next_cursor"]?.string)
                let mine = await house.send(cast["whole key"].call("GET", "\(path)?cursor=\(cursor)"))
                #expect(mine.status == 200)
                #expect(!mine.text.contains(cast.globex.organization.id.text) && !mine.text.contains("Report"))
            }
        }
    }
}
