import JSON

/// Where in a job's config a value is.
public struct ConfigPath: Sendable, Hashable {
    /// The names of the members that lead to it.
    public let names: [String]

    /// The value behind these members, one within the other.
    public init(_ names: String...) { self.names = names }

    init(_ names: [String]) { self.names = names }

    /// Stands for a secret wherever it is shown, and for "as it was" where a config is saved.
    static let mask: JSON = "***"

    /// As RFC 6901 writes it: `/headers/Authorization`.
    var pointer: String { names.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined() }

    /// What the value is known by where it is kept: a header that is written in other letters is the same header.
    var key: String { pointer.lowercased() }
}

extension JSON {
    /// The value there; nil where there is none.
    func value(at path: ConfigPath) -> JSON? {
        path.names.reduce(Optional(self)) { value, name in value.flatMap { $0[name] } }
    }

    /// The same with another value there; the members that lead to it are made where they are missing.
    func setting(_ value: JSON, at path: ConfigPath) -> JSON { setting(value, at: path.names[...]) }

    private func setting(_ value: JSON, at names: ArraySlice<String>) -> JSON {
        guard let name = names.first else { return value }
        var members = object ?? [:]
        members[name] = (members[name] ?? [:]).setting(value, at: names.dropFirst())
        return .object(members)
    }
}
