import Time

/// What a simulation has found: a rule that was broken.
struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What happened, a line each.
struct Trace {
    private(set) var lines: [String] = []

    mutating func note(_ now: Timestamp, _ text: String) { lines.append("\(now.rfc3339) \(text)") }
}
