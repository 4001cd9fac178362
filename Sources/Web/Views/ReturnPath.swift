/// An address that came from outside, and where we may send a browser: a path on this site, perhaps with a query, and nothing that
/// some browser, proxy or router could take for anything else (`demands/security.md` O1).
struct ReturnPath: Sendable, Equatable {
    let path: String

    /// Nil for everything else, also where it is harmless in theory.
    init?(_ text: String?) {
        guard let text, (1...2_000).contains(text.utf8.count) else { return nil }
        let path = text.utf8.prefix { $0 != UInt8(ascii: "?") }
        let query = text.utf8.dropFirst(path.count)
        guard path.first == UInt8(ascii: "/"), path.allSatisfy(Self.mayStandInPath), query.dropFirst().allSatisfy(Self.mayStandInQuery)
        else {
            return nil
        }
        guard let plainPath = Self.decoded(Substring(path)), Self.decoded(Substring(query)) != nil else { return nil }
        // Encoded once more or not: no host may come of it, and no other path than the one that is read here.
        let segments = plainPath.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        let isPlain =
            segments.dropLast().allSatisfy { !$0.isEmpty }
            && segments.allSatisfy { !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
        guard isPlain, plainPath.utf8.count(where: { $0 == UInt8(ascii: "/") }) == path.count(where: { $0 == UInt8(ascii: "/") }) else {
            return nil
        }
        guard !plainPath.utf8.contains(UInt8(ascii: "\\")) else { return nil }
        self.path = text
    }

    /// Nil where it is not well encoded, and for control characters.
    private static func decoded(_ text: Substring) -> String? {
        guard let plain = PercentEncoding.decode(text), !plain.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        return plain
    }

    /// RFC 3986 §3.3, less what nobody's path of ours holds: `:` and `@`, by which some would find a scheme or a host, and `;`.
    private static func mayStandInPath(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: "/-._~%+,!$&'()*=".utf8.contains(byte)
        }
    }

    /// RFC 3986 §3.4.
    private static func mayStandInQuery(_ byte: UInt8) -> Bool { mayStandInPath(byte) || ":@;?".utf8.contains(byte) }
}
