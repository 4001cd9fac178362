import JSON
import Tenancy
import TestSupport
import Testing

/// The router's own list × everybody who may ask: what is answered is what `RouteTable` says.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct EveryRouteTests {
    @Test func everyRouteStandsInTheTable() async throws {
        try await House.open { house in
            let routes = house.routes.map { "\($0.method) \($0.path)" }
            #expect(Set(routes).count == routes.count, "no route is declared twice")
            let lines = RouteTable.lines.map(\.name)
            #expect(routes.filter { !lines.contains($0) } == [], "these routes are not in the table: add who gets what")
            #expect(lines.filter { !routes.contains($0) } == [], "these lines of the table have no route")
            for line in RouteTable.lines {
                #expect(line.expected.count == (line.isAPI ? RouteTable.programs : RouteTable.visitors).count, "\(line.name)")
            }
        }
    }

    /// An organization may have any other word for its address.
    @Test func noOrganizationCanBeCalledAsAPageOfOurs() async throws {
        try await House.open { house in
            for first in Set(house.routes.compactMap { $0.path.split(separator: "/").first.map(String.init) }) where first != "{slug}" {
                #expect(!Organization.mayHave(slug: first), "\(first) is to be reserved")
            }
        }
    }

    @Test func everybodyIsAnsweredAsTheTableSays() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for line in RouteTable.lines {
                let callers = line.isAPI ? RouteTable.programs : RouteTable.visitors
                for (name, expected) in zip(callers, line.expected) {
                    #expect(try await answer(line, name, cast) == expected, "\(line.name) by \(name)")
                }
            }
        }
    }

    /// A key opens no page, and a session no operation.
    @Test func whoComesToTheWrongDoorIsNobody() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for line in RouteTable.lines {
                let name = line.isAPI ? "Alice" : "whole key"
                #expect(try await answer(line, name, cast) == line.expected[0], "\(line.name) by \(name)")
            }
        }
    }

    private func answer(_ line: RouteTable.Line, _ name: String, _ cast: Cast) async throws -> String {
        try await cast.restore()
        var caller = cast[name]
        let path = try await cast.path(line.path, for: caller)
        // Who has a key has a browser too: its token is good, so that it is the key that is refused.
        let key = line.isAPI ? nil : caller.key
        if !line.isAPI { caller.key = nil }
        let headers = key.map { ["Authorization: Bearer \($0)"] } ?? []
        // The stream has no end; its head says what is asked here.
        let method = RouteTable.endless.contains(line.path) ? "HEAD" : line.method
        let answer = await cast.house.send(caller.call(method, path, json: line.method == "GET" ? nil : "{}", headers: headers))
        // Whether the database answers within a second is the machine's matter here.
        if line.path == "/health", answer.status == 503 { return "200" }
        let leadsIn = answer.status == 303 && (answer.location == "/users/log-in" || answer.location.hasPrefix("/users/log-in?"))
        return leadsIn ? "in" : "\(answer.status)"
    }

    // MARK: - Other methods

    private static let mailedLinks: Set = [
        "/users/log-in/{token}", "/account/address/{token}", "/account/address-back/{token}", "/invites/{invite}",
        "/channels/confirm/{token}", "/channels/leave/{token}",
    ]

    /// 405 with what would be answered, for each method that is not. `HEAD` goes where `GET` does, but for links that are mailed.
    @Test func otherMethodsAreRefusedAndToldWhichAreNot() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let methods = Dictionary(grouping: house.routes, by: \.path).mapValues { Set($0.map(\.method)) }
            for (route, answered) in methods {
                try await cast.restore()
                let path = try await cast.path(route, for: cast["Alice"])
                let isLink = Self.mailedLinks.contains(route)
                let heads: Set<String> = answered.contains("GET") ? ["HEAD"] : []
                let allowed = answered.union(isLink ? [] : heads).union(["OPTIONS"]).sorted().joined(separator: ", ")
                for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"]
                where !answered.union(isLink ? [] : heads).contains(method) {
                    let caller = route.hasPrefix("/api/") ? cast["whole key"] : cast["Alice"]
                    let answer = await house.send(caller.call(method, path, json: "{}"))
                    #expect(answer.status == 405, "\(method) \(path)")
                    #expect(answer["allow"] == allowed, "\(method) \(path)")
                    if method == "HEAD" { #expect(answer.text.isEmpty) }
                }
            }
        }
    }

    @Test func aHeadOfASignInLinkUsesNothingUp() async throws {
        try await House.open { house in
            let caller = Caller(name: "Dora")
            _ = await house.send(caller.call("POST", "/users/register", [("email", "dora@example.com"), ("organization", "Dora & co")]))
            let link = try await house.path(of: .signIn, to: "dora@example.com")
            for method in ["HEAD", "GET", "HEAD", "OPTIONS", "GET"] { _ = await house.send(caller.call(method, link)) }
            #expect(await house.send(caller.call("POST", link)).cookie("session") != nil)
        }
    }
}
