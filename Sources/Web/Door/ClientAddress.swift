import NIOCore
import Outbound

/// The address that a client's connections are counted by: an IPv4 address, or the first 64 bits of an IPv6 one, which is what
/// one customer of a provider gets and may choose from freely.
struct ClientAddress: Hashable, CustomStringConvertible {
    private let whole: IPAddress
    private let counted: ArraySlice<UInt8>

    /// Nil for what is no internet address.
    init?(_ address: SocketAddress) {
        // IPAddress keeps an IPv4 address within IPv6 apart; here it is the IPv4 client that a socket for both tells us of.
        guard let text = address.ipAddress, let whole = IPAddress(text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text) else {
            return nil
        }
        self.whole = whole
        counted = whole.bytes.prefix(whole.isIPv6 ? 8 : 4)
    }

    func isIn(_ networks: [IPNetwork]) -> Bool { networks.contains { $0.contains(whole) } }

    static func == (one: ClientAddress, other: ClientAddress) -> Bool { one.counted == other.counted }
    func hash(into hasher: inout Hasher) { hasher.combine(counted) }

    var description: String { whole.description }
}
