import JSON
import Time

extension AlertMessage {
    /// Reads what `json` writes; nil for anything else.
    init?(_ json: JSON) {
        guard let event = json["event"]?.string, let tone = json["tone"]?.string.flatMap(Tone.init(rawValue:)),
            let title = json["title"]?.string, let action = json["action"]?.string, let url = json["url"]?.string,
            let happenedAt = json["happened_at"]?.string.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        let facts = (json["facts"]?.array ?? []).compactMap(\.array).compactMap { pair -> Fact? in
            guard pair.count == 2, let label = pair[0].string, let value = pair[1].string else { return nil }
            return Fact(label, value)
        }
        self.init(
            event: event, tone: tone, title: title, paragraphs: (json["paragraphs"]?.array ?? []).compactMap(\.string), facts: facts,
            output: json["output"]?.string, action: action, url: url, happenedAt: happenedAt, data: json["data"] ?? [:])
    }
}
