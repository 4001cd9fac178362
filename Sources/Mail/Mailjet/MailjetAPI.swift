import EventLoop
import JSON
import Logging
import Outbound

/// Calls Mailjet. By the guarded client, on a thread and connections of its own: it ends every call in time, knows whether a request's
/// bytes went out before it failed, verifies certificates, and reaches nothing but public addresses, or this machine where the operator
/// named it; so an address that was mistyped, or a name that was taken over, leads to nobody's private network.
struct MailjetAPI: Sendable {
    /// Why there is no answer.
    enum Failure: Error, Equatable {
        /// Nothing was sent.
        case unreachable(String)
        /// The request was sent, in part or whole.
        case lost(String)
    }

    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        /// Nil for HTML, nothing at all, and what is no JSON.
        var json: JSON? { try? JSON(parsing: body) }
    }

    static let loopback = ["127.0.0.0/8", "::1/128"].compactMap { IPNetwork($0) }
    private let account: MailjetAccount
    private let client: OutboundClient
    private let timeout: Duration

    init(_ account: MailjetAccount, userAgent: String, timeout: Duration, logger: Logger) {
        (self.account, self.timeout) = (account, timeout)
        var settings = OutboundSettings(userAgent: userAgent)
        (settings.hostConcurrency, settings.keptConnections, settings.resolverThreads) = (0, 10, 2)
        let policy = AddressPolicy(allowedNetworks: account.isLocal ? Self.loopback : [])
        client = OutboundClient(policy: policy, settings: settings, on: EventLoop(name: "mailjet"), logger: logger)
    }

    func post(_ path: String, _ body: JSON) async throws(Failure) -> Answer { try await call("POST", path, body.bytes()) }

    /// `query`: one parameter; its value is escaped here.
    func get(_ path: String, _ query: (name: String, value: String)) async throws(Failure) -> Answer {
        try await call("GET", "\(path)?\(query.name)=\(Self.escaped(query.value))")
    }

    private func call(_ method: String, _ path: String, _ body: [UInt8]? = nil) async throws(Failure) -> Answer {
        var headers = [("Authorization", account.authorization), ("Accept", "application/json")]
        if body != nil { headers.append(("Content-Type", "application/json")) }
        guard let url = try? TargetURL(account.base + path),
            let request = try? OutboundRequest(
                url: url, method: method, headers: headers, body: body ?? [], timeout: timeout)
        else { throw .unreachable("the request cannot be made") }
        switch await client.send(request) {
        case .success(let response): return Answer(status: response.status, body: response.body)
        case .failure(let failure) where failure.timings.sent == nil: throw .unreachable(failure.reason.rawValue)
        case .failure(let failure): throw .lost(failure.reason.rawValue)
        }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
                default: false
                }
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
