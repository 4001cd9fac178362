import JSON
import Postgres
import Time

/// A definition: what to do, when, and how to retry; with what the engine knows of it.
public struct Job: Sendable, Identified {
    public static let prefix = "job"

    public let id: ID<Job>
    public let definition: JobDefinition
    var secrets = Secrets()
    /// Moves with every change by people, never with a run.
    public let version: Int64
    public let health: String
    public let nextRunAt: Timestamp?
    public let setAside: String?
    /// Since when a pause has passed over occurrences; nil: it has not.
    let passedOverFrom: Timestamp?
    /// Why, and since when, its target has paused it.
    public let pausedByTarget: (reason: String, since: Timestamp)?
    public let lastExecution: (id: ID<Execution>, status: String)?
    /// Who keeps the definition: "sync", or nil: people.
    public let managedBy: String?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    /// Since when it is deleted; nil: it is not.
    public internal(set) var deletedAt: Timestamp?
}

extension Job {
    /// What the definition shows as ***.
    struct Secrets: Sendable {
        /// Values that stand in the database as they are, by `ConfigPath.key`.
        var plain: JSONObject = [:]
        var sealed: [UInt8]?
    }

    /// The job in the one shape that it has everywhere.
    public func json(now: Timestamp) -> JSON {
        let schedule = definition.readSchedule()
        let isPaused = self.isPaused(at: now)
        var warnings = schedule.map { Self.warnings(of: $0, from: now) } ?? []
        if let setAside { warnings.append(["code": "set_aside", "detail": .string(setAside)]) }
        var json: JSONObject = ["id": .string(id.text)]
        for (key, value) in definition.members { json[key] = value }
        json["health"] = .string(shownHealth(at: now))
        json["paused_reason"] = pausedByTarget.map { .string($0.reason) } ?? .null
        json["paused_at"] = pausedByTarget.map { .string($0.since.rfc3339) } ?? .null
        json["passed_over"] = .integer(isPaused ? passedOver(by: now, schedule) : 0)
        json["next_run_at"] = nextRunAt.map { .string($0.rfc3339) } ?? .null
        json["last_execution"] = lastExecution.map { ["id": .string($0.id.text), "status": .string($0.status)] } ?? .null
        json["schedule_in_words"] = .string(
            schedule.map { JobSchedule.words(of: $0, saidAs: definition.schedule) } ?? "Unreadable")
        json["warnings"] = .array(warnings)
        json["managed_by"] = managedBy.map(JSON.string) ?? .null
        json["created_at"] = .string(createdAt.rfc3339)
        json["updated_at"] = .string(updatedAt.rfc3339)
        if let deletedAt { json["deleted_at"] = .string(deletedAt.rfc3339) }
        return .object(json)
    }

    /// So many are counted, and not more.
    private static let mostCounted = 1_000

    private func passedOver(by now: Timestamp, _ schedule: Schedule?) -> Int64 {
        guard let passedOverFrom, let schedule else { return 0 }
        return Int64(schedule.occurrences(from: passedOverFrom, to: now, limit: Self.mostCounted).count)
    }

    private static func warnings(of schedule: Schedule, from now: Timestamp) -> [JSON] {
        schedule.warnings(from: now).map { ["code": .string($0.code.rawValue), "detail": .string($0.sentence)] }
    }
}
