import JSON
import Time

/// A job's schedule and the controls that make one: first how people think of it, then what belongs to that.
struct SchedulePart: Sendable {
    /// By which times go where nothing else is said.
    let organizationZone: String

    /// In the order in which they are offered.
    enum Kind: String, CaseIterable, Sendable {
        case every, daily, weekly, monthly, cron, at, delay, none

        var label: String {
            switch self {
            case .every: "Every so many minutes or hours"
            case .daily: "Every day, at a time"
            case .weekly: "On days of the week, at a time"
            case .monthly: "Once a month, on a day"
            case .cron: "By a cron expression"
            case .at: "Once, at a time"
            case .delay: "Once, a while after saving"
            case .none: "Only on demand"
            }
        }

        /// The control that is wrong where the schedule as a whole is.
        var control: String {
            switch self {
            case .every: "schedule_every"
            case .daily: "schedule_time"
            case .weekly: "schedule_days"
            case .monthly: "schedule_day"
            case .cron: "schedule_cron"
            case .at: "schedule_at"
            case .delay: "schedule_delay"
            case .none: "schedule_kind"
            }
        }
    }

    static let names = [
        "schedule_kind", "schedule_every", "schedule_unit", "schedule_anchor", "schedule_days", "schedule_day", "schedule_time",
        "schedule_cron", "schedule_seconds", "schedule_at", "schedule_resolve", "schedule_delay", "schedule_timezone",
        "schedule_starts_at", "schedule_ends_at",
    ]

    var part: JobPart {
        JobPart(
            path: ["schedule"], names: Self.names, boxes: ["schedule_days", "schedule_seconds"], write: { texts(of: $0 ?? .null) },
            read: { texts throws(InvalidInput) in
                do throws(InvalidInput) { return try schedule(texts) } catch { throw error.within("/schedule") }
            })
    }

    // MARK: - As texts

    private func texts(of schedule: JSON) -> JobTexts {
        let zone = schedule["timezone"]?.string ?? organizationZone
        // What belongs to the other kinds begins with something that is seldom far off.
        var texts: JobTexts = [
            "schedule_kind": ["none"], "schedule_every": ["1"], "schedule_unit": ["h"], "schedule_days": ["1"], "schedule_day": ["1"],
            "schedule_time": ["08:00"], "schedule_cron": [""], "schedule_seconds": [], "schedule_at": [""], "schedule_resolve": [""],
            "schedule_delay": [""], "schedule_timezone": [zone],
        ]
        for name in ["anchor", "starts_at", "ends_at"] { texts["schedule_\(name)"] = [LocalText.text(of: schedule[name], in: zone)] }
        if let every = schedule["every"]?.string {
            (texts["schedule_kind"], texts["schedule_every"]) = (["every"], [String(every.dropLast())])
            texts["schedule_unit"] = [String(every.suffix(1))]
        } else if schedule["at"] != nil {
            (texts["schedule_kind"], texts["schedule_at"]) = (["at"], [LocalText.text(of: schedule["at"], in: zone)])
        } else if let cron = schedule["cron"]?.string {
            let hasSeconds = schedule["seconds"]?.bool ?? false
            (texts["schedule_cron"], texts["schedule_seconds"]) = ([cron], hasSeconds ? ["true"] : [])
            let preset = hasSeconds || schedule["seconds"] != nil ? nil : Preset(cron)
            texts["schedule_kind"] = [(preset?.kind ?? .cron).rawValue]
            if let preset { texts.merge(preset.texts) { $1 } }
        }
        return texts
    }

    // MARK: - As JSON

    private func schedule(_ texts: JobTexts) throws(InvalidInput) -> JSON {
        func text(_ name: String) -> String { (texts["schedule_\(name)"]?.first ?? "").trimmingSpaces }
        guard let kind = Kind(rawValue: text("kind")) else {
            throw InvalidInput(pointer: "/kind", code: "required", detail: "Choose when it runs.")
        }
        if kind == .none { return .null }
        let zone = text("timezone").isEmpty ? organizationZone : text("timezone")
        var members = JSONObject()
        switch kind {
        case .every:
            members["every"] = .string(try Self.amount(text("every")) + text("unit"))
            members["anchor"] = try LocalText.instant(text("anchor"), in: zone, at: "/anchor")
        case .daily, .weekly, .monthly:
            let preset = try Preset(kind, at: text("time"), days: texts["schedule_days"] ?? [], day: text("day"))
            members["cron"] = .string(preset.cron)
        case .cron:
            members["cron"] = .string(text("cron"))
            if texts["schedule_seconds"]?.isEmpty == false { members["seconds"] = true }
        case .at:
            members["at"] = .string(LocalText.withSeconds(text("at")))
            if !text("resolve").isEmpty { members["resolve"] = .string(text("resolve")) }
        case .delay: members["delay"] = .string(text("delay"))
        case .none: break
        }
        let isByClock = members["cron"] != nil
        if isByClock ? !text("timezone").isEmpty : zone != organizationZone { members["timezone"] = .string(zone) }
        members["starts_at"] = try LocalText.instant(text("starts_at"), in: zone, at: "/starts_at")
        members["ends_at"] = try LocalText.instant(text("ends_at"), in: zone, at: "/ends_at")
        return .object(members)
    }

    private static func amount(_ text: String) throws(InvalidInput) -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw InvalidInput(pointer: "/every", code: "wrong_type", detail: "Write a whole number, such as 15.")
        }
        return text
    }
}

/// A cron expression that people would rather choose than write: at a time of day, every day, on days of the week or of the month.
private struct Preset {
    let kind: SchedulePart.Kind
    let cron: String
    let texts: JobTexts

    private static let week = ["1", "2", "3", "4", "5", "6", "0"]

    /// Throws by the controls' names within the schedule.
    init(_ kind: SchedulePart.Kind, at time: String, days: [String], day: String) throws(InvalidInput) {
        let parts = time.split(separator: ":").map { Int($0) }
        guard (2...3).contains(parts.count), let hour = parts[0], let minute = parts[1], 0...23 ~= hour, 0...59 ~= minute else {
            throw InvalidInput(pointer: "/time", code: "invalid_format", detail: "Write a time of day, such as 08:00.")
        }
        let chosen = Self.week.filter(days.contains)
        guard kind != .weekly || !chosen.isEmpty else {
            throw InvalidInput(pointer: "/days", code: "required", detail: "Choose at least one day.")
        }
        let ofWeek = chosen.count == 7 ? "*" : chosen == Array(Self.week[..<5]) ? "1-5" : chosen.joined(separator: ",")
        self.kind = kind
        cron = "\(minute) \(hour) \(kind == .monthly ? day : "*") * \(kind == .weekly ? ofWeek : "*")"
        var texts: JobTexts = ["schedule_time": [Self.digits(hour) + ":" + Self.digits(minute)]]
        if kind == .weekly { texts["schedule_days"] = chosen }
        if kind == .monthly { texts["schedule_day"] = [day] }
        self.texts = texts
    }

    /// Nil where the choice would not come to the very same text.
    init?(_ cron: String) {
        let fields = cron.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 5, fields[3] == "*" else { return nil }
        let kind: SchedulePart.Kind
        switch (fields[2], fields[4]) {
        case ("*", "*"): kind = .daily
        case ("*", _): kind = .weekly
        case (_, "*"): kind = .monthly
        default: return nil
        }
        let days = fields[4] == "1-5" ? Array(Self.week[..<5]) : fields[4].split(separator: ",").map(String.init)
        let isDay = fields[2] == "L" || Int(fields[2]).map { 1...31 ~= $0 } ?? false
        guard kind != .monthly || isDay,
            let preset = try? Preset(kind, at: "\(fields[1]):\(fields[0])", days: days, day: fields[2]), preset.cron == cron
        else { return nil }
        self = preset
    }

    private static func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// An instant as the wall of a zone shows it, in an input for date and time.
enum LocalText {
    /// As browsers write it: `2026-12-01T09:00`, with seconds where there are any. What is no instant stays as it is.
    static func text(of instant: JSON?, in zone: String) -> String {
        guard let text = instant?.string else { return "" }
        guard let instant = Timestamp(rfc3339: text), let rules = ZoneRules.named(zone) else { return text }
        let local = rules.local(instant)
        return local.second == 0 ? String(local.description.dropLast(3)) : local.description
    }

    /// The instant that is meant, of two the earlier; nil where nothing is said. `pointer`: whose it is.
    static func instant(_ text: String, in zone: String, at pointer: String) throws(InvalidInput) -> JSON? {
        guard !text.isEmpty else { return nil }
        if Timestamp(rfc3339: text) != nil { return .string(text) }
        guard let local = LocalTime(withSeconds(text)) else {
            throw InvalidInput(pointer: pointer, code: "invalid_format", detail: "Write a date and a time, such as 2030-12-01T09:00.")
        }
        // Of a zone that is none, its own control says so.
        guard let rules = ZoneRules.named(zone), let instant = try? rules.instant(of: local, choosing: .earlier) else { return nil }
        return .string(instant.rfc3339)
    }

    /// `2026-12-01T09:00:00`, as the API takes it.
    static func withSeconds(_ text: String) -> String { LocalTime(text + ":00") == nil ? text : text + ":00" }
}
