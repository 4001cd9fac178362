extension TargetURL {
    static let longest = 2_048

    /// Reads an absolute http or https URL in ASCII, of at most 2,048 bytes, without user information. Throws
    /// `invalid_url` with a sentence that says what to change.
    public init(_ text: String) throws(AddressRefusal) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.longest else { throw .invalidURL("The URL is longer than 2,048 bytes.") }
        guard !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) else {
            throw .invalidURL("The URL holds a blank, a control character or a backslash.")
        }
        let (scheme, afterScheme) = try Self.readScheme(bytes[...])
        let end = afterScheme.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let (host, port) = try Self.readAuthority(afterScheme[..<(end ?? afterScheme.endIndex)])
        let target = try Self.readTarget(afterScheme[(end ?? afterScheme.endIndex)...])
        self.init(scheme: scheme, host: host, port: port ?? scheme.port, target: target)
    }

    private static func readScheme(_ bytes: ArraySlice<UInt8>) throws(AddressRefusal) -> (Scheme, ArraySlice<UInt8>) {
        for scheme in [Scheme.http, .https] {
            let prefix = Array("\(scheme.rawValue)://".utf8)
            let matches = zip(bytes, prefix).allSatisfy { $0 == $1 || ((0x41...0x5A).contains($0) && $0 | 0x20 == $1) }
            if bytes.count >= prefix.count, matches { return (scheme, bytes.dropFirst(prefix.count)) }
        }
        throw .invalidURL("The URL must begin with http:// or https://.")
    }

    private static func readAuthority(_ bytes: ArraySlice<UInt8>) throws(AddressRefusal) -> (Host, UInt16?) {
        guard !bytes.isEmpty else { throw .invalidURL("The URL has no host.") }
        guard bytes.allSatisfy({ $0 < 0x80 }) else {
            throw .invalidURL("Write the URL's host in ASCII: an international name as its A-label, which begins with xn--.")
        }
        guard !bytes.contains(UInt8(ascii: "@")) else { throw .invalidURL("The URL must not hold a user name or password.") }
        guard !bytes.contains(UInt8(ascii: "%")) else { throw .invalidURL("The URL's host must not hold a percent sign.") }
        guard bytes.first != UInt8(ascii: "[") else { return try readIPv6(bytes) }
        let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        let port = try readPort(bytes[colon...])
        if let address = IPAddress(String(decoding: bytes[..<colon], as: UTF8.self)) { return (.address(address), port) }
        return (.name(try HostName.normalised(bytes[..<colon])), port)
    }

    private static func readIPv6(_ bytes: ArraySlice<UInt8>) throws(AddressRefusal) -> (Host, UInt16?) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "]")),
            let address = IPAddress(String(decoding: bytes[(bytes.startIndex + 1)..<end], as: UTF8.self)), address.isIPv6
        else { throw .invalidURL("The URL's host is not an IPv6 address in brackets.") }
        return (.address(address), try readPort(bytes[(end + 1)...]))
    }

    /// Nothing, or a colon and a number; a colon alone says nothing (RFC 3986 §3.2.3).
    private static func readPort(_ bytes: ArraySlice<UInt8>) throws(AddressRefusal) -> UInt16? {
        guard let colon = bytes.first else { return nil }
        let digits = bytes.dropFirst()
        guard colon == UInt8(ascii: ":"), digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count <= 5 else {
            throw .invalidURL("The URL's port is not a number from 1 to 65535.")
        }
        guard !digits.isEmpty else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard (1...65_535).contains(value) else { throw .invalidURL("The URL's port is not a number from 1 to 65535.") }
        return UInt16(value)
    }

    private static func readTarget(_ bytes: ArraySlice<UInt8>) throws(AddressRefusal) -> String {
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.prefix(2).count == 2, rest.prefix(2).allSatisfy(isHexDigit) else {
                    throw .invalidURL("The URL holds a percent sign without two hexadecimal digits: write it as %25.")
                }
            } else if !legal[Int(byte)] {
                throw .invalidURL("The URL holds a character that must be percent-encoded: %\(hex(byte)).")
            }
        }
        let fragment = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.endIndex
        guard fragment == bytes.endIndex || !bytes[(fragment + 1)...].contains(UInt8(ascii: "#")) else {
            throw .invalidURL("The URL holds two # signs: write the second as %23.")
        }
        let sent = String(decoding: bytes[..<fragment], as: UTF8.self)
        return sent.utf8.first == UInt8(ascii: "/") ? sent : "/" + sent
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }

    /// pchar, "/", "?" and "#" of RFC 3986, but for "%".
    private static let legal: [Bool] = {
        let characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?#"
        return (0..<256).map { characters.utf8.contains(UInt8($0)) }
    }()
}
