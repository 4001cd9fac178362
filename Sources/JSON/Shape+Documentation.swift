extension Shape {
    /// Type and limits in a few words, for a table: "text, 1–200 characters".
    public var inWords: String {
        switch kind {
        case .anything: "any JSON"
        case .null: "null"
        case .boolean: "true or false"
        case .integer(let range): "whole number" + Self.limits(range, .min, .max)
        case .number(let range): "number" + Self.limits(range, -.greatestFiniteMagnitude, .greatestFiniteMagnitude)
        case .string(let rule): rule.inWords
        case .choice(let choices): choices.joined(separator: " | ")
        case .list(let element, let counts): "list of \(counts.lowerBound)–\(counts.upperBound): \(element.inWords)"
        case .map(let value, _, _): "object, any names: \(value.inWords)"
        case .object(_, let exactlyOneOf):
            exactlyOneOf.isEmpty ? "object" : "object with one of " + exactlyOneOf.joined(separator: ", ")
        case .variants: "object"
        case .either(let shapes): shapes.map(\.inWords).joined(separator: ", or ")
        }
    }

    /// The members of the object that it is, or that its elements or one of its alternatives are; empty where there is none.
    public var members: [Field] {
        switch kind {
        case .object(let fields, _): fields
        case .variants(let variants):
            variants.cases.reduce([variants.tag] + variants.common) { fields, one in
                fields + one.fields.filter { field in !fields.contains { $0.name == field.name } }
            }
        case .list(let element, _): element.members
        case .either(let shapes): shapes.first { !$0.members.isEmpty }?.members ?? []
        default: []
        }
    }

    private static func limits<Number: Comparable>(_ range: ClosedRange<Number>, _ least: Number, _ most: Number) -> String {
        switch (range.lowerBound > least, range.upperBound < most) {
        case (true, true): ", \(range.lowerBound)–\(range.upperBound)"
        case (true, false): ", at least \(range.lowerBound)"
        case (false, true): ", at most \(range.upperBound)"
        case (false, false): ""
        }
    }
}

extension Shape.Text {
    fileprivate var inWords: String {
        if format?.name == "date-time" { return "instant (RFC 3339)" }
        let (least, most) = (lengths.lowerBound, lengths.upperBound)
        let count = least == most ? "\(most)" : least == 0 ? "at most \(most)" : "\(least)–\(most)"
        return "text, \(count) characters"
    }
}
