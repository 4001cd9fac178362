/// Names that mean something inside a network only, by registry (RFC 6761, 6762, 7686, 8375) or by habit.
enum ReservedNames {
    /// Whether `name` (lower case, no final dot) is a single label, or stands under a reserved suffix.
    static func contains(_ name: String) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."))
        guard let last = labels.last, labels.count > 1 else { return true }
        if last.elementsEqual("arpa".utf8) { return labels[labels.count - 2].elementsEqual("home".utf8) }
        return suffixes.contains { last.elementsEqual($0.utf8) }
    }

    private static let suffixes = [
        "localhost", "local", "internal", "lan", "corp", "private", "intranet", "test", "invalid", "onion", "localdomain", "svc", "consul",
    ]
}
