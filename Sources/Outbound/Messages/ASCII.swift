/// Comparing by bytes: `String`'s own comparison is by canonical equivalence, which is no rule of HTTP and slower.
enum ASCII {
    /// Whether `text` is `name`, which is written in lower case, but for the case of its letters.
    static func equalIgnoringCase(_ text: String, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in
            text.utf8.count == name.count && zip(text.utf8, name).allSatisfy { $0 == $1 || ((0x41...0x5A).contains($0) && $0 | 0x20 == $1) }
        }
    }

    /// Whether `text` begins with `prefix`, which is written in lower case, but for the case of its letters.
    static func hasPrefixIgnoringCase(_ text: String, _ prefix: StaticString) -> Bool {
        equalIgnoringCase(String(decoding: text.utf8.prefix(prefix.utf8CodeUnitCount), as: UTF8.self), prefix)
    }
}
