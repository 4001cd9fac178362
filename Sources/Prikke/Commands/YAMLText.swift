import JSON

/// Writes JSON as YAML that reads back as the same, in blocks, for people to go on with.
struct YAMLText {
    private(set) var text = ""

    /// A comment on a line of its own.
    mutating func comment(_ words: String, indent: Int = 0) {
        for line in words.split(whereSeparator: \.isNewline) { text += Self.blanks(indent) + "# \(line)\n" }
    }

    /// The members of an object, one a line.
    mutating func members(_ object: JSONObject, indent: Int = 0) {
        for (index, member) in object.enumerated() {
            text += (index == 0 ? "" : Self.blanks(indent)) + Self.scalar(.string(member.key)) + ":"
            value(member.value, indent: indent)
        }
    }

    /// An element of a list, on a line of its own.
    mutating func element(_ value: JSON, indent: Int) {
        text += Self.blanks(indent) + "- "
        if let object = value.object, !object.isEmpty {
            members(object, indent: indent + 2)
        } else {
            text += Self.flow(value) + "\n"
        }
    }

    private mutating func value(_ value: JSON, indent: Int) {
        switch value {
        case .object(let object) where !object.isEmpty:
            text += "\n" + Self.blanks(indent + 2)
            members(object, indent: indent + 2)
        case .array(let elements) where elements.contains(where: { $0.object != nil || $0.array != nil }):
            text += "\n"
            for element in elements { self.element(element, indent: indent + 2) }
        default: text += " " + Self.flow(value) + "\n"
        }
    }

    private static func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

    private static func flow(_ value: JSON) -> String {
        switch value {
        case .array(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
        case .object(let object): "{" + object.map { "\(scalar(.string($0.key))): \(flow($0.value))" }.joined(separator: ", ") + "}"
        default: scalar(value)
        }
    }

    /// Plain where no reader of YAML could take it for anything else, else in double quotes, as JSON has it.
    private static func scalar(_ value: JSON) -> String {
        guard let text = value.string, isPlain(text) else { return quoted(value) }
        return text
    }

    private static func isPlain(_ text: String) -> Bool {
        let words: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        guard let first = text.utf8.first, (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first) else { return false }
        guard text.utf8.count <= 80, !words.contains(text.lowercased()) else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || "._/-".utf8.contains($0)
        }
    }

    /// YAML refuses some characters that JSON leaves as they are.
    private static func quoted(_ value: JSON) -> String {
        var quoted = ""
        for scalar in value.text.unicodeScalars {
            let isPrintable =
                (0x20...0x7E).contains(scalar.value) || (0xA0...0xD7FF).contains(scalar.value) && ![0x2028, 0x2029].contains(scalar.value)
                || (0xE000...0xFFFD).contains(scalar.value) && scalar.value != 0xFEFF || scalar.value >= 0x1_0000
            let digits = String(scalar.value, radix: 16)
            if isPrintable {
                quoted.unicodeScalars.append(scalar)
            } else {
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted
    }
}
