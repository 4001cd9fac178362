extension Array<UInt8> {
    /// Whether these bytes hold those of `text`, one after the other. Each is looked at a bounded number of times, whatever the
    /// text (Knuth, Morris, Pratt): a tenant chooses both. `String.contains` asks Foundation, which compares by canonical
    /// equivalence: another question.
    func contains(bytesOf text: String) -> Bool {
        let pattern = Array(text.utf8)
        guard !pattern.isEmpty else { return true }
        // For each beginning of the pattern: how long the shorter beginning is that it ends with.
        var overlaps = [0]
        func step(_ matched: Int, _ byte: UInt8) -> Int {
            var matched = matched
            while matched > 0, byte != pattern[matched] { matched = overlaps[matched - 1] }
            return byte == pattern[matched] ? matched + 1 : matched
        }
        for byte in pattern.dropFirst() { overlaps.append(step(overlaps[overlaps.count - 1], byte)) }
        var matched = 0
        for byte in self {
            matched = step(matched, byte)
            if matched == pattern.count { return true }
        }
        return false
    }
}
