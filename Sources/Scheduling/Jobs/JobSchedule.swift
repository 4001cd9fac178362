import JSON
import Time

/// A job's schedule between its JSON and `Time.Schedule`. What is stored is what was said, made complete: the zone that a
/// cron expression goes by, and the instant that a `delay` or a local time came to.
enum JobSchedule {
    static let shape = Shape.object(
        [
            Field("cron", .string(1...256), help: "Five fields (six with `seconds`), such as 0 2 * * 1-5.", example: "0 2 * * 1-5"),
            Field("every", .string(2...20, format: .duration), help: "An interval of elapsed time: 30s, 5m, 2h, 1d.", example: "5m"),
            Field("at", .string(10...40), help: "Once: an instant with its offset, or a local time in `timezone`."),
            Field("delay", .string(2...20, format: .wait), help: "Once, so long after saving; answered as `at`."),
            Field("anchor", .string(20...40, format: .instant), help: "An instant that `every` counts from."),
            Field(
                "timezone", .string(1...64, format: .zone), help: "An IANA time zone. Default: the organization's.", example: "Europe/Oslo"),
            Field("seconds", .boolean, help: "Whether `cron` has six fields, seconds first."),
            Field("resolve", .choice(["earlier", "later"]), help: "Which instant a local `at` means that exists twice, or not at all."),
            Field("starts_at", .string(20...40, format: .instant), help: "No occurrence before it."),
            Field("ends_at", .string(20...40, format: .instant), help: "No occurrence at or after it."),
        ], exactlyOneOf: ["cron", "every", "at", "delay"]
    ).checked { check($0) }

    /// What the shape cannot say by itself; `read` will not meet these errors again.
    private static func check(_ json: JSON) -> [FieldError] {
        for (name, owner) in [("anchor", "every"), ("seconds", "cron"), ("resolve", "at")] where json[name] != nil && json[owner] == nil {
            return [FieldError(pointer: "/\(name)", code: "not_allowed", detail: "\(name) belongs to \(owner); remove it.")]
        }
        if let every = json["every"]?.string, ShortDuration(every).map({ $0.seconds < 1 || $0.seconds > 366 * 86_400 }) ?? true {
            return [FieldError(pointer: "/every", code: "out_of_range", detail: "Use 1s to 366d.")]
        }
        if let starts = instant(json["starts_at"]), let ends = instant(json["ends_at"]), starts >= ends {
            return [FieldError(pointer: "/ends_at", code: "out_of_range", detail: "ends_at must be later than starts_at.")]
        }
        return []
    }

    /// The schedule that `json` (let through by `shape`) means for a job saved at `now`, and what to store of it. Errors
    /// point from the schedule on.
    static func read(_ json: JSON, zone organizationZone: String, now: Timestamp) throws(InvalidInput) -> (stored: JSON, schedule: Schedule)
    {
        guard var members = json.object else { return (.null, Schedule(.onDemand)) }
        if members["cron"] != nil, members["timezone"] == nil { members["timezone"] = .string(organizationZone) }
        if let delay = members["delay"]?.string.flatMap({ ShortDuration($0) }) {
            members["delay"] = nil
            members["at"] = .string(now.adding(.seconds(delay.seconds)).rfc3339)
        } else if let at = members["at"]?.string {
            members["at"] = .string(try instant(at, in: members, organizationZone: organizationZone).rfc3339)
            members["resolve"] = nil
        }
        let kind = try kind(of: members, setAt: now)
        guard let schedule = schedule(kind, members) else {
            let hint = "The server has no rules of this time zone. Use another IANA name for it."
            throw InvalidInput(pointer: "/timezone", code: "invalid_format", detail: hint)
        }
        return (.object(members), schedule)
    }

    /// What was stored, read again; nil: it cannot be.
    static func stored(_ json: JSON, setAt: Timestamp) -> Schedule? {
        guard let members = json.object else { return Schedule(.onDemand) }
        return (try? kind(of: members, setAt: setAt)).flatMap { schedule($0, members) }
    }

    /// What the stored schedule means, for people. The instant that an interval counts from is only told where it was said.
    static func words(_ json: JSON, setAt: Timestamp) -> String {
        stored(json, setAt: setAt).map { words(of: $0, saidAs: json) } ?? "Unreadable"
    }

    /// The same of one that has been read.
    static func words(of schedule: Schedule, saidAs json: JSON) -> String {
        var schedule = schedule
        if case .every(let seconds, _) = schedule.kind, json["anchor"] == nil { schedule.kind = .every(seconds: seconds, anchor: nil) }
        return schedule.words
    }

    private static func kind(of members: JSONObject, setAt: Timestamp) throws(InvalidInput) -> Schedule.Kind {
        if let cron = members["cron"]?.string {
            do throws(CronError) {
                return .cron(try CronExpression(cron, seconds: members["seconds"]?.bool ?? false))
            } catch {
                throw InvalidInput(pointer: "/cron", code: "invalid_cron", detail: "\(error)")
            }
        }
        if let every = members["every"]?.string.flatMap({ ShortDuration($0) }) {
            return .every(seconds: every.seconds, anchor: instant(members["anchor"]) ?? setAt)
        }
        guard let at = instant(members["at"]) else {
            throw InvalidInput(pointer: "/at", code: "invalid_format", detail: "Write an instant, such as 2026-11-23T08:00:00Z.")
        }
        return .at(at)
    }

    /// Nil: it goes by the clock of a zone that the system does not have (any more). By UTC it would run at wrong times.
    private static func schedule(_ kind: Schedule.Kind, _ members: JSONObject) -> Schedule? {
        let zone = members["timezone"]?.string.map { ZoneRules.named($0) } ?? .utc
        if zone == nil, case .cron = kind { return nil }
        return Schedule(kind, zone: zone ?? .utc, startsAt: instant(members["starts_at"]), endsAt: instant(members["ends_at"]))
    }

    /// An instant with its offset, or a local time in the schedule's zone; one that does not exist or exists twice is
    /// refused with both candidates unless `resolve` says which.
    private static func instant(_ text: String, in members: JSONObject, organizationZone: String) throws(InvalidInput) -> Timestamp {
        if let instant = Timestamp(rfc3339: text) { return instant }
        guard let local = LocalTime(text), let zone = ZoneRules.named(members["timezone"]?.string ?? organizationZone) else {
            let hint = "Write an instant with its offset (2026-11-23T08:00:00Z) or a local time (2026-11-23T09:00:00)."
            throw InvalidInput(pointer: "/at", code: "invalid_format", detail: hint)
        }
        do throws(LocalTimeError) {
            return try zone.instant(of: local, choosing: members["resolve"]?.string.flatMap(ZoneRules.Choice.init))
        } catch {
            throw InvalidInput(pointer: "/at", code: error.kind.rawValue, detail: "\(error)")
        }
    }

    private static func instant(_ json: JSON?) -> Timestamp? { json?.string.flatMap { Timestamp(rfc3339: $0) } }
}

extension TextFormat {
    fileprivate static let zone = TextFormat(hint: "Use the name of an IANA time zone, such as Europe/Oslo.") { ZoneRules.named($0) != nil }
}
