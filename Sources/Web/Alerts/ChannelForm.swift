import JSON
import Scheduling
import Tenancy

/// What is typed of a channel, and the draft that it makes. Of a new one first a target alone, then what was recognised with it; of one
/// that is there all of it.
enum ChannelForm {
    static let target = Field("target", .string(1...2_000), label: "URL or address", help: "", example: "https://hooks.slack.com/services/")
    static let name = Field("name", .string(1...100), help: "For people. Left blank: where it leads.", example: "On call")

    /// Of a new one; `words` are the kinds that there are.
    static func newFields(_ words: [String]) -> [Field] {
        [target, Field("kind", .choice(words), label: "Kind"), name, to, members]
    }

    /// Of one that is changed; its target left blank stays as it was.
    static func fields(_ words: [String]) -> [Field] { newFields(words) }

    private static let to = Field("to", .choice(["owners", "members"]), label: "Mail goes to")
    private static let members = Field("members", .list(of: .string(1...40), 1...20), label: "Members")

    /// The draft of what was typed; `old` is what it changes. Pointers of what is wrong with it: `control(_:)`.
    static func draft(_ values: JSONObject, changing old: Channel? = nil) -> JSON {
        var draft: JSONObject = [:]
        if let name = values["name"] { draft["name"] = name }
        if let kind = values["kind"] { draft["kind"] = kind }
        var settings: JSONObject = [:]
        if let to = values["to"] {
            settings["to"] = to
            if to == "members" { settings["members"] = values["members"] ?? [] }
        } else if let target = values["target"]?.string {
            let isMail = values["kind"].map { $0 == .string(Channels.email) } ?? isAddress(target)
            settings = isMail ? ["to": "address", "address": .string(target)] : ["url": .string(target)]
        } else if let old {
            settings = old.settings.object ?? [:]
        }
        if settings.isEmpty { settings["url"] = "" }
        draft["settings"] = .object(settings)
        return .object(draft)
    }

    /// Whether a text is meant as an address, not a URL.
    static func isAddress(_ text: String) -> Bool { text.contains("@") && !text.contains("/") }

    /// The same errors by the form's controls.
    static func control(_ invalid: InvalidInput) -> InvalidInput {
        InvalidInput(
            errors: invalid.errors.map { error in
                let parts = error.pointer.split(separator: "/")
                guard parts.first == "settings", parts.count > 1 else { return error }
                let name = ["url", "address"].contains(parts[1]) ? "target" : String(parts[1])
                return FieldError(pointer: "/\(name)", code: error.code == "required" ? "too_short" : error.code, detail: error.detail)
            })
    }

    static func kinds(_ channels: Channels) -> [FormField.Option] {
        channels.words.map { FormField.Option(value: $0, label: channels.label(of: $0)) }
    }

    /// Whom mail to members goes to.
    static func ofMembers(_ members: [Membership], to: String = "owners", chosen: [String] = []) -> [FormField] {
        [
            FormField(
                name: "to", kind: .radios, label: "Mail goes to", value: to,
                options: [.init(value: "owners", label: "The owners"), .init(value: "members", label: "These members")]),
            FormField(
                name: "members", kind: .checkboxes, label: "Members",
                options: members.prefix(60).map { .init(value: $0.user.id.text, label: $0.user.email.text) }, chosen: chosen),
        ]
    }
}
