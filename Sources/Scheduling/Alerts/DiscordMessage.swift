import JSON
import Time

/// A message as Discord's webhooks take it: one embed. All limits are Discord's, of which we stay ten percent below, counted in UTF-16
/// units after escaping.
enum DiscordMessage {
    // Discord: 256.
    static let longestTitle = 230
    // Discord: 4,096 for both together.
    static let longestParagraphs = 1_800
    static let longestOutput = 1_800
    // Discord: 25 fields, names of 256, values of 1,024, neither empty.
    static let mostFields = 25
    static let longestName = 200
    static let longestValue = 920
    // Discord: 6,000 in all embeds of a message.
    static let longestInAll = 5_400
    // Discord: 2,000.
    static let longestContent = 1_800
    // Discord: 100.
    static let longestThread = 90

    static func body(_ message: AlertMessage) -> JSON { envelope(["content": "", "embeds": [embed(message)]]) }

    /// The same for a channel that holds nothing but threads: it opens one.
    static func threadBody(_ message: AlertMessage) -> JSON {
        body(message).setting(.string(ChatText.part(message.title, longestThread, .plain)), at: ConfigPath("thread_name"))
    }

    /// For where the other was refused.
    static func plainBody(_ message: AlertMessage) -> JSON {
        let link = message.url.utf16.count <= 1_000 ? "\n<\(message.url)>" : ""
        return envelope(["content": .string(ChatText.part(message.title, 700, .discord) + link)])
    }

    /// Nobody is called, whatever a name says.
    private static func envelope(_ members: JSONObject) -> JSON {
        var all: JSONObject = ["username": "Prikke", "allowed_mentions": ["parse": []]]
        for (name, value) in members { all[name] = value }
        return .object(all)
    }

    private static func embed(_ message: AlertMessage) -> JSON {
        let footer = "Prikke"
        var room = longestInAll - footer.utf16.count
        let title = ChatText.part(message.title, longestTitle, .discord)
        room -= title.utf16.count
        let words = message.paragraphs.map(ChatText.line).filter { !$0.isEmpty }.joined(separator: "\n")
        var description = ChatText.beginning(words, longestParagraphs, .discord)
        room -= description.utf16.count
        var fields: [JSON] = []
        for fact in message.facts.prefix(mostFields) where room > 2 * longestName {
            let name = ChatText.part(fact.label, longestName, .discord)
            let value = ChatText.part(fact.value, min(longestValue, room - longestName), .discord)
            room -= name.utf16.count + value.utf16.count
            fields.append(["name": .string(name), "value": .string(value), "inline": .bool(value.utf16.count <= 40)])
        }
        let output = ChatText.lines(message.output ?? "")
        if !output.isEmpty, room > 40 {
            let end = ChatText.end(output, min(longestOutput, room - 12), .plain)
            description += (description.isEmpty ? "" : "\n") + "```\n" + end + "\n```"
        }
        var embed: JSONObject = ["title": .string(title)]
        if message.url.utf8.count <= 2_000 { embed["url"] = .string(message.url) }
        if !description.isEmpty { embed["description"] = .string(description) }
        embed["color"] = .integer(color(message.tone))
        embed["timestamp"] = .string(message.happenedAt.milliseconds)
        if !fields.isEmpty { embed["fields"] = .array(fields) }
        embed["footer"] = ["text": .string(footer)]
        return .object(embed)
    }

    private static func color(_ tone: AlertMessage.Tone) -> Int64 { Int64(SlackMessage.color(tone).dropFirst(), radix: 16) ?? 0 }
}
