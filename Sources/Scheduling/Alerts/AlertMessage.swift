import JSON
import Postgres
import Time

/// What is told to a channel, before its kind gives it its form: plain text throughout, names as people wrote them. Each kind cuts and
/// escapes by its own rules.
public struct AlertMessage: Sendable, Equatable {
    /// How bad the news is: a colour, and a word for who sees none.
    public enum Tone: String, Sendable {
        case bad, warning, good, neutral
    }

    /// A value with a name.
    public struct Fact: Sendable, Equatable {
        public let label: String
        public let value: String

        public init(_ label: String, _ value: String) { (self.label, self.value) = (label, value) }
    }

    /// Dotted, lower case, as Standard Webhooks have it: `incident.opened`, `incident.continued`, `incident.recovered`,
    /// `incidents.digest`, `notice.usage_80` …, `test`.
    public let event: String
    public let tone: Tone
    /// One line: “Nightly export failed”.
    public let title: String
    public let paragraphs: [String]
    public let facts: [Fact]
    /// The last lines of an answer or a log; nil: there is nothing to show.
    public let output: String?
    /// The words of the one link, and where it leads.
    public let action: String
    public let url: String
    /// When it happened, not when it is told.
    public let happenedAt: Timestamp
    /// The same for programs: the `data` of a webhook.
    public let data: JSON

    public init(
        event: String, tone: Tone, title: String, paragraphs: [String] = [], facts: [Fact] = [], output: String? = nil, action: String,
        url: String, happenedAt: Timestamp, data: JSON
    ) {
        (self.event, self.tone, self.title, self.paragraphs, self.facts) = (event, tone, title, paragraphs, facts)
        (self.output, self.action, self.url, self.happenedAt, self.data) = (output, action, url, happenedAt, data)
    }
}

// MARK: As it is kept

extension AlertMessage {
    var json: JSON {
        [
            "event": .string(event), "tone": .string(tone.rawValue), "title": .string(title),
            "paragraphs": .array(paragraphs.map(JSON.string)),
            "facts": .array(facts.map { [.string($0.label), .string($0.value)] }), "output": output.map(JSON.string) ?? .null,
            "action": .string(action), "url": .string(url), "happened_at": .string("\(happenedAt)"), "data": data,
        ]
    }
}
