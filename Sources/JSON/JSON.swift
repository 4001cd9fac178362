import Glibc  // Int64(exactly: Double) calls libm, which nothing else here would link

/// One JSON value (RFC 8259). A number written without fraction or exponent is an `integer`; every other is a `number`.
///
/// Two texts are equal when their bytes are: Swift's own comparison finds `é` and `e` + accent equal, and would so miss
/// an edit that changed one to the other.
public enum JSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    /// The text of a `string`; nil for every other kind.
    public var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The value of an `integer`, or of a `number` without a fraction (`3.0`, `1e3`: JSON Schema calls these integers
    /// too); nil for every other kind and outside `Int64`.
    public var int: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The value of an `integer` or a `number`; nil for every other kind.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The value of a `bool`; nil for every other kind.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The elements of an `array`; nil for every other kind.
    public var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }

    /// The members of an `object`; nil for every other kind.
    public var object: JSONObject? { if case .object(let members) = self { members } else { nil } }

    /// Whether this is `null`.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The member of that name; nil where there is none or this is no object.
    public subscript(key: String) -> JSON? { object?[key] }
}

extension JSON: Hashable {
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): ExactText(left) == ExactText(right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let text): hasher.combine(ExactText(text))
        case .array(let elements): hasher.combine(elements)
        case .object(let members): hasher.combine(members)
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
}

extension JSON: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }

    /// A name that comes twice keeps its last value.
    public init(dictionaryLiteral members: (String, JSON)...) { self = .object(JSONObject(members)) }
}
