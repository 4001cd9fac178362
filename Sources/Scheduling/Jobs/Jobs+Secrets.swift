import JSON
import Postgres
import Secrets
import Tenancy
import Time

/// Reading what people say about secrets, and sealing what an older program left as it was.
extension Jobs {
    /// A draft that has been read.
    struct Reading {
        /// Its secrets masked.
        let definition: JobDefinition
        /// The secrets; nil: there are none.
        let sealed: [UInt8]?
        /// Whether the secrets are others than before.
        var hasOtherSecrets = false
        /// Those of them that had another value before.
        var changed: [ConfigPath] = []
    }

    /// Reads a draft in which *** means a secret as it was. `isChecked`: its shape has let it through. Throws `InvalidInput`, also where
    /// nothing was.
    func read(
        _ draft: JSON, of id: ID<Job>, changing old: Job? = nil, isChecked: Bool = false, for access: Access, now: Timestamp
    ) throws -> Reading {
        let organization = access.organization
        let config = draft["config"] ?? [:]
        let kind = draft["plugin"]?.string ?? "http"
        // The secrets of one kind of job are not another's.
        let before = old.flatMap { $0.definition.plugin == kind ? $0 : nil }
        let opened = before?.secrets.sealed.map { secrets.open($0, of: id, organization.id) } ?? [:]
        let kept = (opened ?? [:]).merging(before?.secrets.plain ?? [:])
        var errors: [FieldError] = []
        var full = draft
        if opened == nil, config == before?.definition.config {
            // Whatever has become of the key: the job can be paused, and all else of it changed.
        } else if !config.masks.isEmpty {
            let isSecret = Set((plugins[kind]?.secrets(in: config) ?? []).map(\.key))
            errors = config.masks.compactMap { refusal(of: $0, isSecret: isSecret.contains($0.key), isKept: kept[$0.key] != nil) }
            // Whoever may change a job must not read its secrets by having them sent to himself.
            if errors.isEmpty, let before, let plugin = plugins[kind],
                plugin.destination(of: config) != plugin.destination(of: before.definition.config)
            {
                errors = config.masks.map {
                    let detail = "The job calls somebody else now, who would be sent this secret. Write it again."
                    return FieldError(pointer: "/config" + $0.pointer, code: "required", detail: detail)
                }
            }
            full = draft.setting(config.unmasked(with: kept), at: ConfigPath("config"))
        }
        let definition: JobDefinition
        do throws(InvalidInput) {
            definition = try JobDefinition(
                full, plugins: plugins, zone: organization.timezone, now: now, changing: old?.definition,
                // What stands behind a mask has not been looked at.
                isChecked: isChecked && config.masks.isEmpty)
        } catch {
            throw InvalidInput(errors: errors + error.errors)
        }
        if !errors.isEmpty { throw InvalidInput(errors: errors) }
        guard let plugin = plugins[kind] else { return Reading(definition: definition, sealed: before?.secrets.sealed) }
        let (masked, values) = plugin.masked(definition.config)
        if opened == nil, values.isEmpty, config == before?.definition.config {
            return Reading(definition: definition, sealed: before?.secrets.sealed)
        }
        let reading = Reading(
            definition: definition.with(config: masked), sealed: try seal(values, of: id, organization.id, instead: before, kept),
            hasOtherSecrets: values != kept,
            changed: plugin.secrets(in: masked).filter { path in kept[path.key].map { $0 != values[path.key] } ?? false })
        return reading
    }

    private func refusal(of mask: ConfigPath, isSecret: Bool, isKept: Bool) -> FieldError? {
        if isSecret == isKept { return nil }
        let detail =
            isSecret
            ? "*** stands for a value that is kept, and none is, or it cannot be opened any more. Write the value."
            : "The value was secret, and is not shown. Write it again, or leave it secret."
        return FieldError(pointer: "/config" + mask.pointer, code: "required", detail: detail)
    }

    private func seal(
        _ values: JSONObject, of id: ID<Job>, _ organization: ID<Organization>, instead old: Job?, _ kept: JSONObject
    ) throws(SealError) -> [UInt8]? {
        if values.isEmpty { return nil }
        if values == kept, let sealed = old?.secrets.sealed, old?.secrets.plain.isEmpty ?? false, !secrets.isOutdated(sealed) {
            return sealed
        }
        return try secrets.seal(values, of: id, organization)
    }

    // MARK: - What stands in the database as it is

    /// So many rows at a time; their bodies may be large.
    private static let batch = 100

    /// Seals the secrets that a program of before has stored as they were, of deleted jobs too. Answers of how many jobs. Jobs that
    /// are being changed meanwhile are sealed by that. Throws `PostgresError`, `SealError`.
    public func sealWhatIsPlain() async throws -> Int {
        var (sealed, last) = (0, nil as (organization: ID<Organization>, job: ID<Job>)?)
        while true {
            let rest: Query = last.map { "WHERE (organization_id, id) > (\($0.organization), \($0.job))" } ?? ""
            let rows = try await engine.database.query(
                """
                SELECT organization_id, id, plugin, config, sealed_config, version FROM jobs \(rest)
                ORDER BY organization_id, id LIMIT \(Self.batch)
                """)
            let updates = try rows.compactMap { try sealing($0) }
            for answer in try await engine.database.batch(updates) { sealed += answer.affected }
            guard rows.count == Self.batch, let row = rows.last else { return sealed }
            last = (try row("organization_id"), try row("id"))
        }
    }

    private func sealing(_ row: Row) throws -> Query? {
        guard let plugin = plugins[try row("plugin")] else { return nil }
        let (config, values) = plugin.masked(try row("config"))
        guard !values.isEmpty else { return nil }
        let (organization, id): (ID<Organization>, ID<Job>) = (try row("organization_id"), try row("id"))
        let (old, version): ([UInt8]?, Int64) = (try row("sealed_config"), try row("version"))
        guard let kept = old.map({ secrets.open($0, of: id, organization) }) ?? [:] else { return nil }
        return """
            UPDATE jobs SET config = \(config), sealed_config = \(try secrets.seal(kept.merging(values), of: id, organization))
            WHERE organization_id = \(organization) AND id = \(id) AND version = \(version) AND sealed_config IS NOT DISTINCT FROM \(old)
            """
    }
}
