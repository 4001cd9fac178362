import JSON
import Tenancy

extension Channel {
    /// The channel as the API tells it. `settings` are for whoever may change them; secrets in them are ***.
    public func json(withSettings: Bool) -> JSON {
        [
            "id": .string(id.text), "kind": .string(kind), "name": .string(name), "shown": .string(shown),
            "settings": withSettings ? settings : .null, "state": .string(state.rawValue), "enabled": .bool(isEnabled),
            "switched_off_at": switchedOffAt.map { .string($0.rfc3339) } ?? .null,
            "switched_off_reason": switchedOffReason.map(JSON.string) ?? .null,
            "failing_since": failingSince.map { .string($0.rfc3339) } ?? .null, "created_at": .string(createdAt.rfc3339),
            "updated_at": .string(updatedAt.rfc3339),
        ]
    }

    /// What `json` looks like.
    public static let shape = Shape.object([
        Field("id", .string(), example: "chn_01jd3w8k4dfk1q2v7c9r5t0xyz"), Field("kind", .string(), example: "slack"),
        Field("name", .string(), example: "On call"),
        Field(
            "shown", .string(0...1_000), help: "Where it leads: a host and the last four characters, or whom mail goes to.",
            example: "hooks.slack.com…XXXX"),
        Field(
            "settings", .anything, nullable: true, help: "What it is told, secrets as ***; null where the key may not change it.",
            example: ["url": "***"]),
        Field(
            "state", .choice(State.allCases.map(\.rawValue)),
            help: "on; off: by people; switched_off: by Prikke; unconfirmed: an outside address has not agreed yet.", example: "on"),
        Field("enabled", .boolean), Field("switched_off_at", .instant, nullable: true),
        Field("switched_off_reason", .string(0...1_000), nullable: true),
        Field("failing_since", .instant, nullable: true, help: "Since when nothing gets through."), Field("created_at", .instant),
        Field("updated_at", .instant),
    ]).complete.named("Channel")

    /// The members of its settings, of whatever kind; which of them a kind takes, its check says.
    private static let settings = Shape.object([
        Field(
            "url", .string(1...2_000), secret: true, label: "URL", help: "Of a webhook, Slack, Discord and such. A secret.",
            example: "https://example.com/alerts"),
        Field("to", .choice(["owners", "members", "address"]), help: "Of mail: whom it goes to."),
        Field("members", .list(of: .string(1...40), 1...20), help: "Of mail to members: their ids."),
        Field(
            "address", .string(1...254), secret: true, help: "Of mail to an address. That of nobody here gets nothing before it confirms."),
    ])

    private static func fields(_ words: [String], isNew: Bool) -> [Field] {
        let isOn = "False: nothing is sent there. True also gives one that Prikke has switched off a new beginning."
        return [
            Field("kind", .choice(words), help: "Left out: recognised from the URL; email where `to` or `address` is there."),
            Field("name", .string(1...100), help: "For people. Left out: made of what it leads to.", example: "On call"),
            Field("settings", settings, required: isNew, help: "Where it leads. *** means: as it was."),
            isNew ? Field("enabled", .boolean, default: true, help: isOn) : Field("enabled", .boolean, help: isOn),
        ]
    }

    /// What a channel is made of; `words` are the kinds that there are.
    public static func draft(_ words: [String]) -> Shape { .object(fields(words, isNew: true)).named("NewChannel") }

    /// What is changed of one.
    public static func change(_ words: [String]) -> Shape { .object(fields(words, isNew: false)).named("ChannelChange") }
}
