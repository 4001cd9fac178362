extension JSON {
    /// This value changed by a JSON merge patch (RFC 7396): objects are merged member by member, null removes a member, and
    /// everything else replaces what was there.
    ///
    /// `replacing` names members of the outermost object that are replaced as a whole even by an object, because their own
    /// members exclude each other.
    public func merged(with patch: JSON, replacing whole: Set<String> = []) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var members = object ?? [:]
        for (key, change) in changes {
            switch change {
            case .object where !whole.contains(key): members[key] = (members[key] ?? .object([:])).merged(with: change)
            // `nil` in an expression of type JSON would be its null.
            case .null: members[key] = Optional<JSON>.none
            default: members[key] = change
            }
        }
        return .object(members)
    }
}

extension JSON {
    /// The same with the members of every object in the order of their names: equal values are then equal texts.
    public var sorted: JSON {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members): .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted) }))
        default: self
        }
    }
}
