import Mustache

/// How what people have written becomes text in HTML: in pages, and in the HTML part of mails.
///
/// Ours and not the template engine's, which goes by characters as people see them: one such may be made of `<` or `"` and a mark or
/// letter beside it (U+0301 behind, U+0D4E before), and is let through as it is. A browser reads scalar by scalar.
public enum HTMLText {
    /// The text with what means something to HTML, in its text and in quoted attributes, written so that it does not.
    public static func escaped(_ text: String) -> String {
        // Most texts have none of these.
        guard text.utf8.contains(where: isSpecial) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }

    /// A template's text, so that its values are escaped like this. A template that is not passed through here is not safe, a partial
    /// neither.
    public static func template(_ text: String) -> String {
        Escaping.register
        return "{{% CONTENT_TYPE: \(Escaping.name)}}\n" + text
    }

    private struct Escaping: MustacheContentType {
        static let name = "ESCAPED"
        /// Done once, when it is first asked for.
        static let register: Void = MustacheContentTypes.register(Escaping(), named: name)

        func escapeText(_ text: String) -> String { HTMLText.escaped(text) }
    }
}
