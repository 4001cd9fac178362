import JSON
import Postgres
import Time

/// What people say about a job, checked and complete.
public struct JobDefinition: Sendable {
    public let key: String?
    public let name: String
    public let plugin: String
    /// Its secrets masked, unless it has just been read from a draft.
    public internal(set) var config: JSON
    /// As it was said, completed; null: on demand.
    public let schedule: JSON
    /// `every` counts from here where it names no anchor.
    public let scheduleSetAt: Timestamp
    public let shortestIntervalMs: Int64?
    public let timeoutMs: Int32
    public let retries: JSON
    public let missed: String
    public let missedLimit: Int32
    public let startDeadlineSeconds: Int32?
    public let overlap: String
    public let success: JSON
    public let alerts: JSON
    public let enabled: Bool
    public let pausedUntil: Timestamp?
    public let tags: [String]

    /// The same with another config.
    func with(config: JSON) -> JobDefinition {
        var definition = self
        definition.config = config
        return definition
    }

    /// The members of the job's JSON that people may write.
    var members: JSONObject {
        [
            "key": key.map(JSON.string) ?? .null, "name": .string(name), "plugin": .string(plugin), "config": config, "schedule": schedule,
            "timeout_ms": .integer(Int64(timeoutMs)), "retries": retries, "missed": .string(missed),
            "missed_limit": .integer(Int64(missedLimit)),
            "start_deadline": startDeadlineSeconds.map { .string(ShortDuration(seconds: Int64($0)).text) } ?? .null,
            "overlap": .string(overlap), "success": success, "alerts": alerts, "enabled": .bool(enabled),
            "paused_until": pausedUntil.map { .string($0.rfc3339) } ?? .null, "tags": .array(tags.map(JSON.string)),
        ]
    }
}

extension JobDefinition {
    /// Reads a draft: holds it against the shape, completes it, and reads its schedule as of `now`. `old` is the
    /// definition that it changes: a schedule that stays as it was keeps the instant it was set at.
    ///
    /// `isChecked`: the shape has let it through already, and filled in its defaults. Throws `InvalidInput` with everything that is
    /// wrong, by member.
    init(
        _ draft: JSON, plugins: JobPlugins, zone: String, now: Timestamp, changing old: JobDefinition? = nil, isChecked: Bool = false
    ) throws(InvalidInput) {
        let json = isChecked ? draft : try plugins.draft.validate(draft)
        plugin = json["plugin"]?.string ?? "http"
        let kind = plugins[plugin]
        config = kind?.completed(json["config"] ?? [:]) ?? [:]
        key = json["key"]?.string
        name = json["name"]?.string ?? kind?.name(for: config) ?? "Job"
        let (stored, schedule) = try Self.schedule(json["schedule"] ?? .null, zone: zone, now: now)
        let unchanged = old?.schedule == stored ? old : nil
        self.schedule = stored
        scheduleSetAt = unchanged?.scheduleSetAt ?? now
        let earliest = old == nil ? now.adding(.zero - Self.forgiven) : now
        if unchanged == nil { try Self.refuseIfOver(schedule, saidAs: json["schedule"] ?? .null, after: earliest) }
        shortestIntervalMs = schedule.shortestInterval.map { $0 * 1_000 }
        timeoutMs = Int32(clamping: json["timeout_ms"]?.int ?? 30_000)
        retries = Self.completed(json["retries"] ?? [:], isRecurring: schedule.shortestInterval != nil)
        missed = json["missed"]?.string ?? "last"
        missedLimit = Int32(clamping: json["missed_limit"]?.int ?? 10)
        startDeadlineSeconds = (json["start_deadline"]?.string).flatMap { ShortDuration($0) }.map { Int32(clamping: max(1, $0.seconds)) }
        overlap = json["overlap"]?.string ?? "queue"
        success = json["success"] ?? [:]
        alerts = json["alerts"] ?? .null
        enabled = json["enabled"]?.bool ?? true
        pausedUntil = json["paused_until"]?.string.flatMap { Timestamp(rfc3339: $0) }
        tags = (json["tags"]?.array ?? []).compactMap(\.string)
    }

    static func schedule(_ json: JSON, zone: String, now: Timestamp) throws(InvalidInput) -> (stored: JSON, schedule: Schedule) {
        do throws(InvalidInput) {
            return try JobSchedule.read(json, zone: zone, now: now)
        } catch {
            throw error.within("/schedule")
        }
    }

    /// "Now" by the caller's clock is past by ours, and a long list of jobs due now takes its time to come in: a new job
    /// whose one time has just gone by runs at once. An edit never does (product.md §3).
    private static let forgiven: Duration = .seconds(3_600)

    /// A new schedule must have something to come: a job that never runs is a mistake that nobody would notice.
    static func refuseIfOver(_ schedule: Schedule, saidAs json: JSON, after earliest: Timestamp) throws(InvalidInput) {
        guard schedule.kind != .onDemand, schedule.next(after: earliest) == nil else { return }
        let member = ["delay", "at"].first { json[$0] != nil } ?? "ends_at"
        let hint = "This leaves no run in the future; choose a later time."
        throw InvalidInput(pointer: "/schedule/\(member)", code: "out_of_range", detail: hint)
    }

    /// One-time and on-demand jobs are tried again unless they say otherwise; of recurring ones the next tick comes anyway.
    private static func completed(_ retries: JSON, isRecurring: Bool) -> JSON {
        guard var members = retries.object else { return retries }
        let limit = members["limit"] ?? (isRecurring ? 0 : 5)
        members["limit"] = nil
        return .object(JSONObject([("limit", limit)] + members.map { ($0.key, $0.value) }))
    }

    /// Whether both are due at the same instants.
    func runs(like other: JobDefinition) -> Bool {
        schedule == other.schedule && enabled == other.enabled && pausedUntil == other.pausedUntil
    }

    /// What it is due by.
    func readSchedule() -> Schedule? { JobSchedule.stored(schedule, setAt: scheduleSetAt) }

    /// Its runs from `now` on are later than this: a pause that has an end is waited for.
    func runsLaterThan(_ now: Timestamp) -> Timestamp { pausedUntil.map { max($0.adding(.microseconds(-1)), now) } ?? now }

    /// From when on its occurrences are expected, if it was made at `now`: a new one-time job may be due already.
    func expectedFrom(madeAt now: Timestamp) -> Timestamp {
        guard case .at(let time)? = readSchedule()?.kind else { return now }
        return min(now, time.adding(.microseconds(-1)))
    }

    /// How a job stands from an instant on: what runs next, what a pause passes over first, and when to look at that.
    struct Standing: Equatable {
        var next: Timestamp?
        var passingFrom: Timestamp?
        var passAt: Timestamp?
    }

    /// Everything up to `boundary` has been decided, but for a one-time job's one time where it `isPending`: it is late rather
    /// than never, and waits for the end of a pause.
    func standing(after boundary: Timestamp, isPending: Bool) -> Standing {
        guard let schedule = readSchedule() else { return Standing() }
        let end = enabled ? pausedUntil.flatMap { $0 > boundary ? $0 : nil } : Timestamp(microseconds: .max)
        if case .at(let time) = schedule.kind {
            guard isPending || time > boundary else { return Standing() }
            if let end { return Standing(passingFrom: time, passAt: enabled ? end : nil) }
            return Standing(next: time)
        }
        let next = schedule.next(after: boundary)
        guard let end else { return Standing(next: next) }
        guard enabled else { return Standing(passingFrom: next ?? end, passAt: next?.adding(.seconds(1))) }
        let passing = next.map { min($0, end) } ?? end
        return Standing(
            next: schedule.next(after: end.adding(.microseconds(-1))), passingFrom: passing, passAt: min(end, passing.adding(.seconds(1))))
    }
}
