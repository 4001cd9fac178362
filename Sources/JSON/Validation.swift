extension Shape {
    /// Holds `value` against this shape. Returns it with the defaults filled in, or throws all that is wrong with it.
    ///
    /// `partial` is for a change (PATCH): members of the outermost object may be left out, and get no defaults.
    public func validate(_ value: JSON, partial: Bool = false) throws(InvalidInput) -> JSON {
        var validation = Validation()
        let checked = validation.check(value, self, partial: partial)
        guard validation.errors.isEmpty else { throw InvalidInput(errors: validation.errors) }
        return checked
    }
}

extension Shape {
    /// Where an answer of ours is not what this shape says; empty where it is. (For tests and examples.)
    public func faults(inAnswer value: JSON) -> [FieldError] {
        var validation = Validation(isAnswer: true)
        _ = validation.check(value, self)
        return validation.errors
    }
}

/// One walk over a value and its shape. Both bound the recursion: a shape is finite, and a parsed value is not deep.
/// No detail repeats what was sent: it may be a secret, and it stands next to its pointer anyway.
struct Validation {
    /// Whether it is an answer of ours: what we set is there, what was declared as always there too, and nothing is filled in.
    let isAnswer: Bool
    private(set) var errors: [FieldError] = []
    private var pointer = Pointer()

    init(isAnswer: Bool = false) { self.isAnswer = isAnswer }

    mutating func check(_ value: JSON, _ shape: Shape, partial: Bool = false) -> JSON {
        let before = errors.count
        let checked = checkKind(value, shape, partial: partial)
        guard errors.count == before, !isAnswer else { return checked }
        for check in shape.checks {
            for error in check(checked) where errors.count < InvalidInput.mostErrors {
                errors.append(FieldError(pointer: pointer.text + error.pointer, code: error.code, detail: error.detail))
            }
        }
        return checked
    }

    private mutating func checkKind(_ value: JSON, _ shape: Shape, partial: Bool) -> JSON {
        switch shape.kind {
        case .anything: return value
        case .null: if !value.isNull { wrongType("null", value) }
        case .boolean: if value.bool == nil { wrongType("true or false", value) }
        case .integer(let range): return checkInteger(value, range)
        case .number(let range): checkNumber(value, range)
        case .string(let rule): checkString(value, rule)
        case .choice(let choices): checkChoice(value, choices)
        case .list(let element, let counts): return checkList(value, of: element, counts)
        case .map(let element, let keys, let counts): return checkMap(value, of: element, keys, counts)
        case .object(let fields, let exactlyOneOf):
            guard let members = value.object else { return wrongType("an object", value) }
            return .object(checkMembers(members, fields, exactlyOneOf, partial: partial))
        case .variants(let variants): return checkVariants(value, variants, partial: partial)
        case .either(let shapes):
            guard let match = shapes.first(where: { $0.takesType(of: value) }) else {
                return wrongType(shapes.map(\.typeInWords).joined(separator: " or "), value)
            }
            return check(value, match)
        }
        return value
    }

    private mutating func checkInteger(_ value: JSON, _ range: ClosedRange<Int64>) -> JSON {
        guard let number = value.int else { return wrongType("a whole number", value) }
        if !range.contains(number) { fail("out_of_range", Shape.integer(range).rangeInWords) }
        return .integer(number)
    }

    private mutating func checkNumber(_ value: JSON, _ range: ClosedRange<Double>) {
        guard let number = value.double else { return _ = wrongType("a number", value) }
        if !range.contains(number) { fail("out_of_range", Shape.number(range).rangeInWords) }
    }

    private mutating func checkString(_ value: JSON, _ rule: Shape.Text) {
        guard let text = value.string else { return _ = wrongType("a text", value) }
        checkText(text, rule)
    }

    private mutating func checkText(_ text: String, _ rule: Shape.Text) {
        let length = text.unicodeScalars.count
        if length > rule.lengths.upperBound {
            fail("too_long", "This has \(length) characters; use at most \(rule.lengths.upperBound).")
        } else if length < rule.lengths.lowerBound {
            fail("too_short", length == 0 ? "This is empty; write something." : "Use at least \(rule.lengths.lowerBound) characters.")
        } else if !rule.allowsLineBreaks, text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            fail("invalid_format", "Line breaks and other control characters are not allowed here; remove them.")
        } else if let format = rule.format, !format.accepts(text) {
            fail("invalid_format", format.hint)
        }
    }

    private mutating func checkChoice(_ value: JSON, _ choices: [String]) {
        guard let text = value.string else { return _ = wrongType("a text", value) }
        if !choices.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
            fail("not_allowed", "Use one of: \(choices.joined(separator: ", ")).")
        }
    }

    private mutating func checkList(_ value: JSON, of element: Shape, _ counts: ClosedRange<Int>) -> JSON {
        guard let elements = value.array else { return wrongType("a list", value) }
        guard checkCount(elements.count, counts, "elements") else { return value }
        return .array(elements.enumerated().map { index, value in at("\(index)") { $0.check(value, element) } })
    }

    private mutating func checkMap(_ value: JSON, of element: Shape, _ keys: Shape.Text, _ counts: ClosedRange<Int>) -> JSON {
        guard let members = value.object else { return wrongType("an object", value) }
        guard checkCount(members.count, counts, "members") else { return value }
        var checked = JSONObject()
        for (key, value) in members {
            checked[key] = at(key) { validation in
                validation.checkText(key, keys)
                return validation.check(value, element)
            }
        }
        return .object(checked)
    }

    private mutating func checkCount(_ count: Int, _ counts: ClosedRange<Int>, _ noun: String) -> Bool {
        if count > counts.upperBound {
            fail("too_long", "This has \(count) \(noun); use at most \(counts.upperBound).")
        } else if count < counts.lowerBound {
            fail("too_short", "This has \(count) \(noun); use at least \(counts.lowerBound).")
        }
        return counts.contains(count)
    }
}

extension Validation {
    mutating func fail(_ code: String, _ detail: String) {
        guard errors.count < InvalidInput.mostErrors else { return }
        errors.append(FieldError(pointer: pointer.text, code: code, detail: detail))
    }

    @discardableResult
    mutating func wrongType(_ expected: String, _ value: JSON) -> JSON {
        fail("wrong_type", "Send \(expected) here, not \(value.kindInWords).")
        return value
    }

    mutating func at<Result>(_ token: String, _ body: (inout Validation) -> Result) -> Result {
        pointer.enter(token)
        defer { pointer.leave() }
        return body(&self)
    }
}
