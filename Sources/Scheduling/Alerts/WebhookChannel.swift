import JSON
import Outbound
import Postgres
import Tenancy
import Time

/// A URL of the organization's own, called as Standard Webhooks say, with the signature that its jobs have.
struct WebhookChannel: ChannelKind {
    static let kind = "webhook"
    static let label = "Signed webhook"
    static let fields = [
        GuardedPost.field(
            help: "Gets a POST with type, timestamp and data, signed as Standard Webhooks say, with your signing secret.",
            example: "https://ops.example.com/prikke-alerts")
    ]

    /// The specification wants bodies of less than 20 kB.
    static let mostBytes = 19_999

    private let post: GuardedPost

    init(_ post: GuardedPost) { self.post = post }

    /// Never: any URL may be one.
    func recognises(_ url: String) -> Bool { false }

    func check(_ settings: JSON) -> [FieldError] { post.check(settings) }

    /// 2xx is success. 410 is gone, and everything else is tried again, as the specification has it.
    func deliver(_ message: AlertMessage, id: ID<Delivery>, settings: JSON, signingSecrets: [[UInt8]], of organization: ID<Organization>)
        async throws(DeliveryFailure) -> DeliveryAnswer
    {
        let url = try post.url(settings["url"]?.string ?? "")
        let body = Self.body(of: message)
        let headers = Self.headers(id: id, body: body, secrets: signingSecrets, seconds: Timestamp.now().seconds)
        let response = try await post.send(body, headers, to: url, of: organization, since: .now)
        return try GuardedPost.judge(response, gone: [410], refusing: false)
    }

    /// The same at each try of a message, byte for byte.
    static func body(of message: AlertMessage) -> [UInt8] {
        func body(_ data: JSON) -> [UInt8] {
            let body: JSON = ["type": .string(message.event), "timestamp": .string(message.happenedAt.milliseconds), "data": data]
            return body.bytes()
        }
        var bytes = body(message.data)
        for (texts, lists) in [(2_000, 100), (500, 50), (100, 10)] where bytes.count > mostBytes {
            bytes = body(message.data.shortened(texts: texts, lists: lists).setting(true, at: ConfigPath("shortened")))
        }
        guard bytes.count > mostBytes else { return bytes }
        let title = ChatText.beginning(message.title, 500, .plain)
        return body(["title": .string(title), "url": .string(message.url), "shortened": true])
    }

    static func headers(id: ID<Delivery>, body: [UInt8], secrets: [[UInt8]], seconds: Int64) -> [(name: String, value: String)] {
        let headers = [("webhook-id", id.text), ("webhook-timestamp", String(seconds))]
        guard let signature = try? WebhookSignature(keys: secrets) else { return headers }
        return headers + [("webhook-signature", signature.sign(id: id.text, timestamp: seconds, body: body))]
    }
}

extension Timestamp {
    /// As Standard Webhooks and Discord write it: `2026-11-22T20:45:46.123Z`.
    var milliseconds: String { String(rfc3339.dropLast(4)) + "Z" }
}

extension JSON {
    /// The same with every text and every list cut to so many characters and elements.
    fileprivate func shortened(texts: Int, lists: Int) -> JSON {
        switch self {
        case .string(let text): .string(ChatText.beginning(text, texts, .plain))
        case .array(let elements): .array(elements.prefix(lists).map { $0.shortened(texts: texts, lists: lists) })
        case .object(let members): .object(JSONObject(members.map { ($0.key, $0.value.shortened(texts: texts, lists: lists)) }))
        default: self
        }
    }
}
