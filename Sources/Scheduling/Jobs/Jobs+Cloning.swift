import JSON
import Tenancy

extension Jobs {
    /// What may be said of a copy.
    public static let cloneShape = Shape.object([
        Field("key", JobShape.key, nullable: true, help: "The copy's own key. Default: none."),
        Field("name", .string(1...200, format: .visible), help: "Default: the job's, with (copy) behind it."),
        Field("enabled", .boolean, help: "Default: as the job's."),
    ]).named("Clone")

    /// Makes a job like this one, its secrets included. Throws what `create` does; where a secret cannot be opened any more, it is
    /// missing.
    public func clone(_ job: Job, _ changes: JSON, for access: Access) async throws -> Job {
        var draft = JSON.object(job.definition.members)
        let opened = job.secrets.sealed.map { secrets.open($0, of: job.id, access.organization.id) ?? [:] } ?? [:]
        draft = draft.setting(job.definition.config.unmasked(with: opened.merging(job.secrets.plain)), at: ConfigPath("config"))
        let name = changes["name"]?.string ?? String(String.UnicodeScalarView(job.definition.name.unicodeScalars.prefix(190))) + " (copy)"
        draft = draft.setting(.string(name), at: ConfigPath("name")).setting(changes["key"] ?? .null, at: ConfigPath("key"))
        if let enabled = changes["enabled"] { draft = draft.setting(enabled, at: ConfigPath("enabled")) }
        return try await create(draft, for: access)
    }
}
