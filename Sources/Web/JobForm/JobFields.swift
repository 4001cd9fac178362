import JSON
import Scheduling

/// The controls of a job's form as people see them, by the names that `JobParts` reads.
struct JobFields: Sendable {
    /// Those that a summary hides until they are asked for, or are not as they were from the start.
    struct Group: Sendable {
        let title: String
        var fields: [FormField]
    }

    /// What a kind of job needs first, and what else it knows.
    var target: [FormField]
    var moreOfTarget: Group
    var kind: [FormField]
    /// What belongs to a kind of schedule, with the classes by which the stylesheet shows it.
    var pieces: [(classes: String, fields: [FormField])]
    var period: Group
    var name: [FormField]
    var groups: [Group]

    /// `Headers, secret headers and more`
    private static func title(of labels: [String]) -> String {
        let shown = labels.prefix(2).enumerated().map { $0 == 0 ? $1 : $1.prefix(1).lowercased() + $1.dropFirst() }
        return shown.joined(separator: ", ") + (labels.count > 2 ? " and more" : "")
    }

    init(plugin fields: [Field], zone: String, channels: [FormField.Option] = []) {
        let isFirst = { (field: Field) in field.isRequired || field.example != nil }
        target = fields.filter(isFirst).map(Self.control)
        let rest = fields.filter { !isFirst($0) }
        moreOfTarget = Group(title: Self.title(of: rest.map(\.label)), fields: rest.map(Self.control))
        kind = [Self.kind]
        pieces = Self.pieces
        period = Group(title: "First and last time", fields: Self.period)
        name = [
            FormField(name: "name", label: "Name", help: "For people. Left blank: the host that is called.", placeholder: "Nightly export…")
        ]
        groups = [
            Group(title: "Time limit and retries", fields: Self.retries),
            Group(title: "Late, missed and overlapping", fields: Self.policies),
            Group(title: "What counts as success", fields: Self.success), Group(title: "Alerts", fields: Self.alerts(channels)),
            Group(title: "Key, tags and pause", fields: Self.more(zone: zone)),
        ]
    }

    /// A plugin's field, in the control that its shape asks for.
    private static func control(_ field: Field) -> FormField {
        func make(_ kind: FormField.Kind, _ options: [FormField.Option] = [], note: String = "", example: String? = nil) -> FormField {
            let placeholder = example ?? field.example.map { "\($0.asText)…" } ?? ""
            return FormField(
                name: "config_\(field.name)", kind: kind, label: field.label, help: field.help + note, options: options,
                placeholder: kind == .select || kind == .flag ? "" : placeholder, isCode: kind != .select && kind != .flag)
        }
        switch field.shape.control {
        case .line: return make(.text)
        case .number: return make(.number)
        case .text: return make(.textarea)
        case .flag: return make(.flag, [.init(value: "true", label: field.label)])
        case .choice(let choices):
            let isOpen = !field.isRequired && field.defaultValue == nil
            return make(.select, (isOpen ? [.init(value: "", label: "Default")] : []) + choices.map { .init(value: $0, label: $0) })
        case .list: return make(.textarea, note: " One a line.")
        case .pairs: return make(.textarea, note: " One a line.", example: "Name: value…")
        case .document: return make(.textarea, note: " As JSON.")
        }
    }

    private static func select(_ name: String, _ label: String, help: String = "", _ options: [(String, String)]) -> FormField {
        FormField(name: name, kind: .select, label: label, help: help, options: options.map { .init(value: $0.0, label: $0.1) })
    }

    private static func line(_ name: String, _ label: String, help: String = "", _ placeholder: String = "", isCode: Bool = false)
        -> FormField
    {
        FormField(name: name, label: label, help: help, placeholder: placeholder, isCode: isCode)
    }

    // MARK: - When

    private static let kind = FormField(
        name: "schedule_kind", kind: .radios, label: "It runs",
        options: SchedulePart.Kind.allCases.map { .init(value: $0.rawValue, label: $0.label) })

    private static let days = [
        ("1", "Monday"), ("2", "Tuesday"), ("3", "Wednesday"), ("4", "Thursday"), ("5", "Friday"), ("6", "Saturday"), ("0", "Sunday"),
    ]

    private static let pieces: [(classes: String, fields: [FormField])] = [
        (
            "w-every pair",
            [
                FormField(name: "schedule_every", kind: .number, label: "Every"),
                select("schedule_unit", "Unit", [("m", "minutes"), ("h", "hours"), ("d", "days"), ("s", "seconds")]),
            ]
        ),
        (
            "w-weekly days",
            [FormField(name: "schedule_days", kind: .checkboxes, label: "Days", options: days.map { .init(value: $0.0, label: $0.1) })]
        ),
        ("w-monthly", [select("schedule_day", "Day of the month", (1...31).map { ("\($0)", "\($0)") } + [("L", "the last one")])]),
        ("w-daily w-weekly w-monthly", [FormField(name: "schedule_time", kind: .time, label: "Time of day")]),
        (
            "w-cron",
            [
                line(
                    "schedule_cron", "Cron expression", help: "Minute, hour, day of month, month, day of week.", "0 2 * * 1-5…",
                    isCode: true),
                FormField(
                    name: "schedule_seconds", kind: .flag, label: "Seconds",
                    options: [.init(value: "true", label: "Six fields, seconds first")]),
            ]
        ),
        (
            "w-at",
            [
                FormField(name: "schedule_at", kind: .datetime, label: "Date and time"),
                select(
                    "schedule_resolve", "Where a clock change leaves that time out, or has it twice",
                    [("", "Tell me"), ("earlier", "The earlier one"), ("later", "The later one")]),
            ]
        ),
        ("w-delay", [line("schedule_delay", "After", help: "A number and a unit: 30s, 10m, 2h or 1d.", "10m…")]),
        (
            "w-daily w-weekly w-monthly w-cron w-at",
            [FormField(name: "schedule_timezone", label: "Time zone", placeholder: "Europe/Oslo…", list: "zones")]
        ),
    ]

    private static let period = [
        FormField(name: "schedule_starts_at", kind: .datetime, label: "Not before", help: "In the time zone of the schedule."),
        FormField(name: "schedule_ends_at", kind: .datetime, label: "Not at or after"),
        FormField(
            name: "schedule_anchor", kind: .datetime, label: "Intervals count from",
            help: "For a job that runs every so often. Left blank: from when it was saved."),
    ]

    // MARK: - More

    private static let retries = [
        FormField(
            name: "timeout_ms", kind: .number, label: "Time limit, in seconds",
            help: "The whole call, from resolving the name to the last byte."),
        FormField(
            name: "retries_limit", kind: .number, label: "Retries after a failure",
            help: "0 to 10. Left blank: 5 for what runs once or on demand, none for what runs again anyway."),
        select(
            "retries_backoff", "Wait before a retry",
            [("exponential", "Twice as long each time"), ("fixed", "Always as long as the first"), ("list", "As listed below")]),
        line("retries_waits", "The waits, where they are listed", help: "Such as 30s, 5m, 1h.", "30s, 5m, 1h…"),
        line("retries_initial", "The first wait", "30s…"), line("retries_maximum", "The longest wait", "1h…"),
    ]

    private static let policies = [
        select(
            "missed", "Runs that could not start in time",
            [("skip", "Leave them out"), ("last", "Make up the last one"), ("all", "Make up all of them, up to the limit below")]),
        FormField(name: "missed_limit", kind: .number, label: "At most so many are made up"),
        line(
            "start_deadline", "Late after", help: "A run that starts later counts as missed. Left blank: half the interval, 30s to 1h.",
            "5m…"),
        select(
            "overlap", "When the run before is not over",
            [("queue", "Wait for its end, one at a time"), ("skip", "Leave this one out"), ("allow", "Run beside it")]),
    ]

    private static let success = [
        line("success_status", "Statuses", help: "Such as 2xx, 304, 400-404.", "2xx…", isCode: true),
        FormField(name: "success_body_contains", kind: .textarea, label: "The body contains", isCode: true),
        FormField(
            name: "success_json", kind: .textarea, label: "The JSON of the body has",
            help: "Paths and values, one a line: /state = \"done\"", placeholder: "/state = \"done\"…", isCode: true),
        FormField(name: "success_max_duration_ms", kind: .number, label: "Answered within, in seconds"),
    ]

    private static func alerts(_ channels: [FormField.Option]) -> [FormField] {
        let choice = FormField(
            name: "alerts_channels", kind: .checkboxes, label: "Channels", help: "None: all that the organization has.", options: channels)
        return [
            select(
                "alerts", "Who hears of failures",
                [("inherit", "As the organization has it"), ("off", "Nobody"), ("own", "As set below")]),
            FormField(name: "alerts_after", kind: .number, label: "After so many failures in a row"),
        ] + (channels.isEmpty ? [] : [choice])
    }

    private static func more(zone: String) -> [FormField] {
        [
            line(
                "key", "Key", help: "A name of your own for programs: lower-case letters, digits and . _ / -", "exports/nightly…",
                isCode: true),
            line("tags", "Tags", help: "Words to find it by, with commas between them.", "exports, nightly…"),
            FormField(name: "paused", kind: .flag, label: "Paused", options: [.init(value: "true", label: "Paused")]),
            FormField(
                name: "paused_until", kind: .datetime, label: "Paused until", help: "In \(zone). Left blank: no longer than it says above."),
        ]
    }

    /// Common zones to choose from; any other may be typed.
    static let zones = [
        "UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Argentina/Buenos_Aires", "America/Bogota",
        "America/Chicago", "America/Denver", "America/Halifax", "America/Los_Angeles", "America/Mexico_City", "America/New_York",
        "America/Phoenix", "America/Sao_Paulo", "America/Toronto", "Asia/Bangkok", "Asia/Dhaka", "Asia/Dubai", "Asia/Hong_Kong",
        "Asia/Jakarta", "Asia/Karachi", "Asia/Kolkata", "Asia/Manila", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei",
        "Asia/Tokyo", "Australia/Brisbane", "Australia/Perth", "Australia/Sydney", "Europe/Amsterdam", "Europe/Athens", "Europe/Berlin",
        "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid",
        "Europe/Oslo", "Europe/Paris", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich",
        "Pacific/Auckland", "Pacific/Honolulu",
    ]

    /// Does the same to every control.
    mutating func update(_ change: (inout FormField) -> Void) {
        func each(_ fields: inout [FormField]) { for index in fields.indices { change(&fields[index]) } }
        each(&target)
        each(&moreOfTarget.fields)
        each(&kind)
        for index in pieces.indices { each(&pieces[index].fields) }
        each(&period.fields)
        each(&name)
        for index in groups.indices { each(&groups[index].fields) }
    }
}
