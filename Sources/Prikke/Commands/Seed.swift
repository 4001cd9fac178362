import ArgumentParser
import Foundation
import JSON
import Scheduling
import Tenancy
import Time
import Web

/// `prikke seed`
struct Seed: AsyncParsableCommand {
    /// Not the word of the page that leads there (`/demo`).
    static let slug = "acme-demo"
    static let owner = "demo@example.com"

    static let configuration = CommandConfiguration(
        abstract: "Make the demo organization, whose jobs call this server's own demo receiver (development only).",
        discussion: """
            Prints the organization's API key; the page /demo leads into it. It has jobs in every state, a month of history that never was,
            and people. Doing it again changes nothing but the addresses that the jobs call.

            Example:
              prikke seed --json
            """)

    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let configuration = try Configuration()
        guard configuration.stage == .development else { throw ValidationError("seed is for development: PRIKKE_ENV is production.") }
        let logger = Log.quiet()
        let key = try await DatabaseHome.use(configuration, logger: logger) { home in
            let services = try Services(configuration, home, logger: logger)
            try await services.sealingKeys.verify()
            try await services.heartbeat.setClock()
            return try await Self.seed(services, calling: configuration.siteURL + DemoReceiver.path)
        }
        if json { Output.answer(["organization": .string(Self.slug), "api_key": .string(key)]) } else { Output.answer(key) }
    }

    /// `receiver`: the beginning of what its jobs call. Answers the organization's key.
    static func seed(_ services: Services, calling receiver: String) async throws -> String {
        let isNew = try await services.organizations.access(toSlug: slug) == nil
        let key = try await key(services)
        guard let access = try await services.organizations.access(toSlug: slug) else { return key }
        if isNew { try await invite(services, access) }
        for job in jobs(calling: receiver) { try await save(job, services, access) }
        if isNew { try await alert(services, calling: receiver, access) }
        return key
    }

    /// The demo's key is kept beside the private cluster: it is worth nothing elsewhere, and a second `scripts/run` should
    /// print the same one.
    private static func key(_ services: Services) async throws -> String {
        let file = services.configuration.dataFolder + "/demo_key"
        if let kept = PrivateFile.read(file), try await services.keys.authenticate(kept)?.organization.slug == slug { return kept }
        guard let business = services.plans["business"] else { throw ValidationError("The catalogue has no plan business.") }
        let key: String
        if let access = try await services.organizations.access(toSlug: slug) {
            key = try await services.keys.issue(.init(name: "Demo", scopes: Set(Scope.allCases)), for: access).text
        } else {
            key = try await services.organizations.found(
                name: "Acme", slug: slug, ownedBy: owner, entitlements: business.entitlements
            ).key.text
        }
        try FileManager.default.createDirectory(atPath: services.configuration.dataFolder, withIntermediateDirectories: true)
        guard PrivateFile.write(key, to: file, replacing: true) else { throw ValidationError("The key cannot be kept in \(file).") }
        return key
    }

    /// Who works there beside the owner, and with which keys.
    private static func invite(_ services: Services, _ access: Access) async throws {
        guard let people = services.demoPeople else { return }
        try await people.join("ada@example.com", as: .admin, for: access)
        try await people.join("grace@example.com", as: .member, for: access)
        try await people.join("margaret.heafield.hamilton@a-rather-long-name-of-a-company.example.com", as: .viewer, for: access)
        _ = try await services.people.invites.send(to: "newcomer@example.com", as: .member, for: access)
        _ = try await services.keys.issue(.init(name: "Deploy script", scopes: [.read, .write], days: 1), for: access)
        _ = try await services.keys.issue(.init(name: "Status board", scopes: [.read]), for: access)
        let old = try await services.keys.issue(.init(name: "Last year's exporter", scopes: [.read]), for: access)
        try await people.expire(old.id, daysAgo: 3, for: access)
    }

    /// What is there already is only told its new address: it is whoever plays with it who changes it.
    private static func save(_ demo: DemoJob, _ services: Services, _ access: Access) async throws {
        guard let key = demo.draft["key"]?.string else { return }
        do {
            _ = try await services.jobs.change(.key(key), ["config": demo.draft["config"] ?? [:]], for: access)
        } catch Refusal.notFound {
            let job = try await services.jobs.create(demo.draft, for: access)
            let entries = demo.history(services.jobs.now)
            if !entries.isEmpty { try await InventedHistory(services.engine).write(entries, of: job, for: access) }
            // A run by hand shows at once what the schedule shows by and by.
            if demo.isTriggered { _ = try await services.executions.trigger(job, override: [:], by: .manual, for: access) }
            if demo.isPaused { _ = try await services.jobs.pause(.key(key), until: demo.pausedUntil, for: access) }
        }
    }
}
