import Outbound

/// The form of a `Host` header: what RFC 9110 §7.2 allows of RFC 3986 §3.2, less what no name in use has (percent-encoding,
/// an empty port), and which servers, proxies and caches read differently.
enum HostField {
    static func isGood(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count <= 261 else { return false }
        guard bytes.first == UInt8(ascii: "[") else {
            let name = bytes.prefix { $0 != UInt8(ascii: ":") }
            return (1...255).contains(name.count) && name.allSatisfy(mayStandInName) && isPort(bytes.dropFirst(name.count))
        }
        guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
        let address = IPAddress(String(text[text.utf8.index(after: text.startIndex)..<end]))
        return address?.isIPv6 == true && isPort(bytes[end...].dropFirst())
    }

    /// Nothing, or a colon and a port.
    private static func isPort(_ text: Substring.UTF8View) -> Bool {
        guard text.first == UInt8(ascii: ":") else { return text.isEmpty }
        let digits = text.dropFirst()
        guard (1...5).contains(digits.count), digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return false
        }
        return (1...65_535).contains(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }

    private static func mayStandInName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: ".-_".utf8.contains(byte)
        }
    }
}
