import ArgumentParser
import JSON
import Tenancy
import Time

/// `prikke organization …`
struct OrganizationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organization", abstract: "Make and change organizations, as the operator.", subcommands: [Create.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an organization with its owner and a first API key, which is shown this once.",
            discussion: """
                Example:
                  prikke organization create --name Acme --email alice@example.com --plan business --json
                """)

        @Option(help: "The organization's name.") var name: String
        @Option(help: "Its owner's address.") var email: String
        @Option(help: "Its plan: free, pro, business.") var plan = "free"
        @Option(help: "The key ends after so long (30s, 5m, 2h, 1d). Default: never.") var keyExpires: String?
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let configuration = try Configuration()
            guard let plan = try configuration.plans()[plan] else { throw ValidationError("--plan: there is no plan of that name.") }
            let lifetime = try keyExpires.map { text in
                guard let duration = ShortDuration(text), duration.seconds > 0 else {
                    throw ValidationError("--key-expires: write 30s, 5m, 2h or 1d.")
                }
                return Duration.seconds(duration.seconds)
            }
            let logger = Log.quiet()
            let founded: Organizations.Founded
            do {
                founded = try await DatabaseHome.use(configuration, logger: logger) { home in
                    let services = try Services(configuration, home, logger: logger)
                    try await services.sealingKeys.verify()
                    return try await services.organizations.found(
                        name: name, ownedBy: email, entitlements: plan.entitlements, keyExpiresAfter: lifetime)
                }
            } catch let error as InvalidInput {
                // The pointer names a member (`/email`), which is an option here.
                let lines = error.errors.map { "--\($0.pointer.dropFirst()): \($0.detail)" }
                throw ValidationError(lines.joined(separator: "\n"))
            }
            if json { Output.answer(founded.json) } else { Output.answer(founded.text) }
        }
    }
}

extension Organizations.Founded {
    fileprivate var json: JSON {
        let o = organization
        return [
            "organization": ["id": .string(o.id.text), "slug": .string(o.slug), "plan": .string(o.entitlements.plan)],
            "user": ["id": .string(owner.id.text), "email": .string(owner.email.text)], "api_key": .string(key.text),
        ]
    }

    fileprivate var text: String {
        """
        Organization \(organization.name) (\(organization.slug), plan \(organization.entitlements.plan)), owned by \(owner.email)
        API key, shown this once: \(key.text)
        """
    }
}
