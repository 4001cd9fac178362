extension Message {
    /// What an e-mail channel of an organization tells: an incident, its end, a digest, a notice. Plain text as people wrote it, in which
    /// nothing becomes a link: the title is cut to 150 Unicode scalars in its middle, so that its end, which is the news, stays.
    ///
    /// `event` is the alert's, such as `incident.opened`; `output` the end of an answer or a log; `action` and `url` the one button;
    /// `settings` where one says what is told to whom. Throws `NotALink`.
    public static func alert(
        event: String, title: String, paragraphs: [String], facts: [(label: String, value: String)] = [], output: String? = nil,
        action: String, url: String, organization: String, settings: String
    ) throws(NotALink) -> Message {
        let (name, title) = (name(organization), PlainText.unlinked(PlainText.title(title, longest: 150)))
        return Message(
            Kind(event: event), subject: "[\(name)] \(title)", heading: title,
            paragraphs: paragraphs.map { PlainText.unlinked($0) },
            facts: facts.map { Fact(label: $0.label, value: PlainText.unlinked($0.value)) }, output: output,
            button: try Button(label: action, url: url), closing: ["You get this because \(name) sends its alerts to this address."],
            settings: try Button(label: "Notification settings", url: settings))
    }

    /// Asks an address that is nobody's here whether it wants an organization's alerts: it gets nothing else before it has said so.
    /// `url` leads to a page with one button. Throws `NotALink`.
    public static func channelConfirmation(organization: String, days: Int, url: String) throws(NotALink) -> Message {
        let name = name(organization)
        return Message(
            .channelConfirmation, subject: "Do you want the alerts of \(name)?",
            paragraphs: [
                "\(name) would like to send its alerts to this address: when a scheduled job fails, and when it works again.",
                "Nothing comes before you have confirmed it.",
            ],
            button: try Button(label: "See and confirm", url: url),
            closing: ["The link is good for \(days) days. If you do not know them, leave it alone: nothing more comes."])
    }

    /// Tells the owners that a channel was switched off, as it refuses everything. `channel` is its name, `shown` what may be seen of
    /// where it leads, `reason` one line, `url` the channel's page. Throws `NotALink`.
    public static func channelOff(
        channel: String, shown: String, reason: String, organization: String, url: String, settings: String
    ) throws(NotALink) -> Message {
        Message(
            .channelOff, subject: "[\(name(organization))] The channel \(name(channel)) was switched off",
            paragraphs: ["It takes no more messages, so nobody is told by it until you have mended it and switched it on again."],
            facts: [
                Fact(label: "Channel", value: name(channel)), Fact(label: "Leads to", value: PlainText.unlinked(shown)),
                Fact(label: "Why", value: PlainText.unlinked(reason)),
            ],
            button: try Button(label: "Mend the channel", url: url),
            closing: ["You get this because you are an owner of \(name(organization))."],
            settings: try Button(label: "Notification settings", url: settings))
    }
}

extension Message.Kind {
    /// What an alert is as mail. One that is not known here is an alert.
    init(event: String) {
        self =
            switch event {
            case "incident.recovered": .recovery
            case "incidents.digest": .digest
            case "notice.usage_80", "notice.usage_100": .usage
            case "notice.payment_failed": .paymentFailed
            case "notice.plan_changed": .planChanged
            case "channel.switched_off": .channelOff
            default: .alert
            }
    }
}
