import JSON
import Postgres
import Secrets
import Time

/// What Mailjet says became of a mail, as far as something follows from it. Content of strangers: nothing of it is believed but what it
/// says of a mail of ours.
struct MailEvent: Sendable, Equatable {
    enum Effect: Equatable {
        /// The address takes no more mail, or wants none: for this cause.
        case suppress(cause: String)
        /// A mail did not get through this time.
        case soft
        /// Something is wrong with what we send, or at Mailjet: for the operator.
        case ours
    }

    let event: String
    let effect: Effect
    /// Two words of theirs at most, such as `recipient: user unknown`.
    let detail: String
    /// Which mail: by our own id, or by theirs.
    let mail: ID<RenderedMail>?
    let providerIDs: [String]
    let at: Timestamp
    /// The same for what they send twice.
    let digest: [UInt8]

    /// Nil for what nothing follows from: that a mail was sent or opened, an event of a later version, what is no event.
    init?(_ json: JSON) {
        guard let event = json["event"]?.string, let effect = Effect(event, json) else { return nil }
        (self.event, self.effect) = (event, effect)
        detail = [json["error_related_to"], json["error"]].compactMap { $0?.string }.map { PlainText.line($0, longest: 60) }
            .filter { !$0.isEmpty }.joined(separator: ": ")
        mail = json["CustomID"]?.string.flatMap { ID($0) }
        let number = json["MessageID"].flatMap { $0.int.map { "\($0)" } ?? $0.string }
        let guid = json["Message_GUID"]?.string
        providerIDs = [number, guid].compactMap { $0 }.filter { !$0.isEmpty && $0 != "0" && MailjetAnswer.word($0) != nil }
        let time = json["time"]?.int ?? 0
        at = Timestamp(seconds: time)
        let parts = [event, number ?? "", guid ?? "", mail?.text ?? "", "\(time)", json["url"]?.string ?? ""]
        digest = Hash.sha256(JSON.array(parts.map(JSON.string)).bytes())
    }

    /// One event, or a list of them: of a body that holds neither, nil.
    static func list(_ json: JSON) -> [MailEvent]? {
        switch json {
        case .array(let events): events.compactMap(MailEvent.init)
        case .object: [MailEvent(json)].compactMap { $0 }
        default: nil
        }
    }
}

extension MailEvent.Effect {
    fileprivate init?(_ event: String, _ json: JSON) {
        let related = json["error_related_to"]?.string ?? ""
        switch event {
        case "spam", "unsub": self = .suppress(cause: event)
        case "bounce" where json["hard_bounce"]?.bool == true: self = .suppress(cause: "bounce")
        case "bounce" where json["blocked"]?.bool == true && related == "recipient": self = .suppress(cause: "blocked")
        case "blocked" where related == "recipient": self = .suppress(cause: "blocked")
        case "bounce", "blocked": self = ["system", "content", "mailjet", "spam"].contains(related) ? .ours : .soft
        default: return nil
        }
    }
}
