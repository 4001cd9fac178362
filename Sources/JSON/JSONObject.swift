/// The members of a JSON object, in the order in which they were written; a name comes once. Equality ignores the order.
public struct JSONObject: Sendable {
    /// One name and its value.
    public typealias Member = (key: String, value: JSON)

    private var members: [Member] = []

    /// Where each name stands; kept only for large objects, because up to here looking through is faster than hashing.
    private var positions: [ExactText: Int] = [:]
    private static let fewMembers = 12

    /// An object without members.
    public init() {}

    /// An object of these members; a name that comes twice keeps its last value.
    public init(_ members: some Sequence<(String, JSON)>) {
        for (key, value) in members { self[key] = value }
    }

    /// How many members there are.
    public var count: Int { members.count }

    /// Whether there are none.
    public var isEmpty: Bool { members.isEmpty }

    /// The names, in order.
    public var keys: [String] { members.map(\.key) }

    /// The value of that name; nil where there is none. Setting nil removes the member (`.null` stores a null); setting
    /// a new name appends it.
    public subscript(key: String) -> JSON? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member, unless there is one of that name already. Returns whether it was added.
    mutating func insert(_ key: String, _ value: JSON) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private func position(of key: String) -> Int? {
        let key = ExactText(key)
        return positions.isEmpty ? members.firstIndex { ExactText($0.key) == key } : positions[key]
    }

    private mutating func append(_ key: String, _ value: JSON) {
        members.append((key, value))
        if !positions.isEmpty {
            positions[ExactText(key)] = members.count - 1
        } else if members.count > Self.fewMembers {
            index()
        }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        positions = [:]
        if members.count > Self.fewMembers { index() }
    }

    private mutating func index() {
        positions = Dictionary(uniqueKeysWithValues: members.enumerated().map { (ExactText($1.key), $0) })
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
    public var underestimatedCount: Int { members.count }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }

    /// The order must not count, so the members' own hashes are added up.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (key, value) in members {
            var member = Hasher()
            member.combine(ExactText(key))
            member.combine(value)
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral members: (String, JSON)...) { self.init(members) }
}

/// A text compared and hashed by its bytes. `String` compares by canonical equivalence, for which it sorts the combining
/// marks of hostile input; a hash of bytes is linear whatever they are.
struct ExactText: Hashable {
    private let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.count == right.text.utf8.count && left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        let done: Void? = text.utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        if done == nil { text.utf8.forEach { hasher.combine($0) } }
    }
}
