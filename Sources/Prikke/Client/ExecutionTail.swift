import JSON

/// Follows a list of executions, newest first, and tells each ended one once, in the order in which they ended.
struct ExecutionTail {
    /// What was told, or was there before; and what was so longer ago. (A tail may run for months.)
    private var (known, knownBefore): (Set<String>, Set<String>) = ([], [])
    /// Seen, and not over.
    private var open: Set<String> = []
    private var isFirst = true
    /// Of the first look: when the last execution had ended, and when the oldest was due. What was due and over before is history,
    /// wherever it turns up later.
    private var (lastEnd, oldestDue) = ("", "")

    /// So many of those that had ended before are told at first.
    let history: Int
    /// A page that holds nothing new ends the look at one moment; so does this many of them.
    private static let mostPages = 20
    private static let mostKnown = 100_000

    init(history: Int) { self.history = history }

    /// Those that have ended since, oldest first. `page` gives the part of the list behind a cursor, `one` one execution by its id.
    mutating func look(
        page: (String?) async throws -> JSON, one: (String) async throws -> JSON
    ) async throws -> [JSON] {
        var ended: [JSON] = []
        var seen: Set<String> = []
        var cursor: String?
        for _ in 0..<(isFirst ? 1 : Self.mostPages) {
            let answer = try await page(cursor)
            let elements = answer["data"]?.array ?? []
            var hasNews = false
            for execution in elements {
                guard let id = execution["id"]?.string, seen.insert(id).inserted, !known.contains(id), !knownBefore.contains(id) else {
                    continue
                }
                hasNews = hasNews || !open.contains(id)
                if !execution.isOver { open.insert(id) } else if !isHistory(execution) { ended.append(execution) }
            }
            if isFirst { oldestDue = elements.last?["scheduled_for"]?.string ?? "" }
            cursor = answer["next_cursor"]?.string
            if !hasNews || cursor == nil { break }
        }
        // What was running and has slipped off the pages is asked for by name.
        for id in open.subtracting(seen) {
            let execution = try await one(id)
            if execution.isOver { ended.append(execution) }
        }
        return take(ended)
    }

    private func isHistory(_ execution: JSON) -> Bool {
        !isFirst && execution.endedAt <= lastEnd && (execution["scheduled_for"]?.string ?? "") < oldestDue
    }

    private mutating func take(_ ended: [JSON]) -> [JSON] {
        for id in ended.compactMap({ $0["id"]?.string }) {
            known.insert(id)
            open.remove(id)
        }
        if known.count > Self.mostKnown { (known, knownBefore) = ([], known) }
        let ordered = ended.sorted { ($0.endedAt, $0["id"]?.string ?? "") < ($1.endedAt, $1["id"]?.string ?? "") }
        if isFirst { lastEnd = ordered.last?.endedAt ?? "" }
        defer { isFirst = false }
        return isFirst ? ordered.suffix(history) : ordered
    }
}

extension JSON {
    fileprivate var isOver: Bool { !["pending", "running"].contains(self["status"]?.string ?? "") }

    /// What never started has no end of its own.
    fileprivate var endedAt: String { self["finished_at"]?.string ?? self["scheduled_for"]?.string ?? "" }

    /// One ended execution in one line for people.
    var executionLine: String {
        let time = (self["finished_at"] ?? self["scheduled_for"])?.string ?? self["scheduled_for"]?.string ?? ""
        var line = [String(time.prefix(19)) + "Z", (self["status"]?.string ?? "").padded(to: 9)]
        line.append(self["job_key"]?.string ?? self["job_id"]?.string ?? "")
        if let code = self["status_code"]?.int { line.append(String(code)) }
        if let duration = self["duration_ms"]?.int { line.append("\(duration) ms") }
        if let late = self["lateness_ms"]?.int, late >= 1_000 { line.append("\(late) ms late") }
        if let count = self["count"]?.int, count > 1 { line.append("×\(count)") }
        if let sentence = self["error_message"]?.string ?? self["sentence"]?.string { line.append(sentence) }
        return line.joined(separator: "  ")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { count < width ? self + String(repeating: " ", count: width - count) : self }
}
