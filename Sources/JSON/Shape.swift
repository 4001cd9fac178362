/// What a JSON value must be. Made with the functions below, as in
/// `.object([Field("url", .string(1...2_048), required: true), Field("method", .choice(["GET", "POST"]), default: "GET")])`.
public struct Shape: Sendable {
    indirect enum Kind: Sendable {
        case anything
        case null
        case boolean
        case integer(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        case string(Text)
        case choice([String])
        case list(Shape, counts: ClosedRange<Int>)
        case map(Shape, keys: Text, counts: ClosedRange<Int>)
        case object([Field], exactlyOneOf: [String])
        case variants(Variants)
        case either([Shape])
    }

    struct Text: Sendable {
        let lengths: ClosedRange<Int>
        let format: TextFormat?
        let allowsLineBreaks: Bool
    }

    struct Variants: Sendable {
        let tag: Field
        let common: [Field]
        let cases: [(name: String, fields: [Field])]
    }

    var kind: Kind

    /// What the schema is called in an OpenAPI document; nil: it is written out where it is used.
    public internal(set) var name: String?

    var checks: [@Sendable (JSON) -> [FieldError]] = []

    init(_ kind: Kind) { self.kind = kind }
}

extension Shape {
    /// Any JSON at all.
    public static let anything = Shape(.anything)

    /// `null` alone, one of `either`.
    public static let null = Shape(.null)

    /// `true` or `false`.
    public static let boolean = Shape(.boolean)

    /// A whole number in the range.
    public static func integer(_ range: ClosedRange<Int64> = .min ... .max) -> Shape { Shape(.integer(range)) }

    /// A number in the range, whole or not.
    public static func number(_ range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude) -> Shape {
        Shape(.number(range))
    }

    /// A text of so many characters (Unicode scalars, as JSON Schema counts). Control characters are refused (line breaks
    /// in names and header values forge log lines and headers), unless `multiline`.
    public static func string(_ lengths: ClosedRange<Int> = 0...1_000, format: TextFormat? = nil, multiline: Bool = false) -> Shape {
        Shape(.string(Text(lengths: lengths, format: format, allowsLineBreaks: multiline)))
    }

    /// One of these texts.
    public static func choice(_ values: [String]) -> Shape { Shape(.choice(values)) }

    /// A list of so many elements, each of that shape.
    public static func list(of element: Shape, _ counts: ClosedRange<Int> = 0...100) -> Shape {
        Shape(.list(element, counts: counts))
    }

    /// An object whose member names are data, header names for one.
    public static func map(
        of value: Shape, keys: TextFormat? = nil, keyLengths: ClosedRange<Int> = 1...200, _ counts: ClosedRange<Int> = 0...100
    ) -> Shape {
        Shape(.map(value, keys: Text(lengths: keyLengths, format: keys, allowsLineBreaks: false), counts: counts))
    }

    /// An object of these members and no others. Of those named in `exactlyOneOf`, exactly one must be there.
    public static func object(_ fields: [Field], exactlyOneOf: [String] = []) -> Shape {
        precondition(exactlyOneOf.allSatisfy { name in fields.contains { $0.name == name } }, "exactlyOneOf names no field")
        return Shape(.object(fields, exactlyOneOf: exactlyOneOf))
    }

    /// An object in which the member `tag` says which further members there are: a job's `plugin` and its `config`. Each
    /// case has the `common` members and its own.
    public static func variants(
        by tag: String, default first: String?, help: String = "", common: [Field], _ cases: [(String, [Field])]
    ) -> Shape {
        let names = cases.map(\.0)
        let field = Field(tag, .choice(names), required: first == nil, default: first.map(JSON.string), help: help)
        return Shape(.variants(Variants(tag: field, common: common, cases: cases.map { ($0.0, $0.1) })))
    }

    /// The first of these shapes whose type fits: `.either([.string(), .list(of: .string())])`.
    public static func either(_ shapes: [Shape]) -> Shape { Shape(.either(shapes)) }

    /// The same shape under a name in the OpenAPI document, where it is then written once and referred to.
    public func named(_ name: String) -> Shape {
        var shape = self
        shape.name = name
        return shape
    }

    /// The same shape with one more rule. It sees only values that are right so far, with their defaults filled in, and
    /// answers what is wrong; its pointers start at this value. It must not put a secret into a detail.
    public func checked(_ check: @escaping @Sendable (JSON) -> [FieldError]) -> Shape {
        var shape = self
        shape.checks.append(check)
        return shape
    }
}
