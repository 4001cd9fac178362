import JSON
import Mail
import Postgres
import Scheduling
import Time

@testable import Prikke
@testable import Tenancy

/// Who acts in tests, with real rows: the people of Acme in each role, those who have no business there, and keys.
struct Cast: Sendable {
    let house: House
    let acme: Organizations.Founded
    let globex: Organizations.Founded
    private let users: [String: ID<User>]
    /// By name.
    private let people: [String: Caller]
    private let keys: [String: Caller]

    private static let roles: [(name: String, role: Role)] = [("Victor", .viewer), ("Bob", .member), ("Adam", .admin), ("Alice", .owner)]

    /// `Alice`, `nobody`, `expired`, `removed`…
    subscript(_ name: String) -> Caller { people[name] ?? keys[name] ?? Caller(name: "nobody") }

    init(_ house: House) async throws {
        self.house = house
        acme = try await house.services.organizations.found(name: "Acme", ownedBy: "alice@example.com", entitlements: Self.entitlements)
        globex = try await house.services.organizations.found(
            name: "Globex", ownedBy: "charlie@example.com", entitlements: Self.entitlements)
        var users = ["Alice": acme.owner.id, "Charlie": globex.owner.id, "expired": acme.owner.id]
        for name in ["Victor", "Bob", "Adam", "removed"] { users[name] = try await Self.user("\(name.lowercased())@example.com", house) }
        self.users = users
        people = Dictionary(uniqueKeysWithValues: users.keys.map { ($0, Caller(name: $0, session: Token().text)) })
        let (alice, charlie) = (Self.access(acme, users["Alice"]), Self.access(globex, users["Charlie"]))
        var keys: [String: Caller] = [:]
        for scope in Scope.allCases {
            let made = try await house.services.keys.issue(.init(name: scope.rawValue, scopes: [scope]), for: alice)
            keys["key to \(scope.rawValue)"] = Caller(name: "key to \(scope.rawValue)", key: made.text)
        }
        let all = Set(Scope.allCases)
        let whole = try await house.services.keys.issue(.init(name: "whole", scopes: all), for: alice)
        keys["whole key"] = Caller(name: "whole key", key: whole.text)
        let revoked = try await house.services.keys.issue(.init(name: "revoked", scopes: all), for: alice)
        keys["revoked key"] = Caller(name: "revoked key", key: revoked.text)
        try await house.services.keys.revoke(house.services.keys.find(revoked.id.text, for: alice), for: alice)
        let theirs = try await house.services.keys.issue(.init(name: "theirs", scopes: all), for: charlie)
        keys["Charlie’s key"] = Caller(name: "Charlie’s key", key: theirs.text)
        self.keys = keys
        try await restore()
    }

    static let entitlements = Entitlements(
        plan: "pro", jobs: nil, executionsPerMonth: 1_000_000, shortestIntervalSeconds: 60, keepDays: 30, members: 10_000, concurrency: 50,
        timeoutSeconds: 300, plugins: ["http"])

    func id(of name: String) -> ID<User> { users[name] ?? ID() }
    func email(of name: String) -> String { "\(name == "expired" ? "alice" : name.lowercased())@example.com" }

    /// As a person of Acme acts; as its owner, where no other is named.
    var access: Access { Self.access(acme, users["Alice"]) }
    var accessOfCharlie: Access { Self.access(globex, users["Charlie"]) }

    private static func access(_ founded: Organizations.Founded, _ user: ID<User>?) -> Access {
        Access(organization: founded.organization, actor: user.map(Actor.user) ?? .system, origin: Origin(.page))
    }

    private static func user(_ email: String, _ house: House) async throws -> ID<User> {
        let id = ID<User>()
        try await house.database.query("INSERT INTO users (id, email, created_at, confirmed_at) VALUES (\(id), \(email), now(), now())")
        return id
    }

    /// Everybody is again who he was, whatever has happened: roles, sessions, addresses, keys, the organizations.
    func restore() async throws {
        var statements: [Query] = [
            "UPDATE organizations SET name = 'Acme', slug = 'acme', deleted_at = NULL WHERE id = \(acme.organization.id)",
            "DELETE FROM memberships WHERE organization_id = \(globex.organization.id) AND user_id <> \(globex.owner.id)",
            "DELETE FROM memberships WHERE organization_id = \(acme.organization.id) AND user_id = \(id(of: "removed"))",
            "DELETE FROM former_slugs", "DELETE FROM rate_counts",
        ]
        for (name, role) in Self.roles {
            statements.append(
                """
                INSERT INTO memberships (organization_id, user_id, role, created_at)
                VALUES (\(acme.organization.id), \(id(of: name)), \(role.rawValue), now())
                ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role
                """)
        }
        for (name, caller) in people {
            guard let token = Token(caller.session ?? "") else { continue }
            let age: Int64 = name == "expired" ? 91 * 86_400 : 0
            statements.append("UPDATE users SET email = \(email(of: name)) WHERE id = \(id(of: name))")
            statements.append(
                """
                INSERT INTO sessions (id, token_hash, user_id, device, created_at, last_used_at)
                VALUES (\(ID<Session>()), \(token.hash), \(id(of: name)), 'Firefox on Linux',
                    now() - \(age) * interval '1 second', now() - \(age) * interval '1 second')
                ON CONFLICT (token_hash) DO NOTHING
                """)
        }
        try await house.database.batch(statements)
    }
}

/// Rows to be thrown away, each made for one request.
extension Cast {
    func member(of organization: Organization, _ role: Role = .viewer) async throws -> String {
        let user = try await Self.user("someone-\(Token().text.lowercased().prefix(12))@example.com", house)
        try await house.database.query(
            """
            INSERT INTO memberships (organization_id, user_id, role, created_at)
            VALUES (\(organization.id), \(user), \(role.rawValue), now())
            """)
        return user.text
    }

    /// An open invite, with the token of its link.
    func invite(
        to email: String? = nil, as role: Role = .viewer, by name: String = "Alice", of organization: Organization
    ) async throws -> (id: String, token: String) {
        let (id, token) = (ID<Invite>(), Token())
        let email = email ?? "invited-\(Token().text.lowercased().prefix(12))@example.com"
        try await house.database.query("DELETE FROM invites WHERE organization_id = \(organization.id) AND email = \(email)")
        try await house.database.query(
            """
            INSERT INTO invites (organization_id, id, email, role, token_hash, invited_by, created_at, sent_at, expires_at)
            VALUES (\(organization.id), \(id), \(email), \(role.rawValue), \(token.hash), \(self.id(of: name)), now(), now(),
                now() + interval '7 days')
            """)
        return (id.text, token.text)
    }

    func key(_ scopes: Set<Scope> = [.manage], for access: Access? = nil) async throws -> APIKey.Issued {
        try await house.services.keys.issue(.init(name: "Throw-away", scopes: scopes), for: access ?? self.access)
    }

    func session(of name: String) async throws -> String {
        let id = ID<Session>()
        try await house.database.query(
            """
            INSERT INTO sessions (id, token_hash, user_id, device, created_at, last_used_at)
            VALUES (\(id), \(Token().hash), \(self.id(of: name)), 'Safari on iPhone', now(), now())
            """)
        return id.text
    }

    func job(_ members: JSONObject = [:], for access: Access? = nil) async throws -> Job {
        var draft: JSONObject = ["name": "Report", "config": ["url": "https://example.com/report"], "schedule": ["every": "1h"]]
        for (name, value) in members { draft[name] = value }
        return try await house.services.jobs.create(.object(draft), for: access ?? self.access)
    }

    /// What it calls is refused, at once.
    func jobThatCallsNobody() async throws -> Job {
        let job = try await job()
        try await house.database.query(
            "UPDATE jobs SET config = jsonb_set(config, '{url}', '\"http://127.0.0.1/\"') WHERE id = \(job.id)")
        return job
    }

    func execution(for access: Access? = nil) async throws -> String {
        let access = access ?? self.access
        let job = try await job(for: access)
        return try await house.services.executions.trigger(job, override: [:], by: .api, for: access).id.text
    }

    /// One whose first attempt was answered with these bytes (and is kept beyond its day, which is not made here).
    func answeredExecution(_ body: [UInt8] = Array("ok".utf8), type: String = "text/plain") async throws -> String {
        let id = try await execution()
        try await house.database.query(
            """
            INSERT INTO kept_attempts (
                organization_id, keep_days, scheduled_for, execution_id, number, node_id, status, started_at, finished_at, total_us,
                response_headers, response_body, response_size, response_truncated, job_id)
            SELECT organization_id, keep_days, scheduled_for, id, 1, gen_random_uuid(), 'success', now(), now(), 1,
                \([["Content-Type", .string(type)]] as JSON), \(body), \(Int64(body.count)), false, job_id
            FROM queue WHERE id = \(ID<Execution>(id))
            """)
        return id
    }

    /// The slug of an organization that was deleted today.
    func deletedOrganization(ownedBy name: String) async throws -> String {
        let user = User(id: id(of: name), email: try EmailAddress(stored: email(of: name)))
        let made = try await house.services.organizations.make(named: "Gone", ownedBy: user, from: nil)
        try await house.database.query("UPDATE organizations SET deleted_at = now() WHERE id = \(made.id)")
        return made.slug
    }

    /// The token of a link that a user, or for `sign_in` a browser, was mailed.
    func link(_ purpose: String, of caller: Caller) async throws -> String {
        let (token, browser) = (Token(), Token(caller.browser)?.hash)
        let isSignIn = purpose == "sign_in"
        try await house.database.query(
            """
            INSERT INTO magic_links (id, purpose, token_hash, code_hash, browser_hash, email, user_id, created_at, expires_at)
            VALUES (\(ID<MagicLink>()), \(purpose), \(token.hash), \(isSignIn ? browser : nil), \(isSignIn ? browser : nil),
                \("link-\(Token().text.lowercased().prefix(12))@example.com"), \(isSignIn ? nil : id(of: caller.name)), now(),
                now() + interval '10 minutes')
            """)
        return token.text
    }
}
