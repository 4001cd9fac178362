import JSON
import Scheduling
import Tenancy

/// A job's form while it is being filled in: which job it changes, if any, what stands in it, and what is wrong with that.
struct JobForm: Sendable {
    let access: Access
    let plugin: String
    /// Nil: a new one.
    let job: Job?
    /// The version that what stands in the form was made from.
    var version: Int64?
    let base: JSON?
    let parts: JobParts
    private let pluginFields: [Field]
    /// Those that the job names first, in their order.
    private let channels: [FormField.Option]
    private(set) var texts: JobTexts
    private(set) var errors: [String: String] = [:]
    private(set) var complaints: [String] = []

    /// As the job is, or as a new one's form begins. Throws `Problem.notFound` where there is no such kind of job.
    init(
        _ job: Job?, shownAs json: JSON?, plugin: String?, plugins: JobPlugins, channels: [Channels.Named] = [], for access: Access
    ) throws(Problem) {
        let kind = job?.definition.plugin ?? plugin ?? plugins.kinds.first ?? "http"
        guard let fields = plugins.fields(of: kind) else { throw .notFound }
        (self.access, self.plugin, self.job, pluginFields) = (access, kind, job, fields)
        version = job?.version
        parts = JobParts(fields: fields, zone: access.organization.timezone)
        base = json.map(Self.draft)
        let texts = parts.texts(of: base ?? JobParts.new)
        self.texts = texts
        self.channels = Self.options(channels, first: texts["alerts_channels"] ?? [])
    }

    private static func options(_ channels: [Channels.Named], first chosen: [String]) -> [FormField.Option] {
        let names = Dictionary(channels.map { ($0.id.text, $0.name) }) { first, _ in first }
        return (chosen + channels.map(\.id.text).filter { !chosen.contains($0) }).map {
            FormField.Option(value: $0, label: names[$0] ?? "A channel that is gone")
        }
    }

    private static func draft(_ json: JSON) -> JSON {
        .object(JSONObject((json.object ?? [:]).filter { members.contains($0.key) }.map { ($0.key, $0.value) }))
    }

    private static let members: Set = [
        "key", "name", "plugin", "config", "schedule", "timeout_ms", "retries", "missed", "missed_limit", "start_deadline", "overlap",
        "success", "alerts", "enabled", "paused_until", "tags",
    ]

    /// What the form itself has to say beside the job.
    static let own: Set = ["_job", "_version", "plugin"]

    /// Puts in what was sent. A control that did not come keeps what it held; what there is no control for is complained of, and so is
    /// what came twice.
    mutating func fill(_ form: SubmittedForm) {
        version = form.texts(of: "_version").first.map { Int64($0) ?? -1 } ?? version
        let sent = Dictionary(grouping: form.parameters, by: \.name)
        for (name, parameters) in sent {
            if Self.own.contains(name) ? parameters.count > 1 : !parts.names.contains(name) {
                complaints.append("The form has no field “\(name.prefix(60))”. Load the page again.")
            } else if parameters.count > 1, !["schedule_days", "alerts_channels"].contains(name) {
                errors[name] = "This came twice; send it once."
            }
        }
        complaints.sort()
        for name in parts.names where sent[name] != nil || parts.boxes.contains(name) { texts[name] = form.texts(of: name) }
    }

    var isRefused: Bool { !errors.isEmpty || !complaints.isEmpty }

    func draft() throws(InvalidInput) -> JSON { try parts.draft(texts, base: base, plugin: plugin) }
    func schedule() throws(InvalidInput) -> JSON { try parts.schedule(texts, base: base) }

    // MARK: - What is wrong

    mutating func complain(_ words: String) { complaints.append(words) }

    mutating func refuse(_ invalid: InvalidInput) {
        for error in invalid.errors { refuse(error) }
    }

    /// Says what is wrong beside the control in which it was written.
    mutating func refuse(_ error: FieldError) {
        let tokens = error.pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard let (name, rest) = control(at: tokens) else { return complaints.append(error.detail) }
        var words = error.code == "required" && rest.isEmpty && texts[name]?.first?.isEmpty ?? true ? "Fill this in." : error.detail
        if let code = Self.ambiguous[error.code] { words = code }
        // Who writes seconds is told seconds.
        if name.hasSuffix("_ms"), error.code == "out_of_range" {
            words = words.replacing(/[0-9]+/) { Int64($0.output).map(Milliseconds.text) ?? "" }.replacing("whole number", with: "number")
        }
        if let item = rest.last { words = "\(self.item(item, of: name)): \(words)" }
        // The first thing that is wrong with a control is enough to go on with.
        if errors[name] == nil { errors[name] = words }
    }

    private static let ambiguous = [
        "local_time_in_gap": "A clock change leaves this time out. Choose another, or which of the two around it is meant.",
        "local_time_ambiguous": "A clock change has this time twice. Choose another, or which of the two is meant.",
    ]

    private func control(at tokens: [String]) -> (name: String, rest: [String])? {
        let kind = SchedulePart.Kind(rawValue: texts["schedule_kind"]?.first ?? "")
        if tokens == ["schedule"] || tokens == ["schedule", "cron"] { return ((kind ?? .none).control, []) }
        if tokens.starts(with: ["retries", "backoff"]), texts["retries_backoff"] == ["list"] {
            return ("retries_waits", Array(tokens.dropFirst(2)))
        }
        if tokens == ["enabled"] { return ("paused", []) }
        for count in stride(from: tokens.count, to: 0, by: -1) {
            let name = tokens.prefix(count).joined(separator: "_")
            if parts.names.contains(name) { return (name, Array(tokens.dropFirst(count))) }
        }
        return nil
    }

    /// What a token of a pointer names: a header, or one of a list's items.
    private func item(_ token: String, of name: String) -> String {
        guard let index = Int(token) else { return token.replacing("~1", with: "/").replacing("~0", with: "~") }
        let items = ItemText.items(of: (texts[name]?.first ?? "").replacing("\n", with: ","), by: ",")
        return items.indices.contains(index) ? "“\(items[index].prefix(60))”" : "No. \(index + 1)"
    }

    // MARK: - As it is shown

    /// The controls with what stands in them, the cursor at the first that is wrong.
    func fields() -> JobFields {
        var fields = JobFields(plugin: pluginFields, zone: access.organization.timezone, channels: channels)
        var isFirst = true
        fields.update { field in
            field.belong(to: "form")
            field.fill(texts[field.fieldName] ?? [])
            guard let words = errors[field.fieldName] else { return }
            field.refuse(words)
            if isFirst { field.becomeFirst() }
            isFirst = false
        }
        return fields
    }

    /// Whether a group is to be open: something in it is wrong, or is not as a new job has it.
    func isOpen(_ group: JobFields.Group) -> Bool {
        var usual = parts.texts(of: JobParts.new)
        // Of a job that runs again, none is what is filled in.
        if texts["retries_limit"] == ["0"] { usual["retries_limit"] = ["0"] }
        return group.fields.contains { $0.hasError || texts[$0.fieldName] ?? [] != usual[$0.fieldName] ?? [] }
    }

    /// Where what stands in the form differs from another state of the job.
    func differences(from other: JSON) -> [(label: String, theirs: String, mine: String)] {
        let theirs = parts.texts(of: other)
        var found: [(String, String, String)] = []
        var fields = fields()
        fields.update { field in
            let (one, two) = (theirs[field.fieldName] ?? [], texts[field.fieldName] ?? [])
            guard one.map(\.withFormLines) != two else { return }
            found.append((field.fieldLabel, Self.words(one, in: field), Self.words(two, in: field)))
        }
        return found
    }

    private static func words(_ texts: [String], in field: FormField) -> String {
        let words = texts.map { text in field.options.first { $0.optionValue == text }?.optionLabel ?? text }.joined(separator: ", ")
        return words.isEmpty ? "–" : words.count > 300 ? "\(words.prefix(300))…" : words
    }
}
