extension Shape {
    /// This shape in JSON Schema 2020-12, as OpenAPI 3.1 takes it, with everything written out in place.
    public var schema: JSON {
        var components = JSONObject()
        return schema(naming: &components, inPlace: true)
    }

    /// The same, with each named shape put into `components` once and referred to by `$ref`.
    public func schema(components: inout JSONObject) -> JSON { schema(naming: &components, inPlace: false) }

    private func schema(naming components: inout JSONObject, inPlace: Bool) -> JSON {
        guard let name, !inPlace else { return writtenOut(&components, inPlace) }
        if components[name] == nil {
            components[name] = .null  // holds the place while members that refer back to it are written
            components[name] = writtenOut(&components, inPlace)
        }
        return ["$ref": "#/components/schemas/\(name)"]
    }

    private func writtenOut(_ components: inout JSONObject, _ inPlace: Bool) -> JSON {
        switch kind {
        case .anything: return [:]
        case .null: return ["type": "null"]
        case .boolean: return ["type": "boolean"]
        case .integer(let range): return .object(Self.integerSchema(range))
        case .number(let range): return .object(Self.numberSchema(range))
        case .string(let rule): return .object(rule.schema)
        case .choice(let choices): return ["type": "string", "enum": .array(choices.map(JSON.string))]
        case .list(let element, let counts):
            return [
                "type": "array", "items": element.schema(naming: &components, inPlace: inPlace),
                "minItems": .integer(Int64(counts.lowerBound)), "maxItems": .integer(Int64(counts.upperBound)),
            ]
        case .map(let value, let keys, let counts):
            return [
                "type": "object", "propertyNames": .object(keys.schema),
                "additionalProperties": value.schema(naming: &components, inPlace: inPlace),
                "minProperties": .integer(Int64(counts.lowerBound)), "maxProperties": .integer(Int64(counts.upperBound)),
            ]
        case .object(let fields, let exactlyOneOf):
            var schema = Self.schema(of: fields, &components, inPlace)
            if !exactlyOneOf.isEmpty { schema["oneOf"] = .array(exactlyOneOf.map { ["required": [.string($0)]] }) }
            return .object(schema)
        case .variants(let variants): return variants.schema(&components, inPlace)
        case .either(let shapes): return ["anyOf": .array(shapes.map { $0.schema(naming: &components, inPlace: inPlace) })]
        }
    }

    private static func integerSchema(_ range: ClosedRange<Int64>) -> JSONObject {
        var schema: JSONObject = ["type": "integer", "format": "int64"]
        if range.lowerBound != .min { schema["minimum"] = .integer(range.lowerBound) }
        if range.upperBound != .max { schema["maximum"] = .integer(range.upperBound) }
        return schema
    }

    private static func numberSchema(_ range: ClosedRange<Double>) -> JSONObject {
        var schema: JSONObject = ["type": "number"]
        if range.lowerBound > -.greatestFiniteMagnitude { schema["minimum"] = .number(range.lowerBound) }
        if range.upperBound < .greatestFiniteMagnitude { schema["maximum"] = .number(range.upperBound) }
        return schema
    }

    static func schema(of fields: [Field], _ components: inout JSONObject, _ inPlace: Bool) -> JSONObject {
        var properties = JSONObject()
        for field in fields { properties[field.name] = field.schema(&components, inPlace) }
        let required = fields.filter(\.isRequired).map { JSON.string($0.name) }
        var schema: JSONObject = ["type": "object", "properties": .object(properties), "additionalProperties": false]
        if !required.isEmpty { schema["required"] = .array(required) }
        return schema
    }
}

extension Shape.Text {
    var schema: JSONObject {
        var schema: JSONObject = ["type": "string", "maxLength": .integer(Int64(lengths.upperBound))]
        if lengths.lowerBound > 0 { schema["minLength"] = .integer(Int64(lengths.lowerBound)) }
        if let name = format?.name { schema["format"] = .string(name) }
        if let pattern = format?.pattern {
            schema["pattern"] = .string(pattern)
        } else if !allowsLineBreaks {
            schema["pattern"] = "^[^\\u0000-\\u001F\\u007F]*$"
        }
        return schema
    }
}

extension Shape.Variants {
    func schema(_ components: inout JSONObject, _ inPlace: Bool) -> JSON {
        var alternatives: [JSON] = []
        for (name, fields) in cases {
            var schema = Shape.schema(of: [tag] + common + fields, &components, inPlace)
            var properties = schema["properties"]?.object ?? [:]
            properties[tag.name] = ["const": .string(name)]
            schema["properties"] = .object(properties)
            // Without this, a value that leaves the tag out would fit every alternative that has the same members.
            if tag.defaultValue != .string(name), !tag.isRequired {
                schema["required"] = .array([.string(tag.name)] + (schema["required"]?.array ?? []))
            }
            alternatives.append(.object(schema))
        }
        return alternatives.count == 1 ? alternatives[0] : ["oneOf": .array(alternatives)]
    }
}

extension Field {
    func schema(_ components: inout JSONObject, _ inPlace: Bool) -> JSON {
        var schema = (inPlace ? shape.schema : shape.schema(components: &components)).object ?? [:]
        if isNullable { schema = ["anyOf": [.object(schema), ["type": "null"]]] }
        if !help.isEmpty { schema["description"] = .string(help) }
        if let defaultValue { schema["default"] = defaultValue }
        if let example { schema["examples"] = [example] }
        if isReadOnly { schema["readOnly"] = true }
        // Not `writeOnly`: it is answered too, as `***`.
        if isSecret { schema["x-secret"] = true }
        return .object(schema)
    }
}
