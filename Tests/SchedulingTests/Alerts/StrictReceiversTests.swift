import JSON
import TestSupport
import Testing

/// The receivers that the kinds are held against refuse what the vendors refuse.
struct StrictReceiversTests {
    private static func x(_ count: Int) -> JSON { .string(String(repeating: "x", count: count)) }

    private static func slack(_ blocks: [JSON]) -> String? {
        SlackReceiver.complaint(about: ["text": "a", "attachments": [["fallback": "a", "blocks": .array(blocks)]]])
    }

    private static func section(_ text: JSON) -> JSON { ["type": "section", "text": ["type": "mrkdwn", "text": text]] }

    @Test func slackRefusesWhatIsOneTooMany() {
        func fields(_ count: Int, _ text: JSON) -> JSON {
            ["type": "section", "fields": .array((0..<count).map { _ in ["type": "mrkdwn", "text": text] })]
        }
        func header(_ count: Int) -> JSON { ["type": "header", "text": ["type": "plain_text", "text": Self.x(count)]] }
        let right: [JSON] = [
            header(150), Self.section(Self.x(3_000)), fields(10, Self.x(2_000)), Self.section("<https://a.example|b> &amp;"),
        ]
        #expect(Self.slack(right) == nil && Self.slack((0..<50).map { _ in header(1) }) == nil)
        let wrong: [JSON] = [
            header(151), Self.section(Self.x(3_001)), Self.section(""), fields(11, "x"), fields(1, Self.x(2_001)), fields(0, "x"),
            Self.section("a < b"), Self.section("a & b"), Self.section("<\u{301}!channel>"), ["type": "button"], ["type": "section"],
        ]
        #expect(wrong.allSatisfy { Self.slack([$0]) == "invalid_blocks" })
        #expect(Self.slack((0..<51).map { _ in header(1) }) == "invalid_blocks" && Self.slack([]) == "invalid_blocks")
        #expect(SlackReceiver.complaint(about: [:]) == "no_text" && SlackReceiver.complaint(about: []) == "invalid_payload")
        #expect(SlackReceiver.complaint(about: ["text": "<!channel>"]) == "mention")
    }

    @Test func discordRefusesWhatIsOneTooMany() {
        func isTaken(_ members: JSONObject) -> Bool {
            var body: JSONObject = ["allowed_mentions": ["parse": []]]
            for (name, value) in members { body[name] = value }
            return DiscordReceiver.complaint(about: .object(body)) == nil
        }
        func embed(_ members: JSONObject) -> JSONObject { ["embeds": [.object(members)]] }
        func field(_ name: JSON, _ value: JSON) -> JSON { ["name": name, "value": value] }
        func sum(_ footer: Int) -> JSONObject { embed(["description": Self.x(4_000), "footer": ["text": Self.x(footer)]]) }
        let right: [JSONObject] = [
            ["content": Self.x(2_000)], ["content": "a", "username": Self.x(80)], embed(["title": Self.x(256)]),
            embed(["description": Self.x(4_096)]), embed(["fields": [field(Self.x(256), Self.x(1_024))]]), sum(2_000),
        ]
        #expect(right.allSatisfy(isTaken))
        let wrong: [JSONObject] = [
            [:], ["content": "  "], ["content": Self.x(2_001)], ["content": "a", "username": "My Discord"],
            ["content": "a", "allowed_mentions": [:]], ["content": "a", "allowed_mentions": ["parse": ["everyone"]]],
            embed(["title": Self.x(257)]), embed(["description": Self.x(4_097)]), embed([:]), embed(["fields": [field("a", " ")]]),
            embed(["fields": [field("", "a")]]), embed(["fields": [field("a", Self.x(1_025))]]), sum(2_001),
            embed(["fields": .array((0..<26).map { _ in field("a", "b") })]), embed(["title": "a", "url": "javascript:"]),
        ]
        #expect(!wrong.contains(where: isTaken))
    }
}
