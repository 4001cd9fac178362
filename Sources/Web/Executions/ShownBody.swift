import Mail

/// How many bytes of HTML a page has left for what others have written: an execution may hold a mebibyte, its page has 30 KB.
struct Room {
    private var left: Int

    init(_ bytes: Int) { left = bytes }

    /// Takes what is written in any case.
    mutating func spend(_ bytes: Int) { left -= bytes }

    /// As much of a text from its beginning as has room, and at most `most` bytes; and whether that is all of it.
    mutating func take(_ text: String, atMost most: Int = .max) -> (text: String, isWhole: Bool) {
        let limit = min(most, max(0, left))
        var (cost, kept) = (0, String.UnicodeScalarView())
        for scalar in text.unicodeScalars {
            cost += Self.cost(scalar)
            guard cost <= limit else {
                left -= limit
                return (String(kept), false)
            }
            kept.append(scalar)
        }
        left -= cost
        return (text, true)
    }

    /// All of it, or nothing.
    mutating func takeWhole(_ text: String, atMost most: Int) -> String? {
        var after = self
        let taken = after.take(text, atMost: most)
        guard taken.isWhole else { return nil }
        self = after
        return text
    }

    /// In bytes, as `HTMLText` escapes it.
    private static func cost(_ scalar: Unicode.Scalar) -> Int {
        scalar.isASCII && "<>&\"'".unicodeScalars.contains(scalar) ? HTMLText.escaped(String(scalar)).utf8.count : UTF8.width(scalar)
    }
}

/// A body as a page shows it: JSON laid out, other text as it is, and of anything else only how much it is.
struct ShownBody: Sendable {
    let text: String
    /// What stands under it: "JSON, 1.4 KiB". Says what is not shown, and why.
    let note: String

    /// `size` is how long it was, of which `bytes` may be the beginning.
    init(_ bytes: [UInt8], size: Int, isTruncated: Bool, room: inout Room, atMost most: Int = .max) {
        guard !bytes.isEmpty else {
            (text, note) = ("", "Empty")
            return
        }
        let all = Words.bytes(size)
        let layout = isTruncated ? nil : PrettyJSON.text(bytes, limit: 65_536)
        guard let content = layout ?? Self.text(bytes, isTruncated: isTruncated) else {
            (text, note) = ("", "Binary, \(all)")
            return
        }
        let taken = room.take(content, atMost: most)
        text = taken.text
        let kind = layout == nil ? "Text" : "JSON"
        if taken.isWhole && !isTruncated {
            note = "\(kind), \(all)"
        } else if isTruncated && taken.isWhole {
            note = "\(kind), the first \(Words.bytes(bytes.count)) of \(all); the rest was not kept"
        } else {
            note = "\(kind), the beginning of \(all)" + (isTruncated ? ", of which \(Words.bytes(bytes.count)) were kept" : "")
        }
    }

    /// Nil where it holds what no text does. A text that was cut within a character loses that character's beginning.
    private static func text(_ bytes: [UInt8], isTruncated: Bool) -> String? {
        guard !bytes.contains(where: { $0 < 0x20 && !"\t\n\r\u{C}\u{1B}".utf8.contains($0) }) else { return nil }
        for missing in 0...(isTruncated ? 3 : 0) {
            if let text = String(validating: bytes.dropLast(missing), as: UTF8.self) { return text }
        }
        return nil
    }
}
