import JSON
import Scheduling
import Time

/// One channel: what went there, how it is set, and trying it. (The stored names are long because a template knows no name at two
/// depths.)
struct ChannelPage: Page {
    static let template = "channel"
    static let fragments: Set = ["channellive"]

    struct Link: Sendable { let linkText, linkPath: String }

    /// One message.
    struct Row: Sendable {
        let rowID: String
        let rowMark: String
        let rowWord: String
        let isBad: Bool
        let rowTitle: String
        let rowEvent: String
        let rowError: String
        let hasError: Bool
        let rowTime: [Moment]
        let attempts: [Attempt]
        let hasAttempts: Bool
        let attemptsLabel: String
        let incidentLinks: [Link]
        let rowActs: [PostButton]
    }

    /// One try of it.
    struct Attempt: Sendable { let attemptLine: String }

    let title: String
    let livePath: String
    let listPath: String
    let name: String
    let channelMark: String
    let channelWord: String
    let isTroubled: Bool
    let kindLabel: String
    let shown: String
    let news: String
    let notes: [JobNote]
    let acts: [PostButton]
    let rows: [Row]
    let hasRows: Bool
    /// One each, or none.
    let newest: [Link]
    let older: [Link]
    let settings: [Form]
    let mayChange: Bool
    let deletionPath: String
}

extension ChannelPage {
    /// What is read for it.
    struct Content: Sendable {
        let standing: ChannelStanding
        let deliveries: [Delivery]
        let attempts: [Delivery.Identifier: [Delivery.Attempt]]
        let next: String?
        let isFirst: Bool
        /// Addresses that mail is stopped to.
        var stopped: [String] = []
    }

    init(_ content: Content, settings form: Form, _ frame: AlertFrame) {
        let channel = content.standing.channel
        let path = Paths.filled(Paths.channel, frame.slug, channel.id.text)
        title = "\(channel.name) · Channels · \(frame.organization)"
        livePath = Fragments.path("channellive", of: frame.viewer.place == Paths.landing ? path : frame.viewer.place)
        listPath = Paths.filled(Paths.channels, frame.slug)
        (name, kindLabel, shown) = (channel.name, content.standing.label, channel.shown)
        (channelMark, channelWord, isTroubled) = (channel.state.mark.svg, channel.state.word, channel.state == .switchedOff)
        let latest = content.isFirst ? content.deliveries.first : nil
        news = "\(channel.name): \(channel.state.word)." + (latest.map { " \($0.eventWord) \($0.status.word.lowercased())." } ?? "")
        notes = content.standing.notes(now: frame.now)
        let releases = content.stopped.prefix(5).map { address in
            PostButton(
                "Mail \(address.cut(60)) again", to: Paths.filled(Paths.channelRelease, frame.slug, channel.id.text),
                token: frame.viewer.formToken, [("email", address)])
        }
        acts = frame.mayChange ? Self.acts(channel, frame) + releases : []
        rows = content.deliveries.map { Row($0, content.attempts[$0.id] ?? [], channel, frame) }
        hasRows = !rows.isEmpty
        newest = content.isFirst ? [] : [Link(linkText: "Newest", linkPath: path)]
        older = content.next.map { [Link(linkText: "Older", linkPath: Paths.query(path, [("cursor", $0)]))] } ?? []
        (settings, mayChange) = (frame.mayChange ? [form] : [], frame.mayChange)
        deletionPath = Paths.filled(Paths.channelDeletion, frame.slug, channel.id.text)
    }

    private static func acts(_ channel: Channel, _ frame: AlertFrame) -> [PostButton] {
        func button(_ label: String, _ route: String, isPrimary: Bool = false, _ fields: [(String, String)] = []) -> PostButton {
            PostButton(
                label, to: Paths.filled(route, frame.slug, channel.id.text), token: frame.viewer.formToken, about: channel.name,
                isPrimary: isPrimary, fields)
        }
        switch channel.state {
        case .on:
            return [button("Send test", Paths.channelTest, isPrimary: true), button("Switch off", Paths.channelSwitch, [("to", "off")])]
        case .unconfirmed:
            return [
                button("Send the mail again", Paths.channelConfirmation, isPrimary: true),
                button("Switch off", Paths.channelSwitch, [("to", "off")]),
            ]
        case .off, .switchedOff: return [button("Switch on", Paths.channelSwitch, isPrimary: true, [("to", "on")])]
        }
    }
}

extension ChannelPage.Row {
    /// What a page has room for: an answer may be anything.
    private static let longestAnswer = 160

    init(_ delivery: Delivery, _ attempts: [Delivery.Attempt], _ channel: Channel, _ frame: AlertFrame) {
        rowID = delivery.id.text
        (rowMark, rowWord, isBad) = (delivery.status.mark.svg, delivery.status.word, delivery.status == .failed)
        (rowTitle, rowEvent) = (delivery.title.cut(120), delivery.eventWord)
        let next = delivery.nextTryAt.flatMap { delivery.tries > 0 && $0 > frame.now ? $0 : nil }
        let again = next.map { "Again \(Moment.words($0, now: frame.now))." }
        rowError = [delivery.error?.cut(300), again].compactMap(\.self).joined(separator: " ")
        hasError = !rowError.isEmpty
        rowTime = [Moment(delivery.createdAt, now: frame.now)]
        self.attempts = attempts.suffix(8).map { ChannelPage.Attempt(attemptLine: Self.line($0)) }
        hasAttempts = !attempts.isEmpty
        attemptsLabel = channel.kind == Channels.email ? Words.count(attempts.count, "mail") : Words.count(attempts.count, "attempt")
        incidentLinks =
            delivery.incidentID.map {
                [ChannelPage.Link(linkText: "Incident", linkPath: Paths.filled(Paths.incident, frame.slug, $0.text))]
            } ?? []
        let mayResend = frame.mayChange && delivery.finishedAt != nil && delivery.status != .sent && channel.state == .on
        rowActs =
            mayResend
            ? [
                PostButton(
                    "Send again", to: Paths.filled(Paths.deliveryResending, frame.slug, delivery.id.text),
                    token: frame.viewer.formToken, about: delivery.title)
            ] : []
    }

    /// `08:05:12 UTC · HTTP 503 · 240 ms · upstream is away`
    private static func line(_ attempt: Delivery.Attempt) -> String {
        var parts = [attempt.startedAt.exactWords]
        if let recipient = attempt.recipient { parts.append(recipient) }
        if let code = attempt.statusCode { parts.append("HTTP \(code)") }
        if let end = attempt.finishedAt, attempt.recipient == nil {
            let span = attempt.startedAt.duration(to: end).components
            parts.append(Words.duration(milliseconds: Int(span.seconds) * 1_000 + Int(span.attoseconds / 1_000_000_000_000_000)))
        }
        if let error = attempt.error { parts.append(error.cut(longestAnswer)) }
        if let answer = attempt.answer, !answer.isEmpty { parts.append(answer.cut(longestAnswer)) }
        return parts.joined(separator: " · ")
    }
}
