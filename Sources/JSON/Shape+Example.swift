extension Shape {
    /// A sensible value: of each member its example, else its default, else null, else what its shape says. As a request it has only
    /// what is required or has an example; as an answer (`isAnswer`) all that is always there.
    public func example(isAnswer: Bool = false) -> JSON {
        switch kind {
        case .anything: [:]
        case .null: .null
        case .boolean: true
        case .integer(let range): .integer(min(max(1, range.lowerBound), range.upperBound))
        case .number(let range): .number(min(max(1, range.lowerBound), range.upperBound))
        case .string(let rule): .string(rule.example)
        case .choice(let choices): .string(choices.first ?? "")
        case .list(let element, let counts):
            .array(isAnswer || counts.lowerBound > 0 ? [element.example(isAnswer: isAnswer)] : [])
        case .map(let value, let keys, let counts):
            counts.lowerBound > 0 ? .object([keys.example: value.example(isAnswer: isAnswer)]) : [:]
        case .object(let fields, let exactlyOneOf): Self.example(of: fields, exactlyOneOf, isAnswer)
        case .variants(let variants):
            Self.example(of: [variants.tag] + variants.common + (variants.cases.first?.fields ?? []), [], isAnswer)
        case .either(let shapes): shapes.first?.example(isAnswer: isAnswer) ?? .null
        }
    }

    private static func example(of fields: [Field], _ exactlyOneOf: [String], _ isAnswer: Bool) -> JSON {
        let others = exactlyOneOf.dropFirst()
        return .object(
            JSONObject(
                fields.compactMap { field in
                    let isAsked = field.isRequired || field.example != nil || exactlyOneOf.first == field.name
                    guard isAsked, !others.contains(field.name), isAnswer || !field.isReadOnly else { return nil }
                    return (field.name, field.example(isAnswer: isAnswer))
                }))
    }
}

extension Field {
    fileprivate func example(isAnswer: Bool) -> JSON {
        if let example { return example }
        if let defaultValue { return defaultValue }
        return isNullable ? .null : shape.example(isAnswer: isAnswer)
    }
}

extension Shape.Text {
    fileprivate var example: String {
        if format?.name == "date-time" { return "2026-11-23T08:00:00.000000Z" }
        return String(repeating: "a", count: max(1, lengths.lowerBound))
    }
}
