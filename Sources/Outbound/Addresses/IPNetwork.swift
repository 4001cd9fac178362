/// A block of addresses: `10.0.0.0/8`, `fd00::/8`.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    private let base: IPAddress
    private let prefixLength: Int

    /// Address, slash, length of the prefix in plain decimals (0–32 or 0–128). Nil for anything else, also when a bit
    /// after the prefix is set: `10.0.0.1/8` is more likely a mistake than a wish to open all of 10.0.0.0/8.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, let base = IPAddress(String(decoding: parts[0], as: UTF8.self)) else { return nil }
        guard (1...3).contains(parts[1].count), parts[1].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard parts[1].count == 1 || parts[1].first != UInt8(ascii: "0") else { return nil }
        prefixLength = parts[1].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard prefixLength <= base.bytes.count * 8 else { return nil }
        self.base = base
        guard base.bytes.indices.allSatisfy({ base.bytes[$0] & ~mask(at: $0) == 0 }) else { return nil }
    }

    /// Whether `address` lies in this block. An IPv6 address never lies in an IPv4 block, whatever it embeds.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        return address.bytes.indices.allSatisfy { address.bytes[$0] & mask(at: $0) == base.bytes[$0] }
    }

    private func mask(at index: Int) -> UInt8 {
        let bits = min(8, max(0, prefixLength - index * 8))
        return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
    }

    /// As it is written in configuration.
    public var description: String { "\(base)/\(prefixLength)" }
}
