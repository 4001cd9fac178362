import JSON
import Tenancy
import TestSupport
import Testing

/// What the API of people, keys and settings refuses: with which status and code, and where it points.
@Suite(.timeLimit(.minutes(3))) struct PeopleBadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let method: String
        let path: String
        let body: JSON
        let faults: [String]

        var testDescription: String { name }

        init(_ name: String, _ method: String, _ path: String, _ body: JSON, _ faults: String...) {
            (self.name, self.method, self.path, self.body, self.faults) = (name, method, path, body, faults)
        }
    }

    private static func long(_ count: Int) -> JSON { .string(String(repeating: "x", count: count)) }
    private static func organization(_ name: String, _ body: JSON, _ fault: String) -> Case {
        Case("organization: \(name)", "PATCH", "/api/organization", body, fault)
    }
    private static func key(_ name: String, _ more: JSONObject, _ faults: String...) -> Case {
        var body: JSONObject = ["name": "Deploy", "scopes": ["read"]]
        for (name, value) in more { body[name] = value }
        var one = Case("key: \(name)", "POST", "/api/api-keys", .object(body))
        one = Case(one, faults)
        return one
    }
    private static func invite(_ name: String, _ body: JSON, _ fault: String) -> Case {
        Case("invite: \(name)", "POST", "/api/invites", body, fault)
    }

    static let cases: [Case] = [
        organization("a list", [], " wrong_type"), organization("a number as name", ["name": 7], "/name wrong_type"),
        organization("no name", ["name": .null], "/name wrong_type"), organization("an empty name", ["name": ""], "/name too_short"),
        organization("blanks", ["name": "   "], "/name too_short"), organization("a long name", ["name": long(101)], "/name too_long"),
        organization("a line break", ["name": "a\nb"], "/name invalid_format"),
        organization("a web address", ["name": "evil.example"], "/name not_allowed"),
        organization("an upper-case slug", ["slug": "Acme"], "/slug invalid_format"),
        organization("a short slug", ["slug": "ab"], "/slug too_short"), organization("a long slug", ["slug": long(41)], "/slug too_long"),
        organization("a path as slug", ["slug": "../admin"], "/slug invalid_format"),
        organization("a word of ours", ["slug": "webhooks"], "/slug reserved"),
        organization("a zone of nowhere", ["timezone": "Mars/Olympus"], "/timezone unknown_zone"),
        organization("a zone outside its folder", ["timezone": "../../etc/passwd"], "/timezone unknown_zone"),
        organization("a long zone", ["timezone": long(65)], "/timezone too_long"),
        organization("another plan", ["plan": "business"], "/plan unknown_field"),
        organization("more rights", ["entitlements": ["members": 99]], "/entitlements unknown_field"),
        organization("another id", ["id": "org_01jd3w8k4dfk1q2v7c9r5t0xyz"], "/id unknown_field"),
        key("no text as name", ["name": ["x"]], "/name wrong_type"), key("an empty name", ["name": ""], "/name too_short"),
        key("blanks", ["name": "  "], "/name too_short"), key("a long name", ["name": long(201)], "/name too_long"),
        key("no scopes", ["scopes": []], "/scopes too_short"), key("scopes as text", ["scopes": "read"], "/scopes wrong_type"),
        key("an unknown scope", ["scopes": ["read", "root"]], "/scopes/1 not_allowed"),
        key("too many scopes", ["scopes": ["read", "read", "read", "read"]], "/scopes too_long"),
        key("no day", ["expires_in_days": 0], "/expires_in_days out_of_range"),
        key("eleven years", ["expires_in_days": 3_651], "/expires_in_days out_of_range"),
        key("the largest integer", ["expires_in_days": .integer(.max)], "/expires_in_days out_of_range"),
        key("half a day", ["expires_in_days": 0.5], "/expires_in_days wrong_type"),
        key("a secret of one's own", ["key": "pk_live_x.sk_live_y"], "/key unknown_field"),
        key("another maker", ["created_by": "x@example.com"], "/created_by unknown_field"),
        key("many mistakes", ["name": 1, "scopes": [1], "x": 1], "/name wrong_type", "/scopes/0 wrong_type", "/x unknown_field"),
        Case("key: nothing", "POST", "/api/api-keys", [:], "/name required", "/scopes required"),
        Case("rotation: a week and an hour", "POST", "/api/api-keys/{key}/rotate", ["overlap_hours": 169], "/overlap_hours out_of_range"),
        Case("rotation: less than none", "POST", "/api/api-keys/{key}/rotate", ["overlap_hours": -1], "/overlap_hours out_of_range"),
        Case("rotation: as text", "POST", "/api/api-keys/{key}/rotate", ["overlap_hours": "1"], "/overlap_hours wrong_type"),
        Case("signing: a week and an hour", "POST", "/api/signing-secrets", ["overlap_hours": 169], "/overlap_hours out_of_range"),
        Case("signing: a secret of one's own", "POST", "/api/signing-secrets", ["secret": "x"], "/secret unknown_field"),
        invite("no address", ["role": "member"], "/email required"), invite("a number", ["email": 1], "/email wrong_type"),
        invite("no @", ["email": "bob.example.com"], "/email invalid_format"),
        invite("a line break", ["email": "bob@example.com\r\nBcc: x@example.com"], "/email invalid_format"),
        invite("two addresses", ["email": "a@example.com, b@example.com"], "/email invalid_format"),
        invite("a long address", ["email": long(255)], "/email too_long"),
        invite("an unknown role", ["email": "bob@example.com", "role": "root"], "/role not_allowed"),
        invite("an organization", ["email": "bob@example.com", "organization_id": "x"], "/organization_id unknown_field"),
        Case("member: no role", "PATCH", "/api/members/{member}", [:], "/role required"),
        Case("member: an unknown role", "PATCH", "/api/members/{member}", ["role": "root"], "/role not_allowed"),
        Case("member: an address", "PATCH", "/api/members/{member}", ["role": "viewer", "email": "x@example.com"], "/email unknown_field"),
    ]

    @Test(arguments: cases) func itIsRefused(_ input: Case) async throws {
        let (tenant, member) = try await Self.house.value
        let path = input.path.replacing("{key}", with: tenant.keyID).replacing("{member}", with: member)
        let before = try await Self.state(tenant)
        let answer = await tenant.send(input.method, path, input.body)
        #expect(answer.status == 422 && answer.code == "invalid_input", "\(answer.text)")
        #expect(answer.faults.sorted() == input.faults.sorted())
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(try await Self.state(tenant) == before, "nothing was changed")
    }

    private static let house = Task {
        let tenant = try await Server.shared().tenant("Bad people")
        return (tenant, try await tenant.person(.member).id)
    }

    private static func state(_ tenant: Tenant) async throws -> [String] {
        var all: [String] = []
        for path in ["organization", "members", "invites", "signing-secrets"] { all.append(await tenant.get("/api/\(path)").text) }
        let keys = await tenant.get("/api/api-keys").json["data"]?.array ?? []
        return all + keys.map { "\($0["id"]?.string ?? "") \($0["previous_until"]?.string ?? "")" }
    }
}

extension PeopleBadInputTests.Case {
    fileprivate init(_ other: Self, _ faults: [String]) {
        (name, method, path, body, self.faults) = (other.name, other.method, other.path, other.body, faults)
    }
}
