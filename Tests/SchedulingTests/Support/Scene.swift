import Logging
import Mail
import Outbound
import Postgres
import Secrets
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

let silence = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

/// An engine on the test's own database, whose clock is set and whose node is alive, with one organization, Acme.
struct Scene: Sendable {
    let database: Database
    let engine: Engine
    let organizations: Organizations
    let plugins: JobPlugins
    let jobs: Jobs
    let executions: Executions
    let queue: ExecutionQueue
    let acme: Access

    static let seal = try? Seal(keys: [Seal.Key([UInt8](repeating: 7, count: 32))])
    static let signing = seal.map { SigningSecrets($0) }
    static let secrets = seal.map { JobSecrets($0) }

    /// The door to organizations, whose mails lead nowhere.
    static func organizations(_ database: Database, jobs: JobsOfOrganization = .none) throws -> Organizations {
        let nowhere = "https://prikke.test/"
        let links = Links(
            signIn: { _ in nowhere }, newAddress: { _ in nowhere }, oldAddress: { _ in nowhere }, invite: { _ in nowhere },
            account: nowhere, organizations: nowhere, keys: { _ in nowhere })
        let seal = try #require(Self.seal)
        return Organizations(
            database, signing: SigningSecrets(seal), mails: Mails(Outbox(seal: seal), links: links), newcomers: .business(), jobs: jobs)
    }

    /// `lockTimeout`: where it is what the test is about; others wait longer than any neighbour may keep them.
    init(
        _ entitlements: Entitlements = .business(),
        plugins: [any JobPlugin] = [Probe(), HTTPPlugin(client: Self.offline, policy: AddressPolicy(), userAgent: "Prikke/test")],
        lockTimeout: Duration? = nil, clock: DatabaseClock = DatabaseClock(), catchUpRate: Int? = nil
    ) async throws {
        var configuration = TestDatabase.current.configuration
        if let lockTimeout { configuration.lockTimeout = lockTimeout }
        let own = try lockTimeout.map { _ in try Database(configuration, on: TestCluster.loop, logger: silence) }
        database = own ?? TestDatabase.current.database
        engine = Engine(database, catchUpRate: catchUpRate, on: TestCluster.loop, clock: clock)
        organizations = try Self.organizations(database)
        self.plugins = JobPlugins(plugins)
        jobs = Jobs(engine, plugins: self.plugins, secrets: try #require(Self.secrets))
        executions = Executions(engine)
        queue = ExecutionQueue(database: database)
        acme = try await Self.found("Acme", entitlements, in: organizations)
        try await engine.clock.measure(database)
        let now = engine.clock.now()
        // The test may begin right before midnight.
        try await engine.partitions.ensure([(7, now), (7, now.adding(.seconds(3_600)))])
        try await live(engine.node, until: now.adding(.seconds(3_600)))
    }

    /// Its jobs of kind probe do this.
    init(_ perform: @escaping @Sendable (JobCall) async -> Outcome) async throws {
        try await self.init(plugins: [Probe(perform: perform)])
    }

    /// Checks URLs, calls nobody.
    static let offline = OutboundClient(
        policy: AddressPolicy(), settings: OutboundSettings(userAgent: "Prikke/test"), on: TestCluster.loop, logger: silence)

    private static func found(_ name: String, _ entitlements: Entitlements, in organizations: Organizations) async throws -> Access {
        let founded = try await organizations.found(name: name, ownedBy: "alice@example.com", entitlements: entitlements)
        return Access(organization: founded.organization, actor: .system, origin: Origin(.engine))
    }

    /// Another tenant.
    func found(_ name: String, _ entitlements: Entitlements = .business()) async throws -> Access {
        try await Self.found(name, entitlements, in: organizations)
    }

    func live(_ node: ID<Node>, until end: Timestamp) async throws {
        try await database.query(
            """
            INSERT INTO nodes (id, name, started_at, alive_until) VALUES (\(node), 'test', \(engine.clock.now()), \(end))
            ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until
            """)
    }
}

extension Entitlements {
    static let free = Entitlements(
        plan: "free", jobs: 5, executionsPerMonth: 10_000, shortestIntervalSeconds: 3_600, keepDays: 7, members: 2, concurrency: 5,
        timeoutSeconds: 30, plugins: ["http"])

    /// Everything is allowed; history is kept for 7 days, so that a test needs few partitions.
    static func business(concurrency: Int = 200) -> Entitlements {
        Entitlements(
            plan: "business", jobs: nil, executionsPerMonth: nil, shortestIntervalSeconds: 1, keepDays: 7, members: nil,
            concurrency: concurrency, timeoutSeconds: 900, plugins: nil)
    }
}
