import NIOCore
import Outbound

/// The address that a client's connections and requests are counted by: an IPv4 address, or the first 64 bits of an IPv6 one,
/// which is what one customer of a provider gets and may choose from freely.
struct ClientAddress: Hashable, CustomStringConvertible {
    private let whole: IPAddress
    private let counted: ArraySlice<UInt8>

    /// Nil for what is no internet address.
    init?(_ address: SocketAddress) {
        guard let text = address.ipAddress else { return nil }
        self.init(text)
    }

    /// Nil for everything but an address: a name, a port behind it, brackets.
    init?(_ text: String) {
        guard let address = IPAddress(text) else { return nil }
        // IPAddress keeps an IPv4 address within IPv6 apart; here it is the IPv4 client that a socket for both tells us of.
        let plain = address.description
        whole = plain.hasPrefix("::ffff:") ? IPAddress(String(plain.dropFirst(7))) ?? address : address
        counted = whole.bytes.prefix(whole.isIPv6 ? 8 : 4)
    }

    func isIn(_ networks: [IPNetwork]) -> Bool { networks.contains { $0.contains(whole) } }

    /// What is counted, as text: `192.0.2.1`, `2001:db8:0:1::/64`.
    var network: String {
        guard whole.isIPv6 else { return whole.description }
        let groups = stride(from: 0, to: 8, by: 2).map { String(Int(counted[$0]) << 8 | Int(counted[$0 + 1]), radix: 16) }
        let start = groups.joined(separator: ":") + "::"
        return (IPAddress(start)?.description ?? start) + "/64"
    }

    static func == (one: ClientAddress, other: ClientAddress) -> Bool { one.counted == other.counted }
    func hash(into hasher: inout Hasher) { hasher.combine(counted) }

    var description: String { whole.description }
}
