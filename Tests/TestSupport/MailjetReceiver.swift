import Foundation
import JSON
import Synchronization

/// Mailjet's place in tests: the Send API v3.1, the look-up of messages and of senders, as strict as shared/integrations/mailjet.md says
/// they are, and as unreliable as a test wants.
public final class MailjetReceiver: Sendable {
    /// A mail that was taken.
    public struct Mail: Sendable {
        public let to: String
        public let subject: String
        public let text: String
        public let html: String
        public let customID: String
        /// Beyond 2^53, as theirs are.
        public let id: Int64
    }

    /// How a request to send is answered.
    public enum Behaviour: Sendable {
        /// By the rules.
        case well
        /// HTML, without Retry-After.
        case tooMany
        /// JSON without a code.
        case keyRefused
        /// A gateway's page; nothing was taken.
        case status(Int)
        /// The message is refused with this code, status and property, the request's own status being another.
        case refused(code: String, status: Int, property: String, as: Int)
        /// Taken; then what the sender sees of it.
        case taken(Receiver.Answer)
        /// Nothing is taken, and no answer comes until the gate opens.
        case held(Receiver.Gate)
        /// The connection is dropped when the request was read; nothing was taken.
        case dropped
    }

    private struct State {
        var behaviours: [Behaviour] = []
        var accepted: [Mail] = []
        var complaints: [String] = []
        var sends = 0
        var lookups = 0
        var blindLookups = 0
        var senders: [String: String] = [:]
    }

    public let key: String
    public let secret: String
    private let receiver: Receiver
    private let state = Mutex(State())

    public init(key: String = "0123456789abcdef", secret: String = "fedcba9876543210") throws {
        (self.key, self.secret) = (key, secret)
        receiver = try Receiver()
        receiver.answer("/v3.1/send") { [weak self] in self?.send($0) ?? .status(404) }
        receiver.answer("/v3/REST/message") { [weak self] in self?.message($0) ?? .status(404) }
        receiver.answer("/v3/REST/sender") { [weak self] in self?.sender($0) ?? .status(404) }
    }

    /// For `MAILJET_API_URL`.
    public var url: String { receiver.url }

    /// What was taken, in order.
    public var accepted: [Mail] { state.withLock(\.accepted) }
    /// What was against the rules: a test that is about something else has none.
    public var complaints: [String] { state.withLock(\.complaints) }
    /// How often it was asked to send, and to look up.
    public var sends: Int { state.withLock(\.sends) }
    public var lookups: Int { state.withLock(\.lookups) }

    /// The next requests to send are answered so, one each, the last and all after it alike.
    public func behave(_ behaviours: Behaviour...) { state.withLock { $0.behaviours = behaviours } }

    /// So many look-ups find nothing yet.
    public func knowLate(after lookups: Int) { state.withLock { $0.blindLookups = lookups } }

    /// An address, or `*@` and a domain, and its status, such as `Active`.
    public func know(sender: String, as status: String) { state.withLock { $0.senders[sender] = status } }

    public func close() { receiver.close() }

    // MARK: Sending

    private func send(_ request: Receiver.Request) -> Receiver.Answer {
        let behaviour = state.withLock { state in
            state.sends += 1
            if state.behaviours.count > 1 { return state.behaviours.removeFirst() }
            return state.behaviours.first ?? .well
        }
        switch behaviour {
        case .well: return take(request)
        case .tooMany:
            return Self.html(429, "<html><body><h1>429 Too Many Requests</h1>\nYou sent too many requests.\n</body></html>\n")
        case .keyRefused: return Self.keyRefused
        case .status(let status): return Self.html(status, "<html><body><h1>\(status)</h1></body></html>")
        case .refused(let code, let status, let property, let outer):
            let error = Self.error(code, status, "\"alice@example.com\" is refused.", [property])
            return Self.json(outer, ["Messages": [["Status": "error", "Errors": [error]]]])
        case .taken(let answer):
            let taken = take(request)
            return taken.status == 200 ? answer : taken
        case .held(let gate): return .held(by: gate, then: .dropped)
        case .dropped: return .dropped
        }
    }

    private func take(_ request: Receiver.Request) -> Receiver.Answer {
        guard request.method == "POST" else { return Self.html(405, "") }
        guard isOurs(request) else { return Self.keyRefused }
        guard request.header("content-type")?.hasPrefix("application/json") == true else { return refuse("no JSON") }
        guard let json = try? JSON(parsing: request.body) else { return refuse("malformed JSON", code: "mj-0002") }
        let fault = MailjetRules.fault(in: json)
        guard fault == nil, let message = json["Messages"]?.array?.first else {
            let (code, property) = fault ?? ("mj-0003", "Messages")
            return refuse(property, code: code)
        }
        return Self.json(200, ["Messages": [accept(message)]])
    }

    private func accept(_ message: JSON) -> JSON {
        let to = message["To"]?.array?.first?["Email"]?.string ?? ""
        let customID = message["CustomID"]?.string ?? ""
        let mail = state.withLock { state in
            let mail = Mail(
                to: to, subject: message["Subject"]?.string ?? "", text: message["TextPart"]?.string ?? "",
                html: message["HTMLPart"]?.string ?? "", customID: customID, id: 1_152_921_500_000_000_001 + Int64(state.accepted.count))
            state.accepted.append(mail)
            return mail
        }
        return [
            "Status": "success", "CustomID": .string(customID), "Cc": [], "Bcc": [],
            "To": [
                [
                    "Email": .string(to), "MessageUUID": .string(Self.uuid(mail.id)), "MessageID": .integer(mail.id),
                    "MessageHref": .string("https://api.mailjet.com/v3/REST/message/\(mail.id)"),
                ]
            ],
        ]
    }

    private func refuse(_ property: String, code: String = "mj-0002") -> Receiver.Answer {
        state.withLock { $0.complaints.append("\(code) \(property)") }
        return Self.json(400, Self.error(code, 400, "Something is wrong with \(property).", [property]))
    }

    // MARK: Looking up

    private func message(_ request: Receiver.Request) -> Receiver.Answer {
        guard request.method == "GET", isOurs(request) else { return Self.keyRefused }
        guard let id = Self.query("CustomID", of: request) else { return refuse("CustomID") }
        let rows = state.withLock { state in
            state.lookups += 1
            if state.blindLookups > 0 {
                state.blindLookups -= 1
                return [Mail]()
            }
            return state.accepted.filter { $0.customID == id }
        }
        return Self.json(
            200,
            [
                "Count": .integer(Int64(rows.count)), "Total": .integer(Int64(rows.count)),
                "Data": .array(rows.map { ["ID": .integer($0.id), "UUID": .string(Self.uuid($0.id)), "CustomID": "", "Status": "sent"] }),
            ])
    }

    private func sender(_ request: Receiver.Request) -> Receiver.Answer {
        guard request.method == "GET", isOurs(request) else { return Self.keyRefused }
        let (email, domain) = (Self.query("Email", of: request), Self.query("Domain", of: request))
        let rows = state.withLock { $0.senders }.filter { address, _ in
            email.map { $0 == address } ?? domain.map { address.hasSuffix("@\($0)") } ?? true
        }
        let data = rows.map { JSON.object(["Email": .string($0.key), "Status": .string($0.value), "ID": 7]) }
        return Self.json(200, ["Count": .integer(Int64(rows.count)), "Total": .integer(Int64(rows.count)), "Data": .array(data)])
    }

    // MARK: -

    private func isOurs(_ request: Receiver.Request) -> Bool {
        request.header("authorization") == "Basic " + Data("\(key):\(secret)".utf8).base64EncodedString()
    }

    private static func query(_ name: String, of request: Receiver.Request) -> String? {
        URLComponents(string: request.path)?.queryItems?.first { $0.name == name }?.value
    }

    private static func uuid(_ id: Int64) -> String { "124f0000-0000-4000-8000-\(String(id, radix: 16).suffix(12))" }

    private static func error(_ code: String, _ status: Int, _ sentence: String, _ related: [String]) -> JSON {
        [
            "ErrorIdentifier": "a5b0e6a1-1f3c-4a8f-9d6e-2c0d9e8b7a61", "ErrorCode": .string(code), "StatusCode": .integer(Int64(status)),
            "ErrorMessage": .string(sentence), "ErrorRelatedTo": .array(related.map(JSON.string)),
        ]
    }

    private static let keyRefused = json(
        401,
        [
            "ErrorIdentifier": "0f2e", "StatusCode": 401,
            "ErrorMessage":
                "API key authentication/authorization failure. You may be unauthorized to access the API or your API key may be expired.",
        ])

    private static func json(_ status: Int, _ json: JSON) -> Receiver.Answer {
        Receiver.Answer(status: status, headers: [("Content-Type", "application/json")], body: json.text)
    }

    private static func html(_ status: Int, _ body: String) -> Receiver.Answer {
        Receiver.Answer(status: status, headers: [("Content-Type", "text/html")], body: body)
    }
}
