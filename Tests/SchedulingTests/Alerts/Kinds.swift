import EventLoop
import JSON
import Outbound
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// The kinds as the program has them, with loopback opened.
enum Kinds {
    private static let loop = EventLoop(name: "test-channels")
    private static let policy = AddressPolicy(allowedNetworks: ["127.0.0.0/8"].compactMap(IPNetwork.init))
    private static let client = OutboundClient(
        policy: policy, settings: OutboundSettings(userAgent: "Prikke/test"), on: loop, logger: silence)
    static let all = ChannelKinds(client: client, policy: policy, userAgent: "Prikke/test")
    /// As in production: no network is open.
    static let closed = ChannelKinds(client: client, policy: AddressPolicy(), userAgent: "Prikke/test")

    static let delivery = ID<Delivery>(at: Timestamp(seconds: 1_790_000_000))
    static let secret: [UInt8] = Array("a secret of thirty-two bytes ....".utf8)

    /// Delivers to a receiver, and says how it ended.
    static func deliver(
        _ message: AlertMessage = message(), as kind: String, to url: String, secrets: [[UInt8]] = [secret]
    ) async -> Result<DeliveryAnswer, DeliveryFailure> {
        guard let channel = all[kind] else { return .failure(DeliveryFailure(.refused, "There is no such kind.")) }
        do throws(DeliveryFailure) {
            return .success(
                try await channel.deliver(
                    message, id: delivery, settings: ["url": .string(url)], signingSecrets: secrets, of: ID<Organization>(at: .now())))
        } catch {
            return .failure(error)
        }
    }

    static func message(
        _ event: String = "incident.opened", _ tone: AlertMessage.Tone = .bad, title: String = "Nightly export failed",
        paragraphs: [String] = ["The target answered 503, three times in a row."],
        facts: [AlertMessage.Fact] = [.init("Job", "Nightly export"), .init("Took", "3.2 s")], output: String? = "line 1\nline 2",
        action: String = "Open the execution", url: String = "https://app.prikke.example/e/1", data: JSON = ["incident": "inc_1"]
    ) -> AlertMessage {
        AlertMessage(
            event: event, tone: tone, title: title, paragraphs: paragraphs, facts: facts, output: output, action: action, url: url,
            happenedAt: Timestamp(microseconds: 1_790_000_000_123_456), data: data)
    }

    /// What no form may fall over.
    static let nasty = [
        String(repeating: "x", count: 10_000), String(repeating: "👨‍👩‍👧‍👦", count: 400), String(repeating: "&<>", count: 1_000),
        "<!channel> <!here> <@U1> <#C1> <https://evil.example|click>", "<\u{301}!channel> <!channel\u{301}>", "@everyone @here <@1> <@&2>",
        "[click](https://evil.example) https://evil.example", "`a` ``b`` ```c``` ````d", "``\u{0}`x", "```\u{301}",
        "\u{202E}gnp.exe\u{202C} \u{2066}x",
        "a\r\nb\rc\u{2028}d\u{85}e", "\u{0}\u{1}\u{7F}", "", "   \t ", "\u{200B}\u{FEFF}",
        "Z" + String(repeating: "\u{301}", count: 3_000),
        String(repeating: "👨\u{200D}", count: 1_500), String(repeating: "\u{1100}", count: 2_000), "مرحبا بالعالم", "*b* _i_ ~s~ | > # -",
        String(repeating: "*_~`", count: 1_000), "\u{FFFE}\u{10FFFF}", "\\\\\"quoted\"",
    ]
}

/// A text of so many characters, its message, and where it is found again.
struct LimitedPart: Sendable, CustomTestStringConvertible {
    let name: String
    let limit: Int
    let message: @Sendable (String) -> AlertMessage
    let found: @Sendable (JSON) -> String?
    var testDescription: String { name }
}
