import JSON
import Outbound
import Postgres
import Tenancy

/// A webhook of Slack's, or of a program that takes the same messages.
struct SlackChannel: ChannelKind {
    static let kind = "slack"
    static let label = "Slack"
    static let fields = [
        GuardedPost.field(
            help:
                "An incoming webhook or a workflow's trigger of Slack's, or a webhook of Mattermost or others that take Slack's messages.",
            example: "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX")
    ]

    private let post: GuardedPost

    init(_ post: GuardedPost) { self.post = post }

    func recognises(_ url: String) -> Bool { ChannelURL(url).map { $0.isSlackIncoming || $0.isSlackWorkflow } ?? false }

    func check(_ settings: JSON) -> [FieldError] { post.check(settings) }

    /// In the shape that the URL's path asks for; once more as a plain text, where it was refused with 400.
    func deliver(_ message: AlertMessage, id: ID<Delivery>, settings: JSON, signingSecrets: [[UInt8]], of organization: ID<Organization>)
        async throws(DeliveryFailure) -> DeliveryAnswer
    {
        let (url, began) = (try post.url(settings["url"]?.string ?? ""), ContinuousClock.now)
        let shape = SlackMessage.Shape(path: url.target)
        var response = try await post.send(SlackMessage.body(message, shape).bytes(), to: url, of: organization, since: began)
        if response.status == 400, let plain = SlackMessage.plainBody(message, shape) {
            response = try await post.send(plain.bytes(), to: url, of: organization, since: began)
        }
        return try GuardedPost.judge(response, gone: [403, 404, 410], refusing: true)
    }
}
