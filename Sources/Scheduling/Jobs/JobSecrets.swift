import JSON
import Postgres
import Secrets
import Tenancy

/// The secrets of jobs as they are kept: taken out of the config, all in one envelope, which opens for its organization and job
/// alone. A row that was moved to another job or tenant does not.
public struct JobSecrets: Sendable {
    private let seal: Seal

    public init(_ seal: Seal) { self.seal = seal }

    /// Where the envelopes are kept.
    public static let column = SealedColumn("jobs", "sealed_config", key: ["organization_id", "id"]) { row throws(PostgresError) in
        place(try row("organization_id"), try row("id"))
    }

    private static func place(_ organization: ID<Organization>, _ job: ID<Job>) -> [String] { ["jobs", organization.text, job.text] }

    /// Values by `ConfigPath.key`.
    func seal(_ values: JSONObject, of job: ID<Job>, _ organization: ID<Organization>) throws(SealError) -> [UInt8] {
        try seal.seal(JSON.object(values).bytes(), in: Self.place(organization, job))
    }

    /// Nil where the envelope is another's, or was altered, or its key is not ours.
    func open(_ envelope: [UInt8], of job: ID<Job>, _ organization: ID<Organization>) -> JSONObject? {
        guard let bytes = try? seal.open(envelope, in: Self.place(organization, job)) else { return nil }
        return (try? JSON(parsing: bytes))?.object
    }

    func isOutdated(_ envelope: [UInt8]) -> Bool { (try? seal.isOutdated(envelope)) ?? true }

    /// The config of what was leased, with its secrets in their places; nil where one is missing: then nothing may be sent.
    func config(of claim: Claim, by plugin: (any JobPlugin)?) -> JSON? {
        var config = claim.config
        if let sealed = claim.sealedConfig {
            guard let values = open(sealed, of: claim.jobID, claim.organizationID) else { return nil }
            config = config.unmasked(with: values)
        }
        if let plugin, plugin.secrets(in: config).contains(where: { config.value(at: $0) == ConfigPath.mask }) { return nil }
        return config
    }
}

extension JobPlugin {
    /// The config as it is shown and stored, and the secrets that were in it, by `ConfigPath.key`.
    func masked(_ config: JSON) -> (config: JSON, values: JSONObject) {
        var (masked, values) = (config, JSONObject())
        for path in secrets(in: config) {
            guard let value = config.value(at: path), value != ConfigPath.mask else { continue }
            values[path.key] = value
            masked = masked.setting(ConfigPath.mask, at: path)
        }
        return (masked, values)
    }
}

extension JSON {
    /// Every *** of which there is a value replaced by it.
    func unmasked(with values: JSONObject) -> JSON {
        masks.reduce(self) { config, path in values[path.key].map { config.setting($0, at: path) } ?? config }
    }

    /// Where *** stands.
    var masks: [ConfigPath] {
        (object ?? [:]).flatMap { name, value in
            value == ConfigPath.mask ? [ConfigPath(name)] : value.masks.map { ConfigPath([name] + $0.names) }
        }
    }
}

extension JSONObject {
    /// With the members of another, which go first.
    func merging(_ other: JSONObject) -> JSONObject { other.reduce(into: self) { $0[$1.key] = $1.value } }
}
