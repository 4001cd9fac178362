import Outbound

/// A channel's URL, looked at to see whose it is: by its host, letter by letter, and by the form of its path.
struct ChannelURL {
    private let url: TargetURL
    /// The host as it was written: no other port, no dot at its end. Nil: the URL is not `https`, or its host was written otherwise.
    private let host: String?

    /// Nil for what cannot be called at all.
    init?(_ text: String) {
        guard let url = try? TargetURL(text) else { return nil }
        self.url = url
        let authority = text.dropFirst("https://".count).prefix { !"/?#".contains($0) }.lowercased()
        host = url.scheme == .https && [url.hostText, url.hostText + ":443"].contains(authority) ? url.hostText : nil
    }

    private var path: String { String(url.target.prefix { $0 != "?" }) }

    // MARK: Slack

    private static let slackHosts: Set<String> = ["hooks.slack.com", "hooks.slack-gov.com"]

    var isSlackIncoming: Bool {
        guard let host, Self.slackHosts.contains(host) else { return false }
        return path.wholeMatch(of: #/\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]+/#) != nil
    }

    var isSlackWorkflow: Bool {
        guard let host, Self.slackHosts.contains(host) else { return false }
        return path.wholeMatch(of: #/\/triggers\/[TE][A-Z0-9]+\/[0-9]+\/[0-9a-f]+/#) != nil
            || path.wholeMatch(of: #/\/workflows\/T[A-Z0-9]+\/A[A-Z0-9]+\/.+/#) != nil
    }

    // MARK: Others

    private static let discordHosts: Set<String> = Set(
        ["discord.com", "discordapp.com"].flatMap { [$0, "canary." + $0, "ptb." + $0] })

    var isDiscord: Bool {
        guard let host, Self.discordHosts.contains(host) else { return false }
        return path.wholeMatch(of: #/\/api(\/v[0-9]+)?\/webhooks\/[0-9]+\/[A-Za-z0-9_-]+(\/slack|\/github)?/#) != nil
    }

    /// What Mattermost's own look like, on whatever host it runs; others' may look the same.
    var mayBeMattermost: Bool { path.wholeMatch(of: #/(\/.+)?\/hooks\/[a-z0-9]{26}/#) != nil }

    /// Why it cannot be used, and what to do instead; nil: nothing speaks against it.
    var refusal: (label: String, hint: String)? {
        guard let host else { return nil }
        let isTrigger = path.hasSuffix("/triggers/manual/paths/invoke")
        if host.hasSuffix(".environment.api.powerplatform.com"), path.hasPrefix("/powerautomate/"), isTrigger {
            return ("Microsoft Teams", Self.teams)
        }
        if host.wholeMatch(of: #/prod-[0-9]+\.[a-z0-9-]+\.logic\.azure\.com/#) != nil, path.hasPrefix("/workflows/"), isTrigger {
            return ("Microsoft Teams (old)", "URLs of this kind stopped working on 30 November 2025. " + Self.teams)
        }
        if host.hasSuffix(".webhook.office.com") || host == "outlook.office.com" && path.hasPrefix("/webhook/") {
            return ("Microsoft Teams (old)", "Microsoft has retired this kind of connector. " + Self.teams)
        }
        if host == "chat.googleapis.com", path.wholeMatch(of: #/\/v1\/spaces\/[^\/]+\/messages/#) != nil {
            return (
                "Google Chat",
                "Prikke cannot write to Google Chat. Use an e-mail channel, or a signed webhook to a program of yours that posts to the space."
            )
        }
        return nil
    }

    private static let teams =
        "Prikke cannot write to Teams by URL. In Teams, open the channel's menu, choose “Get email address”, and make an e-mail channel with it."

    // MARK: Shown

    /// The host, and the last four characters where they are not much of the secret.
    var masked: String {
        let isUsual = url.port == (url.scheme == .https ? 443 : 80)
        return url.hostText + (isUsual ? "" : ":\(url.port)") + "…" + (url.target.utf8.count > 8 ? url.target.suffix(4) : "")
    }
}
