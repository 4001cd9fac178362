import JSON

@testable import Scheduling

/// A kind of job that does what the test says.
struct Probe: JobPlugin {
    static let kind = "probe"
    static let fields: [Field] = []

    var perform: @Sendable (JobCall) async -> Outcome = { _ in Outcome(reason: nil) }

    func check(_ config: JSON) -> [FieldError] { [] }
    func completed(_ config: JSON) -> JSON { config }
    func name(for config: JSON) -> String { "Probe" }
    func run(_ call: JobCall) async -> Outcome { await perform(call) }
}

extension JSON {
    /// A draft of a probe; `more` are its other members.
    static func probe(_ schedule: JSON, _ more: JSONObject = [:]) -> JSON {
        var draft: JSONObject = ["plugin": "probe", "config": [:], "schedule": schedule]
        for (key, value) in more { draft[key] = value }
        return .object(draft)
    }

    /// A draft of a call of a public URL.
    static func call(_ schedule: JSON = ["every": "1h"], _ more: JSONObject = [:]) -> JSON {
        var draft: JSONObject = ["config": ["url": "https://api.example.com/tick"], "schedule": schedule]
        for (key, value) in more { draft[key] = value }
        return .object(draft)
    }
}
