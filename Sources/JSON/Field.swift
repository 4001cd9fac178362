/// One member of an object: its name, what it may hold, and what people are told about it. Validation, JSON Schema, forms
/// and documentation all come from this one declaration.
public struct Field: Sendable {
    /// The member's name in JSON, snake_case.
    public let name: String

    /// What the value must be.
    public internal(set) var shape: Shape

    /// Whether leaving it out is an error.
    public internal(set) var isRequired: Bool

    /// Whether it may be null.
    public internal(set) var isNullable: Bool

    /// What is filled in where it is left out; nil: nothing, it stays away.
    public internal(set) var defaultValue: JSON?

    /// Whether the value must not be shown: never in an error, and in forms and answers only as `***`.
    public let isSecret: Bool

    /// Whether only we set it: shown in answers, refused in requests.
    public internal(set) var isReadOnly: Bool

    /// What a form calls it, in sentence case.
    public let label: String

    /// A sentence or two for forms and documentation; Markdown is not read.
    public let help: String

    /// What a sensible value looks like.
    public internal(set) var example: JSON?

    /// `label` is made of the name where it is left out: `timeout_ms` becomes "Timeout ms".
    public init(
        _ name: String, _ shape: Shape, required: Bool = false, nullable: Bool = false, default defaultValue: JSON? = nil,
        secret: Bool = false, readOnly: Bool = false, label: String? = nil, help: String = "", example: JSON? = nil
    ) {
        precondition(!required || defaultValue == nil, "\(name): what is required has no default")
        self.name = name
        self.shape = shape
        self.isRequired = required
        self.isNullable = nullable
        self.defaultValue = defaultValue
        self.isSecret = secret
        self.isReadOnly = readOnly
        self.label = label ?? Self.label(for: name)
        self.help = help
        self.example = example
    }

    private static func label(for name: String) -> String {
        let words = name.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
