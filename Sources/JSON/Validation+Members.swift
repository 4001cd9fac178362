extension Validation {
    mutating func checkVariants(_ value: JSON, _ variants: Shape.Variants, partial: Bool) -> JSON {
        guard let members = value.object else { return wrongType("an object", value) }
        let tag = variants.tag
        guard let name = members[tag.name] ?? tag.defaultValue else {
            missing(tag)
            return value
        }
        guard let match = variants.cases.first(where: { .string($0.name) == name }) else {
            return at(tag.name) { $0.check(name, tag.shape) }
        }
        return .object(checkMembers(members, [tag] + variants.common + match.fields, [], partial: partial))
    }

    /// The members in the order of their declaration, so that stored and answered objects all read alike.
    mutating func checkMembers(_ members: JSONObject, _ fields: [Field], _ exactlyOneOf: [String], partial: Bool) -> JSONObject {
        var checked = JSONObject()
        for field in fields {
            if let value = members[field.name] {
                checked[field.name] = at(field.name) { $0.checkMember(value, field) }
            } else if field.isRequired, isAnswer || !field.isReadOnly, !partial {
                missing(field)
            } else if let value = field.defaultValue, !partial, !isAnswer {
                // Through the shape, so that an object's default gets its members' own defaults.
                checked[field.name] = value.isNull ? value : at(field.name) { $0.check(value, field.shape) }
            }
        }
        checkUnknown(members, fields)
        if !exactlyOneOf.isEmpty { checkExactlyOne(members, exactlyOneOf) }
        return checked
    }

    private mutating func checkMember(_ value: JSON, _ field: Field) -> JSON {
        if field.isReadOnly, !isAnswer {
            fail("read_only", "Prikke sets this itself; leave it out.")
            return value
        }
        if value.isNull, field.isNullable { return value }
        return check(value, field.shape)
    }

    private mutating func missing(_ field: Field) {
        at(field.name) { $0.fail("required", field.help.isEmpty ? "Add \(field.name)." : "Add \(field.name): \(field.help)") }
    }

    private mutating func checkUnknown(_ members: JSONObject, _ fields: [Field]) {
        let names = Set(fields.map(\.name))
        let unknown = members.keys.filter { !names.contains($0) }
        guard !unknown.isEmpty else { return }
        let writable = fields.filter { !$0.isReadOnly }.map(\.name).joined(separator: ", ")
        for key in unknown {
            let others = writable.isEmpty ? "Nothing may stand here." : "There are: \(writable)."
            at(key) { $0.fail("unknown_field", "There is no such member here; remove it. \(others)") }
        }
    }

    private mutating func checkExactlyOne(_ members: JSONObject, _ names: [String]) {
        let present = names.filter { members[$0] != nil }
        let list = names.joined(separator: ", ")
        if present.isEmpty { fail("required", "Give one of: \(list).") }
        for name in present.dropFirst() {
            at(name) { $0.fail("not_allowed", "Give only one of: \(list); \(present[0]) is there already.") }
        }
    }
}
