extension Array<UInt8> {
    /// Whether these bytes hold those of `text`, one after the other. (`String.contains` asks Foundation, which compares by
    /// canonical equivalence: another question, and a hundred times slower.)
    func contains(bytesOf text: String) -> Bool {
        let pattern = Array(text.utf8)
        guard let first = pattern.first, count >= pattern.count else { return pattern.isEmpty }
        return (0...(count - pattern.count)).contains { self[$0] == first && self[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}
