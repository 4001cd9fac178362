import JSON

/// A webhook that is as strict as Discord's, after `integrations/chat.md` §3: errors as `{code, message}`. Stricter in one thing: a
/// message that could call somebody is refused.
public enum DiscordReceiver {
    /// On loopback, with a path as Discord's have it. `isForum`: of a channel that holds nothing but threads.
    public static func make(query: String = "", isForum: Bool = false) throws -> ScriptedReceiver {
        try ScriptedReceiver(path: "/api/webhooks/1111111111111111111/abcdEFGH-1234_wxyz", query: query) { request in
            guard request.header("user-agent")?.isEmpty == false else { return Receiver.Answer(status: 403, body: "error code: 1010") }
            guard request.method == "POST", request.header("content-type")?.hasPrefix("application/json") == true,
                let body = try? JSON(parsing: request.body)
            else { return error(400, 50_109, "The request body contains invalid JSON.") }
            if let complaint = complaint(about: body) { return complaint }
            let query = request.path.split(separator: "?").dropFirst().first.map(String.init) ?? ""
            if isForum, !query.has("thread_id="), body["thread_name"] == nil {
                return error(400, 220_001, "Webhooks posted to forum channels must have a thread_name or thread_id")
            }
            guard query.has("wait=true") else { return .status(204) }
            return Receiver.Answer(headers: [("Content-Type", "application/json")], body: #"{"id":"1","type":0}"#)
        }
    }

    /// As Discord says that a webhook was deleted.
    public static var unknownWebhook: Receiver.Answer { error(404, 10_015, "Unknown Webhook") }

    /// As Discord says that something is wrong.
    public static func error(_ status: Int, _ code: Int64, _ message: String) -> Receiver.Answer {
        let body: JSON = ["message": .string(message), "code": .integer(code)]
        return Receiver.Answer(status: status, headers: [("Content-Type", "application/json")], body: body.text)
    }

    /// As Discord limits a webhook for so many seconds.
    public static func limited(_ seconds: Double) -> Receiver.Answer {
        let body: JSON = ["message": "You are being rate limited.", "retry_after": .number(seconds), "global": false]
        return Receiver.Answer(
            status: 429, headers: [("Content-Type", "application/json"), ("Retry-After", String(Int(seconds.rounded(.up))))],
            body: body.text)
    }

    /// The answer that Discord would give; nil: it would take the message.
    public static func complaint(about body: JSON) -> Receiver.Answer? {
        let content = body["content"]?.string ?? ""
        let embeds = body["embeds"]?.array ?? []
        guard !isBlank(content) || !embeds.isEmpty else { return error(400, 50_006, "Cannot send an empty message") }
        let username = body["username"]?.string?.lowercased() ?? ""
        let isRight =
            content.utf16.count <= 2_000 && embeds.count <= 10 && username.utf16.count <= 80 && !username.has("clyde")
            && !username.has("discord") && body["allowed_mentions"]?["parse"]?.array == [] && embeds.allSatisfy(isRight)
            && embeds.reduce(0) { $0 + length(of: $1) } <= 6_000
            && (body["thread_name"]?.string.map { (1...100).contains($0.utf16.count) } ?? true)
        return isRight ? nil : error(400, 50_035, "Invalid Form Body")
    }

    private static func isRight(_ embed: JSON) -> Bool {
        func isShort(_ text: JSON?, _ limit: Int) -> Bool { text.map { ($0.string?.utf16.count ?? .max) <= limit } ?? true }
        let fields = embed["fields"]?.array ?? []
        let fieldsAreRight = fields.allSatisfy { field in
            let (name, value) = (field["name"]?.string ?? "", field["value"]?.string ?? "")
            return !isBlank(name) && !isBlank(value) && name.utf16.count <= 256 && value.utf16.count <= 1_024
        }
        let color = embed["color"].map { (0...0xFF_FFFF).contains($0.int ?? -1) } ?? true
        let url = embed["url"].map { $0.string?.hasPrefix("http") == true } ?? true
        return length(of: embed) > 0 && isShort(embed["title"], 256) && isShort(embed["description"], 4_096) && fields.count <= 25
            && fieldsAreRight && isShort(embed["footer"]?["text"], 2_048) && color && url
    }

    private static func length(of embed: JSON) -> Int {
        let texts = [embed["title"], embed["description"], embed["footer"]?["text"], embed["author"]?["name"]]
        let fields = (embed["fields"]?.array ?? []).flatMap { [$0["name"], $0["value"]] }
        return (texts + fields).reduce(0) { $0 + ($1?.string?.utf16.count ?? 0) }
    }

    private static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
