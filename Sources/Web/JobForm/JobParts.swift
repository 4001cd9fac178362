import JSON
import Scheduling

/// All members of a job that people may write, each with its controls.
struct JobParts: Sendable {
    let parts: [JobPart]
    /// Every control's name.
    let names: Set<String>
    let boxes: Set<String>

    /// `fields` are those of the plugin; `zone` is the organization's.
    init(fields: [Field], zone: String) {
        let config = fields.map { JobPart(path: ["config", $0.name], shape: $0.shape, defaultValue: $0.defaultValue) }
        parts = config + [SchedulePart(organizationZone: zone).part] + Self.common + [Self.pausedUntil(zone: zone)]
        names = Set(parts.flatMap(\.names))
        boxes = parts.reduce(into: []) { $0.formUnion($1.boxes) }
    }

    /// What a new job's form begins with: the defaults that the API would fill in, and a schedule that every plan has.
    static let new: JSON = [
        "schedule": ["every": "1h"], "timeout_ms": 30_000, "retries": ["backoff": "exponential", "initial": "30s", "maximum": "1h"],
        "missed": "last", "missed_limit": 10, "overlap": "queue", "success": ["status": ["2xx"]], "enabled": true,
    ]

    func texts(of draft: JSON) -> JobTexts {
        parts.reduce(into: [:]) { texts, part in texts.merge(part.texts(in: draft)) { $1 } }
    }

    /// The draft that the form's texts make; `base` is the job that they change. Throws all that cannot be read.
    func draft(_ texts: JobTexts, base: JSON?, plugin: String) throws(InvalidInput) -> JSON {
        var draft: JSON = base ?? ["plugin": .string(plugin)]
        var errors: [FieldError] = []
        for part in parts {
            do throws(InvalidInput) { draft = try part.put(texts, into: draft, base: base) } catch { errors += error.errors }
        }
        if !errors.isEmpty { throw InvalidInput(errors: errors) }
        // A kind of job that needs no settings has an empty config all the same.
        if draft["config"] == nil, var members = draft.object {
            members["config"] = [:]
            draft = .object(members)
        }
        return draft
    }

    /// The schedule alone.
    func schedule(_ texts: JobTexts, base: JSON?) throws(InvalidInput) -> JSON {
        guard let part = parts.first(where: { $0.path == ["schedule"] }) else { return .null }
        return try part.put(texts, into: base ?? [:], base: base)["schedule"] ?? .null
    }

    // MARK: - What all kinds of job have

    private static let common: [JobPart] = [
        .line("name"), .line("key"), .items("tags"), .seconds("timeout_ms"),
        .number("retries", "limit"), backoff, .line("retries", "initial"), .line("retries", "maximum"),
        .line("missed"), .number("missed_limit"), .line("start_deadline"), .line("overlap"),
        .items("success", "status", element: { Int64($0).map(JSON.integer) ?? .string($0) }), .text("success", "body_contains"), assertions,
        .seconds("success", "max_duration_ms"), alerts, paused,
    ]

    private static let backoff = JobPart(
        path: ["retries", "backoff"], names: ["retries_backoff", "retries_waits"],
        write: { value in
            let waits = value?.array.map { ItemText.joined($0.map(\.asText), by: ",") }
            return ["retries_backoff": [waits == nil ? value?.string ?? "exponential" : "list"], "retries_waits": [waits ?? ""]]
        },
        read: { texts throws(InvalidInput) in
            let kind = texts["retries_backoff"]?.first ?? ""
            guard kind == "list" else { return .unless(kind.isEmpty, .string(kind)) }
            return .array(ItemText.items(of: texts["retries_waits"]?.first ?? "", by: ",").map(JSON.string))
        })

    /// What must stand where in the JSON of an answer. A value that is not JSON is a text.
    private static let assertions = JobPart(
        "success", "json",
        write: { value in
            [ItemText.lines((value?.object ?? [:]).map { ($0.key, String(decoding: $0.value.bytes(), as: UTF8.self)) }, by: "=")]
        },
        read: { texts throws(InvalidInput) in
            do throws(InvalidInput) {
                let members = try JobPart.members(of: texts.first ?? "", by: "=") { _, value in
                    (try? JSON(parsing: Array(value.utf8))) ?? .string(value)
                }
                return .unless(members.isEmpty, .object(members))
            } catch {
                throw error.within("/success/json")
            }
        })

    private static let alerts = JobPart(
        path: ["alerts"], names: ["alerts", "alerts_after", "alerts_channels"], boxes: ["alerts_channels"],
        write: { value in
            let isOwn = value?.object != nil
            return [
                "alerts": [isOwn ? "own" : value == "off" ? "off" : "inherit"], "alerts_after": [value?["after"]?.asText ?? "1"],
                "alerts_channels": (value?["channels"]?.array ?? []).map(\.asText),
            ]
        },
        read: { texts throws(InvalidInput) in
            let choice = texts["alerts"]?.first ?? ""
            guard choice == "own" else { return .unless(choice == "inherit" || choice.isEmpty, .string(choice)) }
            var members = JSONObject()
            let after = (texts["alerts_after"]?.first ?? "").trimmingSpaces
            if !after.isEmpty { members["after"] = Shape.integer().value(fromText: after) }
            let channels = texts["alerts_channels"] ?? []
            if !channels.isEmpty { members["channels"] = .array(channels.map(JSON.string)) }
            return .object(members)
        })

    /// `enabled`, the other way round.
    private static let paused = JobPart(
        "enabled", name: "paused", isBox: true, write: { $0 == false ? ["true"] : [] },
        read: { texts throws(InvalidInput) in .bool(texts.isEmpty) })

    private static func pausedUntil(zone: String) -> JobPart {
        JobPart(
            "paused_until", write: { [LocalText.text(of: $0, in: zone)] },
            read: { texts throws(InvalidInput) in
                try LocalText.instant((texts.first ?? "").trimmingSpaces, in: zone, at: "/paused_until")
            })
    }
}
