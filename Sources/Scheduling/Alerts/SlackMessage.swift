import JSON
import Time

/// A message as Slack's webhooks take it, in one of three shapes. All limits are Slack's, of which we stay ten percent below, counted
/// after escaping.
enum SlackMessage {
    /// Which shape a URL takes.
    enum Shape: Sendable {
        /// Block Kit, with a bar of colour: Slack's incoming webhooks.
        case blocks
        /// A flat object of texts: what starts a workflow.
        case workflow
        /// Attachments as Slack had them before: Mattermost, Rocket.Chat and others.
        case classic

        /// By the path alone, whatever the host: Slack's own have these beginnings, and others who speak as Slack does.
        init(path: some StringProtocol) {
            self =
                if path.hasPrefix("/services/") {
                    .blocks
                } else if path.hasPrefix("/triggers/") || path.hasPrefix("/workflows/") {
                    .workflow
                } else {
                    .classic
                }
        }
    }

    static let workflowHint =
        "Give the workflow these text variables: title, text, status (bad, warning, good or neutral), event and url. Workflows need a paid plan of Slack's."

    // Slack: 40,000, 4,000 recommended. It is shown above the bar, so one line.
    static let longestText = 300
    // Slack: 3,000.
    static let longestSection = 2_700
    // Slack: 2,000, of which the label has its share.
    static let longestLabel = 200
    static let longestValue = 1_580
    // Slack: 10 fields in a section, and 50 blocks, of which this leaves most.
    static let fieldsInSection = 10
    static let mostFields = 40
    // Older Mattermost takes some 7,900 of all attachments, so what is least important gets what is left.
    static let longestClassic = 7_000

    static func body(_ message: AlertMessage, _ shape: Shape) -> JSON {
        switch shape {
        case .blocks: blocks(message)
        case .workflow: workflow(message)
        case .classic: classic(message)
        }
    }

    /// For where the other was refused; nil: there is none that is plainer.
    static func plainBody(_ message: AlertMessage, _ shape: Shape) -> JSON? {
        switch shape {
        case .workflow: nil
        case .blocks: ["text": .string(title(message, .slack) + "\n" + link(message))]
        case .classic: ["text": .string(title(message, .classic) + "\n" + link(message, .classic))]
        }
    }

    // MARK: Block Kit

    private static func blocks(_ message: AlertMessage) -> JSON {
        var blocks: [JSON] = []
        let paragraphs = paragraphs(message)
        // Plain text: nothing in it is a link, a mention or markup.
        if !paragraphs.isEmpty {
            let text = ChatText.beginning(paragraphs, longestSection, .slack)
            blocks.append(["type": "section", "text": ["type": "plain_text", "text": .string(text), "emoji": false]])
        }
        let facts = Array(message.facts.prefix(mostFields))
        for start in stride(from: 0, to: facts.count, by: fieldsInSection) {
            let fields = facts[start..<min(start + fieldsInSection, facts.count)].map { fact in
                mrkdwn("*" + ChatText.part(fact.label, longestLabel, .slack) + "*\n" + ChatText.part(fact.value, longestValue, .slack))
            }
            blocks.append(["type": "section", "fields": .array(fields)])
        }
        if let output = output(message) {
            blocks.append(["type": "section", "text": mrkdwn("```\n" + ChatText.end(output, longestSection - 8, .slack) + "\n```")])
        }
        blocks.append(["type": "section", "text": mrkdwn(link(message))])
        blocks.append(["type": "context", "elements": [mrkdwn(time(message.happenedAt) + " · Prikke")]])
        let title = JSON.string(title(message, .slack))
        return ["text": title, "attachments": [["color": .string(color(message.tone)), "fallback": title, "blocks": .array(blocks)]]]
    }

    /// Verbatim: Slack makes no links and no mentions of bare words.
    private static func mrkdwn(_ text: String) -> JSON { ["type": "mrkdwn", "text": .string(text), "verbatim": true] }

    /// A plain link: a button would ask for an endpoint that we do not have.
    private static func link(_ message: AlertMessage, _ form: ChatText.Form = .slack) -> String {
        let url = ChatText.beginning(message.url.replacing("|", with: "%7C"), 2_000, .slack)
        return "<\(url)|\(ChatText.part(message.action, 200, form))>"
    }

    /// In the reader's own zone, where Slack can.
    private static func time(_ at: Timestamp) -> String { "<!date^\(at.seconds)^{date_short} {time}|\(at.words)>" }

    // MARK: Workflow

    private static func workflow(_ message: AlertMessage) -> JSON {
        let lines = [paragraphs(message)] + message.facts.prefix(mostFields).map { ChatText.line("\($0.label): \($0.value)") }
        let text = (lines + [output(message) ?? ""]).filter { !$0.isEmpty }.joined(separator: "\n")
        return [
            "title": .string(title(message, .slack)),
            // A variable that has no text may be taken for one that is missing.
            "text": .string(text.isEmpty ? title(message, .slack) : ChatText.beginning(text, longestSection, .slack)),
            "status": .string(message.tone.rawValue), "event": .string(message.event), "url": .string(message.url),
        ]
    }

    // MARK: Classic

    private static func classic(_ message: AlertMessage) -> JSON {
        var room = longestClassic
        func taking(_ text: String) -> JSON {
            room -= text.utf16.count
            return .string(text)
        }
        let title = title(message, .classic)
        var text = ChatText.beginning(paragraphs(message), longestSection, .classic)
        room -= 2 * title.utf16.count + text.utf16.count + message.url.utf16.count
        var fields: [JSON] = []
        for fact in message.facts.prefix(mostFields) where room > 2 * longestLabel {
            let label = ChatText.part(fact.label, longestLabel, .classic)
            let value = ChatText.part(fact.value, min(longestValue, room - longestLabel), .classic)
            fields.append(["title": taking(label), "value": taking(value), "short": .bool(value.utf16.count <= 40)])
        }
        if let output = output(message), room > 40 {
            text += (text.isEmpty ? "" : "\n") + "```\n" + ChatText.end(output, min(longestSection, room) - 10, .classic) + "\n```"
        }
        let attachment: JSON = [
            "color": .string(color(message.tone)), "fallback": .string(title),
            "title": .string(ChatText.part(message.action, 200, .classic)),
            "title_link": .string(message.url), "text": .string(text), "fields": .array(fields), "footer": "Prikke",
            "ts": .integer(message.happenedAt.seconds),
        ]
        return ["text": .string(title), "username": "Prikke", "attachments": [attachment]]
    }

    // MARK: Parts

    private static func title(_ message: AlertMessage, _ form: ChatText.Form) -> String { ChatText.part(message.title, longestText, form) }

    private static func paragraphs(_ message: AlertMessage) -> String {
        message.paragraphs.map(ChatText.line).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// Nil: there is nothing to show.
    private static func output(_ message: AlertMessage) -> String? {
        let output = ChatText.lines(message.output ?? "")
        return output.isEmpty ? nil : output
    }

    static func color(_ tone: AlertMessage.Tone) -> String {
        switch tone {
        case .bad: "#D92D20"
        case .warning: "#B54708"
        case .good: "#067647"
        case .neutral: "#475467"
        }
    }
}
