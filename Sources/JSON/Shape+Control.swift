extension Shape {
    /// In what a form lets people write a value.
    public enum Control: Sendable, Equatable {
        /// A text of one line.
        case line
        /// A text of several.
        case text
        case number
        case flag
        case choice([String])
        /// Several texts of one line each.
        case list
        /// Names and their texts, of one line each.
        case pairs
        /// Everything else: JSON as it is.
        case document
    }

    /// What suits the shape. Every value that it allows can be written in it.
    public var control: Control {
        switch kind {
        case .boolean: .flag
        case .integer, .number: .number
        case .choice(let choices): .choice(choices)
        case .string(let rule): rule.allowsLineBreaks ? .text : .line
        case .list(let element, _): [.line, .number].contains(element.control) || element.control.isChoice ? .list : .document
        case .map(let value, _, _): value.control == .line ? .pairs : .document
        case .anything, .null, .object, .variants, .either: .document
        }
    }

    /// What a list's elements, or a map's values, are to be.
    public var element: Shape? {
        switch kind {
        case .list(let element, _), .map(let element, _, _): element
        default: nil
        }
    }
}

extension Shape.Control {
    fileprivate var isChoice: Bool { if case .choice = self { true } else { false } }
}
