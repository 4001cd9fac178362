import Mail
import Postgres
import Secrets
import Synchronization
import TestSupport
import Time

@testable import Tenancy

/// The doors of this module on the test's own database.
struct Scene: Sendable {
    let database = TestDatabase.current.database
    let organizations: Organizations
    let keys: APIKeys
    let signing: SigningSecrets
    let magicLinks: MagicLinks
    let sessions: Sessions
    let users: Users
    let memberships: Memberships
    let invites: Invites
    let auditLog: AuditLog
    /// What was mailed, newest last: of each link what it is for, and its token.
    let mailed = Mailed()

    final class Mailed: Sendable {
        private let tokens = Mutex<[(kind: String, token: Token)]>([])
        func add(_ kind: String, _ token: Token) -> String {
            tokens.withLock { $0.append((kind, token)) }
            return "https://prikke.test/\(kind)"
        }
        func all(_ kind: String) -> [Token] { tokens.withLock { $0.filter { $0.kind == kind }.map(\.token) } }
        func last(_ kind: String) -> String { all(kind).last?.text ?? "" }
    }

    init(jobs: JobsOfOrganization = .none) throws {
        let seal = try Seal(keys: [Seal.Key([UInt8](repeating: 7, count: 32))])
        let limits = RateLimits(database)
        let links = Links(
            signIn: { [mailed] in mailed.add("sign_in", $0) }, newAddress: { [mailed] in mailed.add("new_address", $0) },
            oldAddress: { [mailed] in mailed.add("old_address", $0) }, invite: { [mailed] in mailed.add("invite", $0) },
            account: "https://prikke.test/account", organizations: "https://prikke.test/account", keys: { "https://prikke.test/\($0.slug)" }
        )
        let mails = Mails(Outbox(seal: seal), links: links)
        signing = SigningSecrets(seal)
        organizations = Organizations(database, signing: signing, mails: mails, newcomers: Self.free, jobs: jobs)
        keys = APIKeys(database, mails: mails)
        magicLinks = MagicLinks(database, mails: mails, limits: limits, organizations: organizations)
        sessions = Sessions(database)
        users = Users(database, mails: mails, limits: limits)
        memberships = Memberships(database)
        invites = Invites(database, mails: mails, limits: limits)
        auditLog = AuditLog(database)
    }

    static let entitlements = Entitlements(
        plan: "pro", jobs: nil, executionsPerMonth: 1_000, shortestIntervalSeconds: 60, keepDays: 30, members: 10, concurrency: 50,
        timeoutSeconds: 300, plugins: ["http"])
    static let free = Entitlements(
        plan: "free", jobs: 5, executionsPerMonth: 10_000, shortestIntervalSeconds: 3_600, keepDays: 7, members: 2, concurrency: 5,
        timeoutSeconds: 30, plugins: ["http"])

    func found(_ name: String = "Acme", ownedBy email: String = "alice@example.com") async throws -> Organizations.Founded {
        try await organizations.found(name: name, ownedBy: email, entitlements: Self.entitlements)
    }

    func access(_ founded: Organizations.Founded) -> Access {
        Access(organization: founded.organization, actor: .system, origin: Origin(.engine))
    }

    // MARK: - People

    /// A browser that nobody has used yet, on a network of its own.
    func browser(network: String = "192.0.2.\(Int.random(in: 1...250))-\(Token().text)") -> Sessions.Visitor {
        Sessions.Visitor(
            browser: Token().text, userAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", address: "192.0.2.1", network: network)
    }

    /// Signs in from a browser, by the link that was mailed.
    func signIn(_ email: String, in visitor: Sessions.Visitor? = nil, organization: String? = nil) async throws -> Session {
        let visitor = visitor ?? browser()
        _ = try await magicLinks.ask(.init(email: email, organizationName: organization), from: visitor)
        guard let signedIn = try await magicLinks.signIn(with: mailed.last("sign_in"), in: visitor),
            let session = try await sessions.find(signedIn.token.text)
        else { throw Denial.notFound }
        return session
    }

    /// A new user who joins the organization in a role.
    func join(_ organization: Organization, _ email: String, as role: Role) async throws -> Session {
        let session = try await signIn(email)
        try await database.query(
            """
            INSERT INTO memberships (organization_id, user_id, role, created_at)
            VALUES (\(organization.id), \(session.user.id), \(role.rawValue), now())
            """)
        return session
    }

    /// What a signed-in user may do in an organization.
    func access(_ session: Session, to organization: Organization) async throws -> Access {
        let own = try await memberships.all(of: session.user.id).first { $0.organization.id == organization.id }
        guard let access = own?.access(of: session.user, from: Origin(.page, from: "192.0.2.1")) else { throw Denial.notFound }
        return access
    }

    func count(_ query: Query) async throws -> Int64 { try await database.query("SELECT count(*) AS n FROM \(query)").only("n") }

    /// The actions of the organization's audit log, oldest first; those of one instant in no order.
    func actions(_ organization: Organization) async throws -> [String] {
        try await database.query("SELECT action FROM audit_log WHERE organization_id = \(organization.id) ORDER BY at, id").map {
            try $0("action")
        }
    }
}
