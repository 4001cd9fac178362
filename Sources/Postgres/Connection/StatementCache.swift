/// Which statements a connection has prepared: by their text and the types of their parameters, a bounded number, the
/// longest unused going first.
struct StatementCache {
    /// How the next execution of a statement has to be sent.
    enum Way {
        /// Prepare it under this name, then execute it; `evicted` names a statement to forget.
        case prepare(name: String, evicted: String?)
        /// It is being prepared, but no answer says so yet. Were it executed by name and the preparing failed, the second
        /// caller would get an error about a name it has never heard of; so this execution brings its own text.
        case unnamed
        case named(String)
    }

    private struct Key: Hashable {
        let pieces: [String]
        let types: [UInt32]
    }

    private struct Entry {
        let name: String
        var isReady = false
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func way(of query: Query) -> Way {
        clock += 1
        let key = Key(pieces: query.pieces, types: query.types)
        if let position = entries.index(forKey: key) {
            entries.values[position].lastUse = clock
            let entry = entries.values[position]
            return entry.isReady ? .named(entry.name) : .unnamed
        }
        let evicted = entries.count < capacity ? nil : entries.min { $0.value.lastUse < $1.value.lastUse }
        if let evicted { entries[evicted.key] = nil }
        let name = "p\(clock)"
        entries[key] = Entry(name: name, lastUse: clock)
        return .prepare(name: name, evicted: evicted?.value.name)
    }

    /// The server has answered the preparing of `name`.
    mutating func prepared(_ query: Query, as name: String, succeeded: Bool) {
        let key = Key(pieces: query.pieces, types: query.types)
        guard entries[key]?.name == name else { return }
        if succeeded { entries[key]?.isReady = true } else { entries[key] = nil }
    }

    /// The server will not execute what it has prepared; the next time must start anew.
    mutating func forget(_ query: Query) { entries[Key(pieces: query.pieces, types: query.types)] = nil }
}
