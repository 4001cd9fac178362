import JSON

/// An incoming webhook that is as strict as Slack's, after `integrations/chat.md` §2: plain texts for errors, `ok` for what it takes.
/// Stricter in one thing: a mention that would call somebody is refused.
public enum SlackReceiver {
    /// On loopback, with a path as Slack's have it.
    public static func make() throws -> ScriptedReceiver {
        try ScriptedReceiver(path: "/services/T00000001/B00000001/abcdEFGH1234wxyz") { request in
            guard request.method == "POST", request.header("content-type")?.hasPrefix("application/json") == true,
                let body = try? JSON(parsing: request.body)
            else { return Receiver.Answer(status: 400, body: "invalid_payload") }
            guard let complaint = complaint(about: body) else { return Receiver.Answer(body: "ok") }
            return Receiver.Answer(status: 400, body: complaint)
        }
    }

    /// The error that Slack would answer with; nil: it would take the message.
    public static func complaint(about body: JSON) -> String? {
        guard body.object != nil else { return "invalid_payload" }
        let text = body["text"]?.string ?? ""
        let attachments = body["attachments"]?.array ?? []
        if text.isEmpty, attachments.isEmpty, (body["blocks"]?.array ?? []).isEmpty { return "no_text" }
        if text.utf16.count > 4_000 || text.contains(where: \.isNewline) && !attachments.isEmpty { return "msg_too_long" }
        if attachments.count > 20 { return "too_many_attachments" }
        if callsSomebody(text) { return "mention" }
        for attachment in attachments {
            guard attachment["fallback"]?.string?.isEmpty == false, !callsSomebody(attachment.text) else { return "invalid_attachments" }
            if let blocks = attachment["blocks"] { if !areRight(blocks) { return "invalid_blocks" } }
        }
        return nil
    }

    private static func areRight(_ blocks: JSON) -> Bool {
        guard let blocks = blocks.array, (1...50).contains(blocks.count) else { return false }
        return blocks.allSatisfy { block in
            switch block["type"]?.string {
            case "header": isText(block["text"], 1...150, ["plain_text"])
            case "section":
                (block["text"] != nil || block["fields"] != nil) && (block["text"].map { isText($0, 1...3_000) } ?? true)
                    && (block["fields"].map { isList($0, 1...10) { isText($0, 1...2_000) } } ?? true)
            case "context": isList(block["elements"], 1...10) { isText($0, 1...3_000) }
            default: false
            }
        }
    }

    private static func isList(_ json: JSON?, _ counts: ClosedRange<Int>, _ isRight: (JSON) -> Bool) -> Bool {
        guard let elements = json?.array, counts.contains(elements.count) else { return false }
        return elements.allSatisfy(isRight)
    }

    private static func isText(_ json: JSON?, _ lengths: ClosedRange<Int>, _ types: Set<String> = ["plain_text", "mrkdwn"]) -> Bool {
        guard let text = json?["text"]?.string, types.contains(json?["type"]?.string ?? "") else { return false }
        return lengths.contains(text.utf16.count) && isEscaped(text)
    }

    /// Every `<` begins a link of http or a date, every `&` one of the three escapes.
    private static func isEscaped(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.allSatisfy { index in
            let rest = String(String.UnicodeScalarView(scalars[index...].prefix(8)))
            switch scalars[index] {
            case "<": return ["<http://", "<https:/", "<!date^"].contains { rest.utf8.starts(with: $0.utf8) }
            case "&": return ["&amp;", "&lt;", "&gt;"].contains { rest.utf8.starts(with: $0.utf8) }
            default: return true
            }
        }
    }

    private static func callsSomebody(_ text: String) -> Bool {
        ["<!channel", "<!here", "<!everyone", "<@", "<#", "<!subteam"].contains { text.has($0) }
    }
}
