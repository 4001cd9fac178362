import JSON
import Outbound
import Postgres
import Tenancy

/// A webhook of Discord's.
struct DiscordChannel: ChannelKind {
    static let kind = "discord"
    static let label = "Discord"
    static let fields = [
        GuardedPost.field(
            help:
                "From the channel's settings in Discord: Integrations, Webhooks, Copy Webhook URL. Add ?thread_id=… to write to one thread.",
            example: "https://discord.com/api/webhooks/1111111111111111111/XXXXXXXXXXXXXXXX")
    ]

    private let post: GuardedPost

    init(_ post: GuardedPost) { self.post = post }

    func recognises(_ url: String) -> Bool { ChannelURL(url)?.isDiscord ?? false }

    func check(_ settings: JSON) -> [FieldError] { post.check(settings) }

    /// As an embed; once more as a new thread, where the channel holds nothing but those (220001), or as a plain text, where it was
    /// refused with another 400.
    func deliver(_ message: AlertMessage, id: ID<Delivery>, settings: JSON, signingSecrets: [[UInt8]], of organization: ID<Organization>)
        async throws(DeliveryFailure) -> DeliveryAnswer
    {
        let (url, began) = (try post.url(Self.called(settings["url"]?.string ?? "")), ContinuousClock.now)
        var response = try await post.send(DiscordMessage.body(message).bytes(), to: url, of: organization, since: began)
        if response.status == 400 {
            let needsThread = (try? JSON(parsing: response.body))?["code"]?.int == 220_001
            let second = needsThread ? DiscordMessage.threadBody(message) : DiscordMessage.plainBody(message)
            response = try await post.send(second.bytes(), to: url, of: organization, since: began)
        }
        // Discord blocks whole addresses for too many of the first three, so they end it at once.
        return try GuardedPost.judge(response, gone: [401, 403, 404, 410], refusing: true)
    }

    /// The URL to call for one that was pasted: with `wait`, so that an answer says whether there is a message, and without the suffix
    /// that asks for another's shape. One of Discord's own is called by its present host and version, and keeps nothing but its thread.
    static func called(_ text: String) -> String {
        guard let url = try? TargetURL(text) else { return text }
        let pieces = url.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path = String(pieces[0])
        var items = pieces.count > 1 ? pieces[1].split(separator: "&").filter { !$0.hasPrefix("wait=") } : []
        for suffix in ["/slack", "/github"] where path.contains("/webhooks/") && path.hasSuffix(suffix) {
            path.removeLast(suffix.count)
        }
        var origin = String(url.text.dropLast(url.target.count))
        if ChannelURL(text)?.isDiscord == true {
            origin = "https://discord.com"
            path = "/api/v10" + path[(path.firstRange(of: "/webhooks/")?.lowerBound ?? path.startIndex)...]
            items = items.filter { $0.hasPrefix("thread_id=") }
        }
        return origin + path + "?" + (["wait=true"] + items).joined(separator: "&")
    }
}
