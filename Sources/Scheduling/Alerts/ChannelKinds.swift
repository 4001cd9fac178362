import JSON
import Outbound

/// The kinds of channel that are called by a URL.
public struct ChannelKinds: Sendable {
    /// What a URL looks like, to be shown to whoever typed it; the choice of a kind stays theirs.
    public struct Recognition: Sendable, Equatable {
        /// The kind to suggest; nil: the URL can be no channel's.
        public let kind: String?
        /// Whose URL it is, for people: “Slack workflow”.
        public let label: String
        /// What to know about it, or to do instead; nil: nothing.
        public let hint: String?
        /// False: another kind would be as possible.
        public let isCertain: Bool
    }

    private let kinds: [(kind: String, label: String, fields: [Field], channel: any ChannelKind)]

    /// To add a kind, add it to the list that the program passes here.
    init(_ kinds: [any ChannelKind]) {
        self.kinds = kinds.map { (type(of: $0).kind, type(of: $0).label, type(of: $0).fields, $0) }
    }

    /// All there are. They call through `client`; `policy` is what the client keeps, asked here when a channel is saved. `userAgent`
    /// names us.
    public init(client: OutboundClient, policy: AddressPolicy, userAgent: String) {
        let post = GuardedPost(client: client, policy: policy, userAgent: userAgent)
        self.init([WebhookChannel(post), SlackChannel(post), DiscordChannel(post)])
    }

    /// The words of the kinds, the most general first.
    public var words: [String] { kinds.map(\.kind) }

    /// What people call a kind; nil: there is none of that name.
    public func label(of kind: String) -> String? { kinds.first { $0.kind == kind }?.label }

    /// The members of a kind's settings; nil: there is none of that name.
    public func fields(of kind: String) -> [Field]? { kinds.first { $0.kind == kind }?.fields }

    /// The kind of that name, to check settings and to deliver.
    public subscript(kind: String) -> (any ChannelKind)? { kinds.first { $0.kind == kind }?.channel }

    /// What `url` looks like; a signed webhook, where nothing else does. Calls nobody.
    public func recognise(_ url: String) -> Recognition {
        guard let parsed = ChannelURL(url) else { return Self.webhook }
        if let (label, hint) = parsed.refusal { return Recognition(kind: nil, label: label, hint: hint, isCertain: true) }
        if parsed.isSlackWorkflow {
            return Recognition(kind: SlackChannel.kind, label: "Slack workflow", hint: SlackMessage.workflowHint, isCertain: true)
        }
        if let found = kinds.first(where: { $0.channel.recognises(url) }) {
            return Recognition(kind: found.kind, label: found.label, hint: nil, isCertain: true)
        }
        if parsed.mayBeMattermost {
            return Recognition(kind: SlackChannel.kind, label: "Mattermost", hint: Self.mattermost, isCertain: false)
        }
        return Self.webhook
    }

    /// What may be shown of a channel's URL: `hooks.slack.com…wxyz`.
    public static func masked(_ url: String) -> String { ChannelURL(url)?.masked ?? "…" }

    private static let webhook = Recognition(kind: WebhookChannel.kind, label: WebhookChannel.label, hint: nil, isCertain: false)

    private static let mattermost =
        "This looks like Mattermost, which takes Slack's messages. If it is not, choose Signed webhook. Prikke calls public addresses only."
}
