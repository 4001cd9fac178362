import JSON

/// What Mailjet's answer to one message means. The body is looked at first: the status of an answer is not documented where part of it
/// failed, and what is no JSON of theirs (a 429 is HTML, a proxy's page) says nothing.
enum MailjetAnswer: Equatable {
    /// With Mailjet's name for the message.
    case taken(providerID: String?)
    /// This message will never be taken.
    case refused(Complaint)
    /// Nothing is taken of this account: its key is wrong, suspended, or not allowed.
    case keyRefused
    case tooFast
    /// Whoever answers is not the Send API: a wrong address.
    case misdirected(status: Int)
    /// It may have been taken.
    case unclear(String)

    /// What they found wrong: never their sentence, which repeats addresses.
    struct Complaint: Equatable {
        /// Such as `mj-0013`; or the status, where they name none.
        let code: String
        /// The property, such as `To[0].Email`.
        let property: String?
        /// Their name for the mistake, to ask their support by.
        let identifier: String?

        var reason: String { "Mailjet refused it: \(code)" + (property.map { " (\($0))" } ?? "") }
    }

    init(_ answer: MailjetAPI.Answer, customID: String) {
        let json = answer.json
        if let message = Self.message(of: customID, in: json?["Messages"]?.array ?? []) {
            self = Self(message, status: answer.status)
        } else {
            // Of the whole request: nothing was sent.
            let stated = json?["ErrorCode"] == nil && json?["Errors"] == nil ? nil : json?["StatusCode"]?.int.flatMap(Int.init(exactly:))
            self = Self(status: answer.status < 300 ? stated ?? answer.status : answer.status, error: json?.firstError)
        }
    }

    private static func message(of customID: String, in messages: [JSON]) -> JSON? {
        messages.first { $0["CustomID"]?.string == customID } ?? (messages.count == 1 ? messages.first : JSON?.none)
    }

    private init(_ message: JSON, status: Int) {
        switch message["Status"]?.string {
        case "success":
            let recipient = message["To"]?.array?.first
            let number = recipient?["MessageID"]?.int.flatMap { $0 > 0 ? "\($0)" : nil }
            self = .taken(providerID: number ?? recipient?["MessageUUID"]?.string.flatMap(Self.word))
        case "error":
            let error = message.firstError
            let stated = error?["StatusCode"]?.int.flatMap(Int.init(exactly:))
            self = Self(status: stated ?? (status < 300 ? 400 : status), error: error ?? message)
        default: self = .unclear("Mailjet's answer says nothing of the message")
        }
    }

    private init(status: Int, error: JSON?) {
        let complaint = Complaint(
            code: error?["ErrorCode"]?.string.flatMap(Self.word) ?? "\(status)",
            property: error?["ErrorRelatedTo"]?.array?.first?.string.flatMap(Self.word),
            identifier: error?["ErrorIdentifier"]?.string.flatMap(Self.word))
        switch status {
        case _ where ["mj-0001", "mj-0015"].contains(complaint.code), 401: self = .keyRefused
        case 429: self = .tooFast
        case 404, 405, 300..<400: self = .misdirected(status: status)
        case 400..<500: self = .refused(complaint)
        case 200..<300: self = .unclear("Mailjet's answer cannot be read")
        default: self = .unclear("Mailjet answered \(status)")
        }
    }

    /// A word as theirs are, short; nil for anything else, an address for one.
    static func word(_ text: String) -> String? {
        let isWord = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-._[]".utf8.contains(byte)
            }
        }
        return isWord && (1...80).contains(text.utf8.count) ? text : nil
    }
}

extension JSON {
    /// An error stands at the top or in a list.
    fileprivate var firstError: JSON? {
        if let first = self["Errors"]?.array?.first { return first }
        return self["ErrorCode"].map { _ in self }
    }
}
