import JSON
import TestSupport
import Testing

@testable import Scheduling

/// What Discord is sent.
struct DiscordMessageTests {
    private static func embed(_ message: AlertMessage) -> JSON? { DiscordMessage.body(message)["embeds"]?.array?.first }

    @Test func aFailureIsOneEmbedThatCallsNobody() {
        let expected: JSON = [
            "username": "Prikke", "allowed_mentions": ["parse": []], "content": "",
            "embeds": [
                [
                    "title": "nightly\\_export failed", "url": "https://app.prikke.example/e/1",
                    "description": "The target answered 503, three times in a row.\n```\nline 1\nline_2\n```", "color": 14_232_864,
                    "timestamp": "2026-09-21T14:13:20.123Z",
                    "fields": [
                        ["name": "Job", "value": "Nightly export", "inline": true], ["name": "Took", "value": "3.2 s", "inline": true],
                    ],
                    "footer": ["text": "Prikke"],
                ]
            ],
        ]
        #expect(DiscordMessage.body(Kinds.message(title: "nightly_export failed", output: "line 1\nline_2")) == expected)
    }

    @Test(arguments: [
        ("incident.opened", AlertMessage.Tone.bad, 0xD92D20), ("incident.recovered", .good, 0x067647),
        ("incidents.digest", .warning, 0xB54708),
        ("test", .neutral, 0x475467),
    ]) func everyEventIsTakenByAStrictReceiver(_ event: String, _ tone: AlertMessage.Tone, _ color: Int64) {
        let message = Kinds.message(event, tone, paragraphs: [], facts: [], output: nil)
        #expect(
            Self.embed(message)?["color"]?.int == color && Self.embed(message)?["description"] == nil
                && Self.embed(message)?["fields"] == nil)
        #expect(DiscordReceiver.complaint(about: DiscordMessage.body(message)) == nil)
    }

    @Test(arguments: [
        LimitedPart(name: "title", limit: 230) {
            Kinds.message(title: $0)
        } found: {
            $0["title"]?.string
        },
        .init(name: "paragraphs", limit: 1_800) {
            Kinds.message(paragraphs: [$0], output: nil)
        } found: {
            $0["description"]?.string
        },
        .init(name: "name", limit: 200) {
            Kinds.message(facts: [.init($0, "v")])
        } found: {
            $0["fields"]?.array?.first?["name"]?.string
        },
        .init(name: "value", limit: 920) {
            Kinds.message(facts: [.init("l", $0)])
        } found: {
            $0["fields"]?.array?.first?["value"]?.string
        },
    ]) func eachLimitHoldsToTheCharacter(_ part: LimitedPart) {
        let fits = String(repeating: "*", count: part.limit / 2)
        #expect(Self.embed(part.message(fits)).flatMap(part.found) == fits.replacing("*", with: "\\*"))
        let over = Self.embed(part.message("x" + fits)).flatMap(part.found)
        #expect(over == "x" + String(repeating: "\\*", count: part.limit / 2 - 1) + "…")
    }

    @Test func ofLongOutputTheEndIsShown() {
        let fits = String(repeating: "x", count: 1_800)
        #expect(Self.embed(Kinds.message(paragraphs: [], output: fits))?["description"]?.string == "```\n\(fits)\n```")
        #expect(Self.embed(Kinds.message(paragraphs: [], output: "a" + fits))?["description"]?.string == "```\n…\(fits.dropFirst())\n```")
    }

    @Test func allTogetherStayWithinDiscordsSum() {
        let long = String(repeating: "*", count: 10_000)
        let facts = (0..<40).map { _ in AlertMessage.Fact(long, long) }
        let message = Kinds.message(title: long, paragraphs: [long], facts: facts, output: long)
        #expect(DiscordReceiver.complaint(about: DiscordMessage.body(message)) == nil)
        let few = Kinds.message(facts: (0..<40).map { AlertMessage.Fact("Fact \($0)", "") })
        #expect(Self.embed(few)?["fields"]?.array?.count == 25 && Self.embed(few)?["fields"]?.array?.first?["value"] == "–")
        #expect(DiscordReceiver.complaint(about: DiscordMessage.body(few)) == nil)
    }

    @Test(arguments: Kinds.nasty) func nothingThatPeopleWriteIsRefusedOrCallsAnybody(_ text: String) {
        let facts = (0..<3).map { _ in AlertMessage.Fact(text, text) }
        let message = Kinds.message(title: text, paragraphs: [text, text], facts: facts, output: text, action: text)
        for body in [DiscordMessage.body(message), DiscordMessage.threadBody(message), DiscordMessage.plainBody(message)] {
            #expect(DiscordReceiver.complaint(about: body) == nil)
            #expect(body["allowed_mentions"] == ["parse": []])
        }
    }
}
