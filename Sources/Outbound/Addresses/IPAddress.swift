import Glibc

/// An IPv4 or IPv6 address. An IPv4 address inside an IPv6 one stays an IPv6 address: what it embeds is for
/// `AddressPolicy` to judge, not for a parser to unpack.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The four or sixteen bytes, most significant first.
    public let bytes: [UInt8]

    /// Whether this is an IPv6 address.
    public var isIPv6: Bool { bytes.count == 16 }

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Four plain decimal parts (no leading zeros, no short or hexadecimal forms: they are what differing parsers
    /// disagree about, as in CVE-2021-29921), or RFC 4291 §2.2 text without a zone id. Nil for anything else.
    public init?(_ text: String) {
        if let bytes = Self.ipv4(text.utf8) {
            self.bytes = bytes
        } else {
            // inet_pton reads a C string, which ends at a NUL; no character of an address is one.
            guard text.utf8.contains(UInt8(ascii: ":")), !text.utf8.contains(0) else { return nil }
            var address = in6_addr()
            guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
            self.bytes = withUnsafeBytes(of: &address) { Array($0) }
        }
    }

    private static func ipv4(_ text: String.UTF8View) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            guard part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            let value = part.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            guard value <= 255 else { return nil }
            bytes.append(UInt8(value))
        }
        return bytes
    }

    /// The address of an internet socket; nil for a socket of any other family.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }

    /// `192.0.2.1`, or the shortest lower-case form of RFC 5952.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = bytes.withUnsafeBytes { inet_ntop(isIPv6 ? AF_INET6 : AF_INET, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
