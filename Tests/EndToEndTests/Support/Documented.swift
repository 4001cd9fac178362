import JSON

/// Where a value is not what its declared shape says: members that are missing, members that nobody declared, and wrong types.
func differences(_ value: JSON, from shape: Shape) -> [String] {
    let wrong: [String]
    do {
        _ = try shape.validate(value)
        wrong = []
    } catch {
        wrong = error.errors.map { "\($0.pointer) \($0.code)" }
    }
    return wrong + missing(value, shape.schema, at: "")
}

/// What a shape takes as left out, an answer must have.
private func missing(_ value: JSON, _ schema: JSON, at pointer: String) -> [String] {
    if let choices = (schema["anyOf"] ?? schema["oneOf"])?.array, let choice = choices.first(where: { $0["type"] != "null" }) {
        return value == .null ? [] : missing(value, choice, at: pointer)
    }
    if let elements = value.array, let items = schema["items"] {
        return elements.enumerated().flatMap { missing($0.element, items, at: "\(pointer)/\($0.offset)") }
    }
    guard let members = value.object, let properties = schema["properties"]?.object else { return [] }
    return properties.flatMap { name, property in
        guard let member = members[name] else { return ["\(pointer)/\(name) missing"] }
        return missing(member, property, at: "\(pointer)/\(name)")
    }
}

extension Shape {
    /// A list that is answered whole.
    static func all(_ element: Shape) -> Shape { .object([Field("data", .list(of: element))]) }
    /// A page of a list.
    static func page(_ element: Shape) -> Shape {
        .object([Field("data", .list(of: element)), Field("next_cursor", .string(), nullable: true)])
    }
}
