import JSON
import TestSupport
import Testing

@testable import Scheduling

/// What Slack, its workflows and those who speak as it does are sent.
struct SlackMessageTests {
    private static func body(_ message: AlertMessage, _ shape: SlackMessage.Shape = .blocks) -> JSON { SlackMessage.body(message, shape) }

    @Test func aFailureIsALineAboveABarOfColour() {
        let title: JSON = "Export &lt;EU&gt; failed"
        let expected: JSON = [
            "text": title,
            "attachments": [
                [
                    "color": "#D92D20", "fallback": title,
                    "blocks": [
                        [
                            "type": "section",
                            "text": ["type": "plain_text", "text": "The target answered 503, three times in a row.", "emoji": false],
                        ],
                        [
                            "type": "section",
                            "fields": [
                                ["type": "mrkdwn", "text": "*Job*\nNightly export", "verbatim": true],
                                ["type": "mrkdwn", "text": "*Took*\n3.2 s", "verbatim": true],
                            ],
                        ],
                        ["type": "section", "text": ["type": "mrkdwn", "text": "```\nline 1\nline 2\n```", "verbatim": true]],
                        [
                            "type": "section",
                            "text": ["type": "mrkdwn", "text": "<https://app.prikke.example/e/1|Open the execution>", "verbatim": true],
                        ],
                        [
                            "type": "context",
                            "elements": [
                                [
                                    "type": "mrkdwn", "text": "<!date^1790000000^{date_short} {time}|2026-09-21 14:13 UTC> · Prikke",
                                    "verbatim": true,
                                ]
                            ],
                        ],
                    ],
                ]
            ],
        ]
        #expect(Self.body(Kinds.message(title: "Export <EU> failed")) == expected)
    }

    @Test(arguments: [
        ("incident.opened", AlertMessage.Tone.bad, "#D92D20"), ("incident.continued", .bad, "#D92D20"),
        ("incident.recovered", .good, "#067647"),
        ("incidents.digest", .warning, "#B54708"), ("notice.usage_80", .warning, "#B54708"), ("test", .neutral, "#475467"),
    ]) func everyEventIsTakenByAStrictReceiver(_ event: String, _ tone: AlertMessage.Tone, _ color: String) {
        let body = Self.body(Kinds.message(event, tone, paragraphs: [], facts: [], output: nil))
        #expect(body["attachments"]?.array?.first?["color"]?.string == color && SlackReceiver.complaint(about: body) == nil)
    }

    @Test func aWorkflowIsStartedWithTextsAlone() {
        let expected: JSON = [
            "title": "Nightly export failed",
            "text": "The target answered 503, three times in a row.\nJob: Nightly export\nTook: 3.2 s\nline 1\nline 2", "status": "bad",
            "event": "incident.opened", "url": "https://app.prikke.example/e/1",
        ]
        #expect(Self.body(Kinds.message(), .workflow) == expected)
        #expect(Self.body(Kinds.message(paragraphs: [], facts: [], output: nil), .workflow)["text"] == "Nightly export failed")
    }

    @Test func mattermostIsSentAnAttachmentOfTheOlderShape() {
        let expected: JSON = [
            "text": "Nightly export failed", "username": "Prikke",
            "attachments": [
                [
                    "color": "#D92D20", "fallback": "Nightly export failed", "title": "Open the execution",
                    "title_link": "https://app.prikke.example/e/1",
                    "text": "The target answered 503, three times in a row.\n```\nline 1\nline 2\n```",
                    "fields": [
                        ["title": "Job", "value": "Nightly export", "short": true], ["title": "Took", "value": "3.2 s", "short": true],
                    ],
                    "footer": "Prikke", "ts": 1_790_000_000,
                ]
            ],
        ]
        #expect(Self.body(Kinds.message(), .classic) == expected)
    }

    @Test(arguments: [
        ("/services/T1/B1/x", SlackMessage.Shape.blocks), ("/triggers/T1/1/a", .workflow), ("/workflows/T1/A1/x", .workflow),
        ("/hooks/abc", .classic), ("/", .classic),
    ]) func thePathSaysWhichShape(_ path: String, _ shape: SlackMessage.Shape) {
        #expect(SlackMessage.Shape(path: path) == shape)
    }

    private static func block(_ index: Int, _ body: JSON) -> JSON? { body["attachments"]?.array?.first?["blocks"]?.array?[index] }

    @Test(arguments: [
        LimitedPart(name: "text", limit: 300) {
            Kinds.message(title: $0)
        } found: {
            $0["text"]?.string
        },
        LimitedPart(name: "paragraphs", limit: 2_700) {
            Kinds.message(paragraphs: [$0])
        } found: {
            block(0, $0)?["text"]?["text"]?.string
        },
        LimitedPart(name: "label", limit: 200) {
            Kinds.message(facts: [.init($0, "v")])
        } found: {
            block(1, $0)?["fields"]?.array?.first?["text"]?.string.map { String($0.dropFirst().dropLast(3)) }
        },
        LimitedPart(name: "value", limit: 1_580) {
            Kinds.message(facts: [.init("l", $0)])
        } found: {
            block(1, $0)?["fields"]?.array?.first?["text"]?.string.map { String($0.dropFirst(4)) }
        },
    ]) func eachLimitHoldsToTheCharacter(_ part: LimitedPart) {
        let fits = String(repeating: "&", count: part.limit / 5) + String(repeating: "x", count: part.limit % 5)
        let written = fits.replacing("&", with: "&amp;")
        #expect(part.found(Self.body(part.message(fits))) == written)
        let over = part.found(Self.body(part.message("x" + fits)))
        #expect(over?.hasSuffix("…") == true && (part.limit - 5...part.limit).contains(over?.utf16.count ?? 0))
        let plain = part.found(Self.body(part.message(String(repeating: "x", count: part.limit + 1))))
        #expect(plain == String(repeating: "x", count: part.limit - 1) + "…")
    }

    @Test func ofLongOutputTheEndIsShown() {
        let fits = String(repeating: "x", count: 2_692)
        #expect(Self.block(2, Self.body(Kinds.message(output: fits)))?["text"]?["text"]?.string == "```\n\(fits)\n```")
        #expect(Self.block(2, Self.body(Kinds.message(output: "a" + fits)))?["text"]?["text"]?.string == "```\n…\(fits.dropFirst())\n```")
    }

    @Test func tenFactsAreASectionAndFortyAreShown() {
        let facts = (0..<60).map { AlertMessage.Fact("Fact \($0)", "") }
        let body = Self.body(Kinds.message(facts: facts))
        let sections = body["attachments"]?.array?.first?["blocks"]?.array?.compactMap { $0["fields"]?.array }
        #expect(sections?.map(\.count) == [10, 10, 10, 10] && sections?.first?.first?["text"] == "*Fact 0*\n–")
        #expect(SlackReceiver.complaint(about: body) == nil)
    }

    @Test(arguments: Kinds.nasty) func nothingThatPeopleWriteIsRefusedOrCallsAnybody(_ text: String) {
        let facts = (0..<3).map { _ in AlertMessage.Fact(text, text) }
        let message = Kinds.message(title: text, paragraphs: [text, text], facts: facts, output: text, action: text)
        for shape in [SlackMessage.Shape.blocks, .classic] {
            #expect(SlackReceiver.complaint(about: Self.body(message, shape)) == nil)
            let plain = SlackMessage.plainBody(message, shape)
            #expect(plain.flatMap(SlackReceiver.complaint) == nil)
        }
        let classic = Self.body(message, .classic)["attachments"]?.text ?? ""
        #expect(classic.utf16.count < 7_900 && !classic.has("@everyone") && !classic.has("]("))
        #expect(Self.body(message, .workflow).object?.allSatisfy { $0.value.string?.isEmpty == false } == true)
    }
}
