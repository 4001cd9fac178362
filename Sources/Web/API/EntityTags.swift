import HTTPTypes

/// What `If-Match` and `If-None-Match` hold: any, or some entity tags (RFC 9110 §13.1).
enum EntityTags: Equatable {
    case any
    /// As they were written, with their quotes; the mark of the compressed form is taken off strong ones.
    case some([String])

    /// Nil: there is no such header. Throws `Problem` for what is neither.
    init?(_ name: HTTPField.Name, in headers: HTTPFields) throws(Problem) {
        let values = headers[values: name]
        guard !values.isEmpty else { return nil }
        let text = values.joined(separator: ",").trimmingSpaces
        if text == "*" {
            self = .any
            return
        }
        guard let tags = Self.read(text), !tags.isEmpty else {
            throw Problem(
                .badRequest, "invalid_precondition", "\(name.rawName) holds entity tags in quotes, as ETag had them, or a * alone.")
        }
        self = .some(tags)
    }

    /// Whether one of them is this tag. For `If-None-Match` weak ones count as well (§8.8.3.2).
    func contain(_ tag: String, weakly: Bool = false) -> Bool {
        switch self {
        case .any: true
        case .some(let tags): tags.contains { (weakly && $0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0) == tag }
        }
    }

    private static func read(_ text: String) -> [String]? {
        var (tags, rest) = ([String](), text.utf8[...])
        while true {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            guard !rest.isEmpty else { return tags }
            let isWeak = rest.starts(with: "W/".utf8)
            let tag = rest.dropFirst(isWeak ? 2 : 0)
            guard tag.first == UInt8(ascii: "\"") else { return nil }
            let content = tag.dropFirst().prefix { $0 == 0x21 || (0x23...0x7E).contains($0) || $0 >= 0x80 }
            rest = tag.dropFirst(content.count + 1)
            guard rest.first == UInt8(ascii: "\"") else { return nil }
            rest = rest.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
            let plain = content.reversed().starts(with: mark.utf8.reversed()) ? content.dropLast(mark.utf8.count) : content
            tags.append((isWeak ? "W/\"" : "\"") + String(decoding: plain, as: UTF8.self) + "\"")
        }
    }

    private static let mark = "-gzip"

    /// The tag of the same in gzip: a strong tag stands for bytes (§8.8.3.3).
    static func compressed(_ tag: String) -> String {
        tag.hasPrefix("W/") || !tag.hasSuffix("\"") ? tag : tag.dropLast() + mark + "\""
    }
}
