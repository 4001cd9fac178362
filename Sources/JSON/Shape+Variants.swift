extension Shape {
    /// The same shape with every member of every object always there: how an answer is described.
    public var complete: Shape { mapped { $0.alwaysThere } }

    /// The same shape as it is answered when it was sent: what has a default, what is required and what we set ourselves is there;
    /// what was left out and has no default stays away.
    public var filled: Shape {
        mapped { $0.isRequired || $0.isReadOnly || $0.defaultValue != nil ? $0.alwaysThere : $0 }
    }

    /// A JSON merge patch (RFC 7396) of this shape: members may be left out and then stay as they are, null takes one away (back to
    /// its default, where there is one), objects are patched member by member. Rules of several members at once are not asked: only
    /// what comes of the patch can keep them. `whole` names members of the outermost object that are replaced as a whole.
    public func mergePatch(replacing whole: Set<String> = []) -> Shape {
        var shape = Self.withoutRules(self)
        switch kind {
        case .object(let fields, _):
            shape.kind = .object(fields.filter { !$0.isReadOnly }.map { $0.patched(whole: whole.contains($0.name)) }, exactlyOneOf: [])
        case .variants(let variants):
            // A patch does not repeat which of the cases it is: what any of them has may come.
            var fields = [variants.tag] + variants.common
            for one in variants.cases { fields += one.fields.filter { field in !fields.contains { $0.name == field.name } } }
            shape.kind = .object(fields.filter { !$0.isReadOnly }.map { $0.patched(whole: whole.contains($0.name)) }, exactlyOneOf: [])
        case .map(let value, let keys, let counts):
            shape.kind = .map(.either([value.mergePatch(), .null]), keys: keys, counts: 0...counts.upperBound)
        case .either(let shapes): shape.kind = .either(shapes.map { $0.mergePatch() })
        default: break
        }
        return shape
    }

    private static func withoutRules(_ shape: Shape) -> Shape {
        var shape = shape
        shape.name = nil
        shape.checks = []
        return shape
    }

    /// The same shape with each member of each object changed, innermost first.
    private func mapped(_ change: (Field) -> Field) -> Shape {
        func deep(_ field: Field) -> Field {
            var field = field
            field.shape = field.shape.mapped(change)
            return change(field)
        }
        var shape = self
        switch kind {
        case .object(let fields, let exactlyOneOf):
            // Of members that exclude each other, none is always there.
            shape.kind = .object(
                fields.map { exactlyOneOf.contains($0.name) ? $0 : deep($0) }, exactlyOneOf: exactlyOneOf)
        case .variants(let variants):
            let cases = variants.cases.map { ($0.name, $0.fields.map(deep)) }
            shape.kind = .variants(Variants(tag: deep(variants.tag), common: variants.common.map(deep), cases: cases))
        case .list(let element, let counts): shape.kind = .list(element.mapped(change), counts: counts)
        case .map(let value, let keys, let counts): shape.kind = .map(value.mapped(change), keys: keys, counts: counts)
        case .either(let shapes): shape.kind = .either(shapes.map { $0.mapped(change) })
        case .anything, .null, .boolean, .integer, .number, .string, .choice: break
        }
        return shape
    }
}

extension Field {
    /// The same member as an answer has it: never left out.
    fileprivate var alwaysThere: Field {
        var field = self
        field.isRequired = true
        if example == nil, let defaultValue, defaultValue != [:] { field.example = defaultValue }
        field.defaultValue = nil
        return field
    }

    /// The same member as a merge patch has it.
    fileprivate func patched(whole: Bool) -> Field {
        var field = self
        if !whole { field.shape = shape.mergePatch() }
        (field.isRequired, field.isNullable, field.defaultValue) = (false, true, nil)
        return field
    }
}
