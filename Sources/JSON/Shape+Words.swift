extension Shape {
    /// Whether a value of that type could be right, whatever it holds: how one of several shapes is chosen.
    func takesType(of value: JSON) -> Bool {
        switch kind {
        case .anything: true
        case .null: value.isNull
        case .boolean: value.bool != nil
        case .integer: value.int != nil
        case .number: value.double != nil
        case .string, .choice: value.string != nil
        case .list: value.array != nil
        case .map, .object, .variants: value.object != nil
        case .either(let shapes): shapes.contains { $0.takesType(of: value) }
        }
    }

    /// The type as an error names it.
    var typeInWords: String {
        switch kind {
        case .anything: "any value"
        case .null: "null"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string, .choice: "a text"
        case .list: "a list"
        case .map, .object, .variants: "an object"
        case .either(let shapes): shapes.map(\.typeInWords).joined(separator: " or ")
        }
    }

    /// What to do about a number outside the range.
    var rangeInWords: String {
        switch kind {
        case .integer(let range): "Use a whole number from \(range.lowerBound) to \(range.upperBound)."
        case .number(let range): "Use a number from \(range.lowerBound) to \(range.upperBound)."
        default: ""
        }
    }

    /// The value that a text from a query or a form stands for: `"50"` where an integer belongs is 50. What cannot be
    /// read so stays a text, for `validate` to say what is wrong with it.
    public func value(fromText text: String) -> JSON {
        switch kind {
        case .boolean: ["true": true, "false": false][text] ?? .string(text)
        case .integer: plainInteger(text) ?? .string(text)
        case .number: ((try? JSON(parsing: text.utf8))?.double).map(JSON.number) ?? .string(text)
        default: .string(text)
        }
    }

    /// Whether a form may send several values of one name for it.
    public var isList: Bool { if case .list = kind { true } else { false } }

    /// The value that texts of one name stand for, as checkboxes send them: a list where one belongs, else the only text's value.
    /// What is neither stays a list of texts, for `validate` to refuse.
    public func value(fromTexts texts: [String]) -> JSON {
        if case .list(let element, _) = kind { return .array(texts.map(element.value(fromText:))) }
        return texts.count == 1 ? value(fromText: texts[0]) : .array(texts.map(JSON.string))
    }

    /// Only what JSON calls an integer: `Int64("+1")` would be one for Swift.
    private func plainInteger(_ text: String) -> JSON? {
        guard case .integer(let value)? = try? JSON(parsing: text.utf8), text.utf8.allSatisfy({ $0 > 0x20 }) else { return nil }
        return .integer(value)
    }
}

extension JSON {
    var kindInWords: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
