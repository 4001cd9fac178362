/// An address that a call may connect to, with the texts that libcurl wants of it, made once for many calls.
struct ResolvedAddress: Sendable {
    let address: IPAddress
    let text: String
    /// For CURLOPT_CONNECT_TO: "whatever the URL's host and port, connect to this address, on the URL's port".
    let connectTo: String

    init(_ address: IPAddress) {
        self.address = address
        text = address.description
        connectTo = address.isIPv6 ? "::[\(text)]:" : "::\(text):"
    }

    /// Those worth trying, in order: at most four, the two families taking turns (RFC 8305 §4), so that one that leads
    /// nowhere costs one attempt.
    static func candidates(_ addresses: [IPAddress]) -> [ResolvedAddress] {
        guard let first = addresses.first else { return [] }
        let same = addresses.filter { $0.isIPv6 == first.isIPv6 }
        let other = addresses.filter { $0.isIPv6 != first.isIPv6 }
        let turns = (0..<max(same.count, other.count)).flatMap { index in [same, other].filter { index < $0.count }.map { $0[index] } }
        return turns.prefix(4).map(ResolvedAddress.init)
    }
}
