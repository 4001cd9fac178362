import ArgumentParser
import Foundation
import JSON
import Scheduling
import Tenancy
import Web

/// `prikke seed`
struct Seed: AsyncParsableCommand {
    static let slug = "demo"

    static let configuration = CommandConfiguration(
        abstract: "Make the demo organization, whose jobs call this server's own demo receiver (development only).",
        discussion: """
            Prints the organization's API key. Doing it again changes nothing but the addresses that the jobs call.

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
            return try await Self.seed(services)
        }
        if json { Output.answer(["organization": .string(Self.slug), "api_key": .string(key)]) } else { Output.answer(key) }
    }

    private static func seed(_ services: Services) async throws -> String {
        let key = try await key(services)
        guard let access = try await services.organizations.access(toSlug: slug) else { return key }
        for draft in drafts(calling: services.configuration.siteURL + DemoReceiver.path) { try await save(draft, services, access) }
        return key
    }

    /// The demo's key is kept beside the private cluster: it is worth nothing elsewhere, and a second `scripts/run` should
    /// print the same one.
    private static func key(_ services: Services) async throws -> String {
        let file = services.configuration.dataFolder + "/demo_key"
        if let kept = PrivateFile.read(file), try await services.keys.authenticate(kept) != nil { return kept }
        guard let business = services.plans["business"] else { throw ValidationError("The catalogue has no plan business.") }
        let key: String
        if let access = try await services.organizations.access(toSlug: slug) {
            key = try await services.keys.issue(.init(name: "Demo", scopes: Set(Scope.allCases)), for: access).text
        } else {
            key = try await services.organizations.found(
                name: "Demo", slug: slug, ownedBy: "demo@example.com", entitlements: business.entitlements
            ).key.text
        }
        try FileManager.default.createDirectory(atPath: services.configuration.dataFolder, withIntermediateDirectories: true)
        guard PrivateFile.write(key, to: file, replacing: true) else { throw ValidationError("The key cannot be kept in \(file).") }
        return key
    }

    private static func save(_ draft: JSON, _ services: Services, _ access: Access) async throws {
        guard let key = draft["key"]?.string else { return }
        do {
            _ = try await services.jobs.change(.key(key), ["config": draft["config"] ?? [:]], for: access)
        } catch Refusal.notFound {
            _ = try await services.jobs.create(draft, for: access)
        }
    }

    private static func drafts(calling receiver: String) -> [JSON] {
        [
            [
                "key": "demo/every-second", "name": "Every second", "config": ["url": .string(receiver + "ok")],
                "schedule": ["every": "1s"],
            ],
            [
                "key": "demo/slow", "name": "A slow report", "config": ["url": .string(receiver + "slow"), "method": "POST", "body": "{}"],
                "schedule": ["every": "10s"],
            ],
            [
                "key": "demo/flaky", "name": "Now and then it fails", "config": ["url": .string(receiver + "flaky")],
                "schedule": ["every": "5s"], "retries": ["limit": 3, "backoff": "fixed", "initial": "2s"],
            ],
            [
                "key": "demo/weekdays", "name": "Nightly export", "config": ["url": .string(receiver + "ok"), "method": "POST"],
                "schedule": ["cron": "0 2 * * 1-5", "timezone": "Europe/Oslo"],
            ],
            ["key": "demo/on-demand", "name": "On demand", "config": ["url": .string(receiver + "ok")], "schedule": .null],
        ]
    }
}
