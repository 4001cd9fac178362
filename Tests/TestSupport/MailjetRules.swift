import JSON

/// What the Send API v3.1 takes, by shared/integrations/mailjet.md §1.
enum MailjetRules {
    private static let rootProperties: Set = ["Messages", "SandboxMode", "Globals", "AdvanceErrorHandling"]
    private static let properties: Set = [
        "From", "To", "Cc", "Bcc", "ReplyTo", "Subject", "TextPart", "HTMLPart", "CustomID", "EventPayload", "TrackOpens", "TrackClicks",
        "Headers", "CustomCampaign", "DeduplicateCampaign", "Priority", "MonitoringCategory", "URLTags", "Attachments",
        "InlinedAttachments",
    ]
    private static let forbiddenHeaders: Set = [
        "from", "sender", "subject", "to", "cc", "bcc", "reply-to", "return-path", "delivered-to", "dkim-signature", "domainkey-status",
        "received-spf", "authentication-results", "received", "date", "message-id", "user-agent", "x-mailer", "list-id",
        "x-csa-complaints", "x-feedback-id",
    ]
    typealias Fault = (code: String, property: String)

    /// The first thing wrong; nil: nothing is.
    static func fault(in json: JSON) -> Fault? {
        guard let root = json.object else { return ("mj-0004", "") }
        if let unknown = root.keys.first(where: { !rootProperties.contains($0) }) { return ("mj-0004", unknown) }
        guard let messages = root["Messages"]?.array else { return ("mj-0003", "Messages") }
        if messages.isEmpty { return ("mj-0007", "Messages") }
        // One call, one message: ours is the rule.
        if messages.count > 1 { return ("mj-0008", "Messages") }
        return fault(inMessage: messages[0])
    }

    private static func fault(inMessage json: JSON) -> Fault? {
        guard let message = json.object else { return ("mj-0004", "Messages") }
        if let unknown = message.keys.first(where: { !properties.contains($0) }) { return ("mj-0004", unknown) }
        if let null = message.keys.first(where: { message[$0]?.isNull == true }) { return ("mj-0003", null) }
        for name in ["Subject", "TextPart", "HTMLPart", "CustomID", "EventPayload", "TrackOpens", "TrackClicks"] {
            if let value = message[name], value.string == nil { return ("mj-0004", name) }
        }
        guard let from = message["From"], let to = message["To"] else { return ("mj-0003", "From") }
        if let fault = fault(inAddress: from, "From") { return fault }
        guard let recipients = to.array else { return ("mj-0004", "To") }
        if recipients.isEmpty { return ("mj-0007", "To") }
        // They would see each other.
        if recipients.count > 1 { return ("send-0015", "To") }
        if let fault = fault(inAddress: recipients[0], "To[0]") { return fault }
        return fault(inContent: message) ?? fault(inHeaders: message["Headers"])
    }

    private static func fault(inContent message: JSONObject) -> Fault? {
        guard let subject = message["Subject"]?.string else { return ("mj-0003", "Subject") }
        if subject.utf16.count > 255 { return ("mj-0006", "Subject") }
        if hasLineBreak(subject) { return ("mj-0005", "Subject") }
        guard message["TextPart"]?.string?.isEmpty == false, message["HTMLPart"]?.string?.isEmpty == false else {
            return ("send-0003", "HTMLPart")
        }
        for name in ["TrackOpens", "TrackClicks"] where message[name]?.string != "disabled" { return ("mj-0005", name) }
        return nil
    }

    private static func fault(inAddress json: JSON, _ property: String) -> Fault? {
        guard let address = json.object else { return ("mj-0004", property) }
        if let unknown = address.keys.first(where: { !["Email", "Name"].contains($0) }) { return ("mj-0004", "\(property).\(unknown)") }
        guard let email = address["Email"]?.string else { return ("mj-0003", "\(property).Email") }
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        if parts.count != 2 || parts.contains(where: \.isEmpty) || !parts[1].contains(".") || hasLineBreak(email) {
            return ("mj-0013", "\(property).Email")
        }
        if let name = address["Name"] {
            guard let text = name.string else { return ("mj-0004", "\(property).Name") }
            if hasLineBreak(text) { return ("mj-0005", "\(property).Name") }
        }
        return nil
    }

    private static func fault(inHeaders json: JSON?) -> Fault? {
        guard let json else { return nil }
        guard let headers = json.object else { return ("mj-0004", "Headers") }
        for name in headers.keys {
            let lowered = name.lowercased()
            if forbiddenHeaders.contains(lowered) || lowered.hasPrefix("x-mailjet-") || lowered.hasPrefix("x-mj-") {
                return ("send-0011", name)
            }
            guard let value = headers[name]?.string else { return ("mj-0004", name) }
            if hasLineBreak(value) { return ("mj-0005", name) }
        }
        return nil
    }

    private static func hasLineBreak(_ text: String) -> Bool { text.unicodeScalars.contains { $0 == "\r" || $0 == "\n" } }
}
