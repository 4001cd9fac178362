import HTTPTypes
import Hummingbird
import Outbound

/// Who sent a request, as far as the network tells.
struct Client: Sendable, Equatable {
    /// The address, for people: sessions, the audit log. Nil where it is not known.
    let address: String?

    /// What requests are counted by: an IPv4 address, or an IPv6 /64.
    let network: String

    /// Whether what we send reaches the client over TLS.
    let isSecure: Bool

    /// As long as nobody has looked.
    static let unknown = Client(address: nil, network: "unknown", isSecure: false)
}

/// Finds out who sent a request. What a header says of it counts only where the connection is a trusted proxy's: from anybody
/// else, it is what the client would like us to believe.
struct ClientFinder: RouterMiddleware {
    let proxies: [IPNetwork]
    /// Links begin with it; where it says https, nobody reaches us otherwise.
    let siteURL: String

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.client = client(of: request.headers, from: context.channel.remoteAddress.flatMap { ClientAddress($0) })
        return try await next(request, context)
    }

    func client(of headers: HTTPFields, from peer: ClientAddress?) -> Client {
        let isProxy = peer?.isIn(proxies) == true
        let address = isProxy ? forwarded(headers) ?? peer : peer
        let isSecure = siteURL.hasPrefix("https://") || (isProxy && Self.saysHTTPS(headers))
        return Client(address: address?.description, network: address?.network ?? "unknown", isSecure: isSecure)
    }

    /// The last hop that is no proxy of ours. Each proxy adds who spoke to it at the end, perhaps as a header of its own; what
    /// stands before the hop that we look for, the client may have written himself. Where all are proxies, the first. A hop that
    /// is no address ends the search: of what stands before it nothing is known.
    private func forwarded(_ headers: HTTPFields) -> ClientAddress? {
        var nearest: ClientAddress?
        let hops = headers[values: .forwardedFor].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for hop in hops.reversed() {
            guard let address = ClientAddress(Self.withoutPort(hop.trimmingSpaces)) else { return nearest }
            nearest = address
            if !address.isIn(proxies) { return address }
        }
        return nearest
    }

    /// Some proxies write a port behind the address: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    private static func withoutPort(_ hop: String) -> String {
        let isPort = { (text: Substring) in (1...5).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        if hop.hasPrefix("["), let end = hop.firstIndex(of: "]") {
            let rest = hop[hop.index(after: end)...]
            return rest.isEmpty || (rest.first == ":" && isPort(rest.dropFirst()))
                ? String(hop[hop.index(after: hop.startIndex)..<end]) : hop
        }
        let parts = hop.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && isPort(parts[1]) ? String(parts[0]) : hop
    }

    private static func saysHTTPS(_ headers: HTTPFields) -> Bool {
        let values = headers[values: .forwardedProto]
        return values.count == 1 && values[0].trimmingSpaces.lowercased() == "https"
    }
}
