/// Why there is no answer.
public struct OutboundFailure: Error, Sendable, Equatable {
    /// The reasons of the ledger that a call can end with.
    public enum Reason: String, Sendable {
        case blockedAddress = "blocked_address"
        case dnsFailed = "dns_failed"
        case connectFailed = "connect_failed"
        case tlsFailed = "tls_failed"
        case badResponse = "bad_response"
        case deadline
        /// The calling task was cancelled, or the client closed.
        case cancelled
    }

    /// For the ledger, and for what is to be tried again.
    public let reason: Reason
    /// One sentence for the person whose job it is. Never an address, and for a refused one never how its host behaves.
    public let message: String
    /// As far as the call got.
    public internal(set) var timings = OutboundTimings()
    /// The status of the answer that was refused, or of the redirect that led to the failure, if there was one.
    public internal(set) var status: Int?
    /// The address that failed to answer, one that the policy permits; nil where none was tried, or a refused one.
    public internal(set) var remoteAddress: String?

    init(_ reason: Reason, _ message: String, status: Int? = nil) {
        (self.reason, self.message, self.status) = (reason, message, status)
    }

    static let blocked = OutboundFailure(.blockedAddress, AddressRefusal.blockedText)
    static let unresolvable = OutboundFailure(.dnsFailed, AddressRefusal.blockedText)
    static let deadline = OutboundFailure(.deadline, "The call did not finish within its timeout.")
    static let cancelled = OutboundFailure(.cancelled, "The call was cancelled.")
}
