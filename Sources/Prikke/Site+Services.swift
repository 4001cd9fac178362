import JSON
import Mail
import Migrations
import Postgres
import Scheduling
import Secrets
import Tenancy
import Time
import Web

extension Site {
    /// The web server's view of the program.
    static func make(_ services: Services) -> Site {
        let database = services.apiDatabase
        let keys = services.keys
        var site = Site(
            url: services.configuration.siteURL,
            api: API(
                API.jobs(services.jobs, services.executions), API.moreOfJobs(services.jobs, services.testCalls), API.batch(services.jobs),
                API.sync(services.jobs), API.events(services.events, services.jobs), API.previews(services.jobs),
                API.executions(services.executions), API.usage(services.jobs),
                API.incidents(services.incidents, services.deliveries), API.channels(services.channels, services.deliveries),
                API.deliveries(services.deliveries),
                API.organization(services.people), API.members(services.people.memberships), API.invites(services.people.invites),
                API.keys(services.keys), API.auditLog(services.people.auditLog)),
            authenticate: { try await keys.authenticate($0) },
            health: { [mailjet = services.mailjet] in await health(of: database, mail: mailjet?.trouble) },
            about: { [since = Timestamp.now()] in
                About(
                    version: Prikke.version, zoneData: ZoneData.version(), lateness: Metering.lateness(), delivery: Metering.delivery(),
                    since: since)
            },
            metrics: { Metering.text() }, formTokens: FormTokens(make: FormToken.make, isGood: FormToken.isGood),
            newBrowserID: { Token().text },
            problem: { ($0 as? PostgresError)?.isPassing == true ? .unavailable : nil })
        site.demo = services.demoPeople.map { Demo($0, services.organizations) }
        site.people = services.people
        site.plans = services.plans
        site.editorSchema = SyncShape.editorSchema(services.plugins)
        site.work = Work(
            jobs: services.jobs, executions: services.executions, testCalls: services.testCalls, events: services.events,
            alerts: Alerts(
                channels: services.channels, incidents: services.incidents, deliveries: services.deliveries,
                suppressions: services.suppressions))
        site.endStreams = { [events = services.events] in events.end() }
        site.idempotencyKeys = services.idempotencyKeys
        site.budget = { [budgets = services.budgets] in try await budgets.take(for: $0) }
        site.exportJobs = { [jobs = services.jobs] in try await allJobs(of: $0, jobs) }
        site.mailbox = services.mailbox
        if services.configuration.stage == .development { site.mailSamples = try? MailSample.all(services.renderer) }
        site.mailEvents = services.mailEvents.map { [limits = services.limits] door in
            (door, { try await limits.refusalOfMailEvents(from: $0) })
        }
        return site
    }

    private static func allJobs(of access: Access, _ jobs: Jobs) async throws -> [JSON] {
        var (all, position) = ([JSON](), Jobs.Position?.none)
        while true {
            let page = try await jobs.page(after: position, limit: 500, for: access)
            all += page.map(jobs.json)
            guard page.count == 500, let last = page.last else { return all }
            position = Jobs.Position(last)
        }
    }

    /// Over the connections of the API, because it is they that must work, and within a second: who answers later is as good as
    /// away. The statement goes on meanwhile; a deadline of its own would take the connection from all that are on it.
    ///
    /// `mail`: why this node sends no mail, if it does not. Jobs run all the same, and nobody is to restart it for that.
    static func health(of database: Database, mail trouble: String? = nil) async -> HealthReport {
        var report = await health(of: database)
        if let trouble { report.parts.append(("mail", trouble)) }
        return report
    }

    private static func health(of database: Database) async -> HealthReport {
        let (reports, say) = AsyncStream.makeStream(of: HealthReport.self)
        Task { say.yield(await report(on: database)) }
        let end = Task {
            try? await Task.sleep(for: .seconds(1))
            say.yield(unreachable)
        }
        defer { end.cancel() }
        for await report in reports { return report }
        return unreachable
    }

    private static let unreachable = HealthReport(isHealthy: false, parts: [("database", "not reachable")])

    private static func report(on database: Database) async -> HealthReport {
        do {
            let pending = try await Migrator(Migrations.all).pending(on: database)
            let state = pending.isEmpty ? "up to date" : "behind: \(pending.joined(separator: ", "))"
            let zones: Query = "SELECT max(version) FILTER (WHERE version <> 'unknown') AS version FROM zone_rules"
            let zoneData: String? = pending.isEmpty ? try await database.query(zones).only("version") : nil
            return HealthReport(isHealthy: pending.isEmpty, parts: [("database", "reachable"), ("schema", state)], zoneData: zoneData)
        } catch {
            return unreachable
        }
    }
}

extension Demo {
    fileprivate init(_ people: DemoPeople, _ organizations: Organizations) {
        self.init(
            isThere: { try await organizations.access(toSlug: Seed.slug) != nil },
            signIn: { try await people.signIn(as: Seed.owner, to: Seed.slug, in: $0) })
    }
}
