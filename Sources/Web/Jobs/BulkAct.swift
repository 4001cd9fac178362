import JSON

/// What can be done to many jobs at once.
enum BulkAct: String, CaseIterable {
    case run, retry, pause, resume, delete

    static let fields = [
        Field("act", .choice(allCases.map(\.rawValue)), required: true, label: "What to do"),
        Field("job", .list(of: .string(1...60), 0...1_000), default: [], label: "Jobs"),
        Field("confirmed", .boolean, default: false),
        Field("return_to", .string(0...8_000)),
    ]

    /// As in "3 jobs paused."
    var done: String {
        switch self {
        case .run: "started"
        case .retry: "retried"
        case .pause: "paused"
        case .resume: "resumed"
        case .delete: "deleted"
        }
    }
}

/// What became of the jobs that something was done to.
struct BulkReport: Sendable {
    let done: String
    private(set) var count = 0
    /// Why, and of which: in the order in which they came.
    private(set) var failures: [(words: String, names: [String])] = []

    init(_ act: BulkAct) { done = act.done }

    mutating func succeed() { count += 1 }

    mutating func fail(_ name: String, _ words: String) {
        if let index = failures.firstIndex(where: { $0.words == words }) {
            failures[index].names.append(name)
        } else {
            failures.append((words, [name]))
        }
    }

    /// `2 jobs started. Not Nightly export, Sync: The plan free has …`
    var sentence: String {
        let first = count == 0 ? "No job \(done)." : "\(Words.count(count, "job")) \(done)."
        return ([first] + failures.map { "Not \(Self.list($0.names)): \($0.words)" }).joined(separator: " ")
    }

    /// The first three by name.
    private static func list(_ names: [String]) -> String {
        let rest = names.count > 3 ? " and \(names.count - 3) more" : ""
        return names.prefix(3).map { $0.count > 40 ? $0.prefix(40) + "…" : $0 }.joined(separator: ", ") + rest
    }
}
