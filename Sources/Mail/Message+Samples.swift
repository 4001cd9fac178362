/// A mail with invented content, to look at.
public struct MailSample: Sendable {
    /// Names it in an address: its kind, and a number where there are several.
    public let name: String
    public let mail: RenderedMail

    /// One for each message. Messages of one kind are numbered.
    public static func samples(of messages: [Message], by renderer: MessageRenderer) -> [MailSample] {
        guard let recipient = EmailAddress("alice@example.com") else { return [] }
        var counts: [Message.Kind: Int] = [:]
        return messages.map { message in
            counts[message.kind, default: 0] += 1
            let number = counts[message.kind] ?? 1
            let name = message.kind.rawValue.replacing("_", with: "-") + (number == 1 ? "" : "-\(number)")
            return MailSample(name: name, mail: renderer.render(message, id: .init(), to: recipient))
        }
    }
}

extension Message {
    /// Each kind of alert, and nasty content. Throws `NotALink` never, as its links are fixed.
    public static func samplesOfAlerts() throws -> [Message] {
        let (site, settings) = ("https://prikke.example/acme", "https://prikke.example/acme/channels")
        func sample(
            _ event: String, _ title: String, _ paragraphs: [String], _ facts: [(String, String)] = [], output: String? = nil,
            action: String, path: String
        ) throws -> Message {
            try alert(
                event: event, title: title, paragraphs: paragraphs, facts: facts.map { ($0.0, $0.1) }, output: output, action: action,
                url: site + path, organization: "Acme & Søn", settings: settings)
        }
        return [
            try sample(
                "incident.opened", "Nightly export failed", ["It answered 503 three times and was given up."],
                [
                    ("Job", "Nightly export"), ("Answer", "503 Service Unavailable"), ("Due", "Monday 23 November 2026, 03:00 UTC"),
                    ("Attempts", "3 within 4 min"),
                ], output: "{\n  \"error\": \"no connection to warehouse-2\",\n  \"retry_after\": 120\n}", action: "See the execution",
                path: "/executions/exe_01"),
            try sample(
                "incident.continued", "Nightly export still fails", ["It has failed since 23 November, 41 times by now."],
                [("Failing for", "1 day 4 h")], action: "See the job", path: "/jobs/job_01"),
            try sample(
                "incident.opened", "37 jobs fail on api.example.com", ["The connection is refused. Jobs that follow join this message."],
                [("Among them", "Nightly export, Invoices, Sync stock and 34 more")], action: "See what fails", path: "/incidents"),
            try sample(
                "incident.opened", "<script>alert(1)</script> \"𝒥ob\" https://evil.example 👩‍👩‍👧 \u{202E}gpj.exe failed",
                ["<b>Bold</b> & <a href='https://evil.example'>click</a> www.evil.example"],
                [("Long", String(repeating: "x", count: 400)), ("Arabic", "مهمة النسخ الاحتياطي")],
                output: "<h1>502</h1>\n" + String(repeating: "y", count: 300) + "\n\tindented", action: "See the execution",
                path: "/executions/exe_02"),
            try sample(
                "incident.recovered", "Nightly export works again", ["It failed for 2 h 12 min, 14 times."], [("Since", "05:12 UTC")],
                action: "See the job", path: "/jobs/job_01"),
            try sample(
                "incidents.digest", "3 jobs failed and 2 recovered in the last hour",
                ["What happened since the last message:", "Invoices fails since 04:10. Sync stock failed and works again."],
                [("Failing", "Invoices"), ("Recovered", "Sync stock, Thumbnails")], action: "See what fails", path: "/incidents"),
            try sample(
                "notice.usage_80", "80 % of this month’s executions are used", ["At this pace the rest lasts until 27 November."],
                [("Used", "80,000 of 100,000")], action: "See your usage", path: "/billing"),
            try sample(
                "notice.payment_failed", "A payment failed", ["Your card was declined. We try again in three days."],
                [("Plan", "Business")], action: "Update the card", path: "/billing"),
            try sample(
                "notice.plan_changed", "Your plan is Business now", ["It holds from today on."], [("From", "Pro"), ("To", "Business")],
                action: "See your plan", path: "/billing"),
            try channelConfirmation(organization: "Acme & Søn", days: 7, url: "\(site)/channels/confirm/sample"),
            try channelOff(
                channel: "Ops on Slack", shown: "hooks.slack.com…x7Qa", reason: "Slack answered twice that the webhook is gone (410).",
                organization: "Acme & Søn", url: "\(settings)/chn_01", settings: settings),
        ]
    }
}
