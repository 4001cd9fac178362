import Billing
import EventLoop
import Foundation
import Logging
import Mail
import Outbound
import Postgres
import Scheduling
import Secrets
import ServiceLifecycle
import Tenancy
import Web

/// The composition root: what there is, and who is given what. Nothing else in the program knows all of it.
struct Services {
    let configuration: Configuration
    private let home: DatabaseHome
    let engine: Engine
    let organizations: Organizations
    let keys: APIKeys
    let budgets: RequestBudgets
    let idempotencyKeys: IdempotencyKeys
    let people: People
    private let jobsOfOrganization: JobsOfOrganization
    let signing: SigningSecrets
    private let jobSecrets: JobSecrets
    let channelSecrets: ChannelSecrets
    let sealingKeys: SealingKeys
    let policy: AddressPolicy
    let outbound: OutboundClient
    let plugins: JobPlugins
    let channelKinds: ChannelKinds
    let jobs: Jobs
    let executions: Executions
    let testCalls: TestCalls
    let events: Events
    let channels: Channels
    let incidents: Incidents
    let deliveries: Deliveries
    let plans: PlanCatalog
    let outbox: Outbox
    /// In development, where no mail leaves the machine.
    let mailbox: Mailbox?
    /// Where its keys are set.
    let mailjet: MailjetTransport?
    /// Where Mailjet has a password to tell by.
    let mailEvents: MailEvents?
    let suppressions: Suppressions
    let limits: RateLimits
    let renderer: MessageRenderer
    let heartbeat: Heartbeat
    /// In development, where the demo is.
    let demoPeople: DemoPeople?
    let logger: Logger

    init(_ configuration: Configuration, _ home: DatabaseHome, logger: Logger) throws {
        self.configuration = configuration
        self.home = home
        self.logger = logger
        engine = Engine(
            home.engine, results: home.results, pulse: home.pulse,
            catchUpRate: configuration.catchUpRate == 0 ? nil : configuration.catchUpRate, on: home.loop)
        heartbeat = Heartbeat(engine, name: Self.nodeName, logger: logger)
        let seal = try SecretKey.seal(configuration)
        (signing, jobSecrets, channelSecrets) = (SigningSecrets(seal), JobSecrets(seal), ChannelSecrets(seal))
        sealingKeys = SealingKeys(home.engine, seal: seal, columns: Self.sealedColumns)
        outbox = Outbox(seal: seal, bell: home.engine)
        renderer = try MessageRenderer(from: configuration.mail.sender)
        mailjet = configuration.mail.mailjet.map {
            MailjetTransport($0, userAgent: "Prikke/\(Prikke.version)", logger: logger)
        }
        let isInDevelopment = configuration.stage == .development
        mailbox = isInDevelopment && mailjet == nil ? Mailbox(home.api, outbox: outbox, renderer: renderer) : nil
        mailEvents = configuration.mail.webhook.map { MailEvents(home.api, credentials: $0, logger: logger) }
        suppressions = Suppressions(home.api)
        demoPeople = configuration.stage == .development ? DemoPeople(home.api) : nil
        policy = AddressPolicy(
            allowedNetworks: configuration.allowedNetworks, deniedPorts: configuration.deniedPorts, deniedHosts: configuration.deniedHosts,
            own: Self.ownAddresses(configuration))
        // Whoever is called too much finds out whom to ask.
        let userAgent = "Prikke/\(Prikke.version)" + (configuration.publicHost.map { " (+https://\($0))" } ?? "")
        var settings = OutboundSettings(userAgent: userAgent)
        settings.hostConcurrency = configuration.hostConcurrency
        // Kept connections count among the descriptors that calls are given.
        settings.keptConnections = min(settings.keptConnections, configuration.mostWorkers)
        outbound = OutboundClient(policy: policy, settings: settings, on: EventLoop(name: "outbound"), logger: logger)
        plugins = JobPlugins([HTTPPlugin(client: outbound, policy: policy, userAgent: userAgent)])
        channelKinds = ChannelKinds(client: outbound, policy: policy, userAgent: userAgent)
        jobs = Jobs(engine, over: home.api, plugins: plugins, secrets: jobSecrets)
        jobsOfOrganization = JobsOfOrganization(
            stop: { [jobs] in try await jobs.stop($0, at: $1, in: $2) }, restart: { [jobs] in try await jobs.restart($0, at: $1, in: $2) },
            erase: { [jobs] in try await jobs.erase($0) })
        plans = try configuration.plans()
        let mails = Mails(outbox, links: Links(site: configuration.siteURL))
        limits = RateLimits(home.api)
        organizations = Organizations(
            home.api, signing: signing, mails: mails, newcomers: plans.free.entitlements, jobs: jobsOfOrganization,
            more: { [channelSecrets] in [try Channels.beginning(of: $0, at: $1, sealedBy: channelSecrets)] })
        keys = APIKeys(home.api, mails: mails)
        idempotencyKeys = IdempotencyKeys(home.api, seal: seal)
        budgets = RequestBudgets(limits, perMinute: configuration.rateLimit)
        people = People(
            magicLinks: MagicLinks(home.api, mails: mails, limits: limits, organizations: organizations), sessions: Sessions(home.api),
            users: Users(home.api, mails: mails, limits: limits), organizations: organizations, memberships: Memberships(home.api),
            invites: Invites(home.api, mails: mails, limits: limits), keys: keys, auditLog: AuditLog(home.api),
            signingSecrets: { [signing] in try await signing.all(for: $0, over: home.api) },
            rotateSigningSecret: { [signing] in try await signing.rotate(overlapHours: $0, for: $1, over: home.api) })
        executions = Executions(engine, over: home.api)
        testCalls = TestCalls(jobs, signing: signing, limits: limits)
        events = Events(engine, jobs, executions, over: home.api, logger: logger)
        channels = Channels(
            home.api, kinds: channelKinds, secrets: channelSecrets, outbox: outbox,
            links: ChannelLinks(site: configuration.siteURL), limits: limits)
        (incidents, deliveries) = (Incidents(home.api), Deliveries(home.api))
    }

    /// The database that the API asks.
    var apiDatabase: Database { home.api }

    private var alertLinks: AlertLinks { AlertLinks(site: configuration.siteURL) }

    private var alertMail: AlertMail { AlertMail(outbox, secrets: channelSecrets, links: alertLinks) }

    /// What everything else of a role stands on, in the order in which it is started; it is stopped in the reverse order,
    /// when nothing stands on it any more.
    var foundations: [any Service] {
        let base: [any Service] = home.all + [heartbeat, ZoneWatch(engine, logger: logger)]
        return configuration.role == .web ? base : base + [EngineBells(engine, logger: logger), Rescuer(engine, logger: logger)]
    }

    /// What a role is there for. All of it is told to stop at one time: no tick, no lease and no connection more.
    func trades(_ server: WebServer) -> Together {
        let role = configuration.role
        var services: [any Service] = []
        if role == .all || role == .worker {
            let places = Places(configuration.fewestWorkers, upTo: configuration.mostWorkers)
            let grace = Duration.seconds(configuration.graceSeconds)
            services.append(
                Worker(
                    engine, plugins: plugins, signing: signing, secrets: jobSecrets, places: places, grace: grace, logger: logger))
        }
        if role == .all || role == .scheduler {
            services += [
                Scheduler(engine, logger: logger), Reconciler(engine, logger: logger), Pruner(engine, logger: logger),
                Analyzer(engine, logger: logger), Tallier(engine, logger: logger),
                Eraser(home.engine, jobs: jobsOfOrganization, logger: logger),
                Notifier(engine, over: home.api, mail: alertMail, links: alertLinks, logger: logger),
            ]
        }
        if role == .all || role == .web {
            services.append(
                Deliverer(engine, over: home.api, kinds: channelKinds, mail: alertMail, signing: signing, logger: logger))
            services.append(Courier(home.engine, outbox: outbox, transport: transport, renderer: renderer, logger: logger))
            if let mailjet { services.append(SenderCheck(mailjet, of: configuration.mail.sender, logger: logger)) }
        }
        // Every role listens: for its health, if for nothing else.
        services.append(server)
        return Together(services)
    }

    /// Organizations that are older than channels get theirs.
    func makeMissingChannels() async throws { try await Channels.makeMissing(over: home.engine, sealedBy: channelSecrets) }

    /// Mailjet where it is configured, in development too.
    private var transport: (any MailTransport)? { mailjet ?? mailbox }

    /// Every column that holds envelopes: what `prikke secrets rotate` seals anew.
    static let sealedColumns = [
        SigningSecrets.column, JobSecrets.column, ChannelSecrets.column, IdempotencyKeys.column,
        SealedColumn("outbox", key: ["id"], reading: ["recipient"]) { row throws(PostgresError) in try Outbox.place(of: row) },
    ]

    private static func ownAddresses(_ configuration: Configuration) -> OwnAddresses {
        let endpoints = IPAddress(configuration.host).map { [OwnAddresses.Endpoint(address: $0, port: UInt16(configuration.port))] } ?? []
        let isDevelopment = configuration.stage == .development
        return OwnAddresses(
            names: configuration.publicHost.map { [$0] } ?? [], endpoints: endpoints, openPaths: isDevelopment ? [DemoReceiver.path] : [])
    }

    private static var nodeName: String { "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)" }
}
