import JSON
import Postgres
import Tenancy
import Time

/// A kind of channel that is called by a URL of its organization: it declares its settings, recognises what was typed, and delivers one
/// message. It knows nothing of forms, HTML or SQL. (E-mail is none of these: its deliveries are rows of the outbox.)
public protocol ChannelKind: Sendable {
    /// The word in a channel's `kind`.
    static var kind: String { get }
    /// What people call it.
    static var label: String { get }
    /// The members of a channel's settings; for these kinds `url`, a secret.
    static var fields: [Field] { get }

    /// Whether this URL is certainly one of this kind; the choice is shown, and can be changed.
    func recognises(_ url: String) -> Bool
    /// What is wrong with settings that `fields` let through; pointers start at the settings.
    func check(_ settings: JSON) -> [FieldError]
    /// Tells it once. Ends within 30 s. `id` is the same at each repetition. Throws where it was not taken, or nobody knows.
    func deliver(_ message: AlertMessage, id: ID<Delivery>, settings: JSON, signingSecrets: [[UInt8]], of organization: ID<Organization>)
        async throws(DeliveryFailure) -> DeliveryAnswer
}

/// What a channel answered.
public struct DeliveryAnswer: Sendable, Equatable {
    public var statusCode: Int?
    /// The first 500 characters, without the URL.
    public var text: String

    public init(statusCode: Int?, text: String) { (self.statusCode, self.text) = (statusCode, text) }
}

/// Why a message was not taken.
public struct DeliveryFailure: Error, Sendable, Equatable {
    /// What follows from it.
    public enum Kind: Sendable, Equatable {
        /// Again later; not before the time, where the channel named one.
        case passing(after: Duration?)
        /// This message will never be taken, others may.
        case refused
        /// The channel is gone, or wants nothing more: twice, some minutes apart, switches it off.
        case gone
        /// It may have been taken: the answer was lost after the request was sent.
        case unknown
    }

    public let kind: Kind
    /// One line for people, without the URL.
    public let reason: String
    public let answer: DeliveryAnswer?

    public init(_ kind: Kind, _ reason: String, answer: DeliveryAnswer? = nil) {
        (self.kind, self.reason, self.answer) = (kind, reason, answer)
    }
}
