extension JSON {
    /// The value for people to read: short objects and lists on one line, longer ones a line a member.
    public var pretty: String { pretty(indentation: "", width: 92) }

    private func pretty(indentation: String, width: Int) -> String {
        let flat = spaced
        guard flat.utf8.count + indentation.utf8.count > width else { return flat }
        let inner = indentation + "  "
        switch self {
        case .object(let members) where !members.isEmpty:
            let lines = members.map { "\(inner)\(JSON.string($0.key).text): \($0.value.pretty(indentation: inner, width: width))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indentation)}"
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + $0.pretty(indentation: inner, width: width) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(indentation)]"
        default: return flat
        }
    }

    /// On one line, with a space behind colons and commas.
    private var spaced: String {
        switch self {
        case .object(let members):
            "{" + members.map { "\(JSON.string($0.key).text): \($0.value.spaced)" }.joined(separator: ", ") + "}"
        case .array(let elements): "[" + elements.map(\.spaced).joined(separator: ", ") + "]"
        default: text
        }
    }
}
