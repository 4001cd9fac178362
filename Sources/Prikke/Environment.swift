/// Reads settings out of the environment and collects everything that is wrong with them, so that an operator mends all
/// mistakes at once. A secret may come from a file: `NAME_FILE` names it.
///
/// Ours and not swift-configuration's, because what matters here is not reading (one dictionary) but to go on after a
/// mistake, to know every name that was asked for (`.env.example` is checked against it), and `NAME_FILE`.
struct Environment {
    private let values: [String: String]
    private(set) var mistakes: [String] = []
    /// Every name that was asked for.
    private(set) var names: Set<String> = []

    init(_ values: [String: String]) { self.values = values }

    /// The text of a setting; nil where it is not set, or set to nothing.
    mutating func text(_ name: String) -> String? {
        names.insert(name)
        return values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A secret: the value of `name`, or the content of the file that `NAME_FILE` names, without the line break at its end.
    mutating func secret(_ name: String) -> String? {
        let value = text(name)
        guard let path = text(name + "_FILE") else { return value }
        if value != nil { mistakes.append("\(name) and \(name)_FILE are both set; set one of them.") }
        guard let content = PrivateFile.read(path) else {
            mistakes.append("\(name)_FILE: the file cannot be read.")
            return nil
        }
        let line = content.last?.isNewline ?? false ? String(content.dropLast()) : content
        return line.isEmpty ? nil : line
    }

    /// A whole number in a range.
    mutating func integer(_ name: String, default standard: Int, _ range: ClosedRange<Int>) -> Int {
        guard let text = text(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            mistakes.append("\(name): use a whole number from \(range.lowerBound) to \(range.upperBound).")
            return standard
        }
        return value
    }

    /// One of a few words.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, default standard: Choice) -> Choice
    where Choice.RawValue == String {
        guard let text = text(name) else { return standard }
        guard let choice = Choice(rawValue: text) else {
            mistakes.append("\(name): use one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).")
            return standard
        }
        return choice
    }

    /// A list separated by commas, each element read by `read`.
    mutating func list<Element>(_ name: String, of what: String, _ read: (String) -> Element?) -> [Element] {
        let texts = (text(name) ?? "").split(separator: ",").map { String($0).filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
        let elements = texts.compactMap(read)
        if elements.count < texts.count { mistakes.append("\(name): use \(what), separated by commas.") }
        return elements
    }

    mutating func refuse(_ mistake: String) { mistakes.append(mistake) }
}
