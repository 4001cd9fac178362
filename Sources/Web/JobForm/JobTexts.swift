import JSON

/// What stands in a form, by the names of its controls: none, one or several texts each.
typealias JobTexts = [String: [String]]

/// Lists and maps as people write them in one control: items with a sign between them, or lines of a name, a sign and a value.
enum ItemText {
    /// `2xx, 404`. An item that holds the sign, or blanks at its ends, stands in quotation marks, as in JSON.
    static func joined(_ items: [String], by sign: Character) -> String {
        items.map { quoted($0, where: sign) }.joined(separator: sign == "\n" ? "\n" : "\(sign) ")
    }

    static func items(of text: String, by sign: Character) -> [String] {
        var items: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            let (item, behind) = take(from: rest, until: sign)
            if let item { items.append(item) }
            rest = behind ?? ""
        }
        return items
    }

    /// `Name: value`, a line each.
    static func lines(_ pairs: [(name: String, value: String)], by sign: Character) -> String {
        pairs.map { "\(quoted($0.name, where: sign))\(sign == "=" ? " = " : "\(sign) ")\($0.value)" }.joined(separator: "\n")
    }

    /// A line without the sign has no value. Of the blanks around a value none belongs to it.
    static func pairs(of text: String, by sign: Character) -> [(name: String, value: String?)] {
        text.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }.map { line in
            let (name, value) = take(from: line, until: sign)
            return (name ?? "", value?.trimmingSpaces)
        }
    }

    private static func quoted(_ text: String, where sign: Character) -> String {
        let isPlain = !text.isEmpty && !text.contains(sign) && !text.hasPrefix("\"") && text.first != " " && text.last != " "
        return isPlain ? text : String(decoding: JSON.string(text).bytes(), as: UTF8.self)
    }

    /// What stands before the sign, nil where it is nothing but blanks, and what stands behind, nil where there is no sign.
    private static func take(from text: Substring, until sign: Character) -> (item: String?, rest: Substring?) {
        let start = text.drop { $0 == " " || $0 == "\t" }
        if start.first == "\"", let end = endOfQuotation(in: start), let item = (try? JSON(parsing: Array(start[..<end].utf8)))?.string {
            let rest = start[end...].drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty || rest.first == sign { return (item, rest.isEmpty ? nil : rest.dropFirst()) }
        }
        let item = String(text.prefix { $0 != sign }.trimmingSpaces)
        return (item.isEmpty ? nil : item, text.firstIndex(of: sign).map { text[text.index(after: $0)...] })
    }

    /// Behind the quotation mark that ends what the first begins.
    private static func endOfQuotation(in text: Substring) -> Substring.Index? {
        var isEscaped = false
        for index in text.indices.dropFirst() {
            if isEscaped {
                isEscaped = false
            } else if text[index] == "\\" {
                isEscaped = true
            } else if text[index] == "\"" {
                return text.index(after: index)
            }
        }
        return nil
    }
}

extension String {
    /// With its lines ended as a form's are once they have been read.
    var withFormLines: String {
        guard utf8.contains(UInt8(ascii: "\r")) else { return self }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        var last: UInt8 = 0
        for byte in utf8 {
            let isSecond = last == UInt8(ascii: "\r") && byte == UInt8(ascii: "\n")
            if !isSecond { bytes.append(byte == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : byte) }
            last = byte
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
