extension IPAddress {
    /// Whether the address is public unicast: one that anybody on the internet may be asked to connect to. After IANA's
    /// IPv4 and IPv6 special-purpose address registries (RFC 6890): what is not globally reachable is not public.
    var isPublic: Bool {
        guard isIPv6 else { return !Self.specialIPv4.contains { $0.contains(self) } }
        // 2000::/3 is all that IANA has given out as global unicast; the rest is local, mapped, translated or unused.
        return bytes[0] & 0xE0 == 0x20 && !isISATAP && !Self.specialIPv6.contains { $0.contains(self) }
    }

    /// `::ffff:0:0/96` and `::/96` (RFC 4291 §2.5.5), but for `::1`: an IPv4 address in another dress. A kernel connects the
    /// former to the very IPv4 address, past every rule and network for IPv4.
    var isIPv4InDisguise: Bool {
        guard isIPv6, bytes[..<10].allSatisfy({ $0 == 0 }) else { return false }
        return bytes[10..<12] == [0xFF, 0xFF] || (bytes[10..<12] == [0, 0] && bytes[12...] != [0, 0, 0, 1])
    }

    /// RFC 5214 §6.1: an interface identifier that carries an IPv4 address below any prefix.
    private var isISATAP: Bool { bytes[8] & ~0x02 == 0 && bytes[9...11] == [0x00, 0x5E, 0xFE] }

    private static let specialIPv4 = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",  // multicast; reserved, with broadcast
        "168.63.129.16/32",  // public by number, but inside Azure the agent of the host
    ].compactMap(IPNetwork.init)

    private static let specialIPv6 = [
        "2001::/23",  // Teredo, ORCHID, benchmarking, anycast for protocols
        "2001:db8::/32", "3fff::/20",  // documentation
        "2002::/16",  // 6to4: embeds IPv4
    ].compactMap(IPNetwork.init)
}
