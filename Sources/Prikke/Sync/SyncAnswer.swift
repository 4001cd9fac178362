import Glibc
import JSON

/// What sync did, or would do, like a diff for people.
struct SyncAnswer {
    let json: JSON

    var changes: [JSON] { json["changes"]?.array ?? [] }
    var wasApplied: Bool { json["applied"]?.bool ?? false }
    /// How many deletions must be confirmed; nil: none.
    var mustConfirm: Int64? { json["confirm_delete"]?.int }

    /// With colours where somebody looks and nobody said NO_COLOR (no-color.org).
    static func isColoured(_ environment: [String: String]) -> Bool {
        isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    func text(coloured: Bool) -> String {
        (changes.flatMap { lines(of: $0, coloured) } + [summary]).joined(separator: "\n")
    }

    private func lines(of change: JSON, _ coloured: Bool) -> [String] {
        let action = change["action"]?.string ?? ""
        let sign = ["create": "+", "restore": "+", "delete": "-"][action] ?? "~"
        let colour = ["+": "32", "-": "31", "~": "33"][sign] ?? "0"
        let remark = ["restore": " (restored, with its history)", "adopt": " (taken over)"][action] ?? ""
        let head = "\(sign) \(Self.shown(change["key"]))  \(Self.shown(change["name"]))\(remark)"
        let fields = (change["fields"]?.array ?? []).map { field in
            "    \(Self.shown(field["field"])): \(Self.short(field["before"])) → \(Self.short(field["after"]))"
        }
        return [coloured ? "\u{1B}[\(colour)m\(head)\u{1B}[0m" : head] + fields
    }

    private var summary: String {
        let words = [
            ("created", "create"), ("restored", "restore"), ("adopted", "take over"), ("updated", "change"), ("deleted", "delete"),
        ]
        let counts = words.compactMap { member, verb -> String? in
            guard let count = json["summary"]?[member]?.int, count > 0 else { return nil }
            return wasApplied ? "\(count) \(member == "adopted" ? "taken over" : member)" : "\(count) to \(verb)"
        }
        let unchanged = json["summary"]?["unchanged"]?.int ?? 0
        if counts.isEmpty { return "Nothing to do: \(unchanged) \(unchanged == 1 ? "job is" : "jobs are") as the file says." }
        return "\(wasApplied ? "Done" : "Plan"): \(counts.joined(separator: ", ")), \(unchanged) unchanged."
    }

    /// A text without what would steer a terminal.
    private static func shown(_ json: JSON?) -> String {
        String(String.UnicodeScalarView((json?.string ?? "").unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }

    private static func short(_ json: JSON?) -> String {
        let text = (json ?? .null).text
        return text.unicodeScalars.count > 200 ? String(text.prefix(199)) + "…" : text
    }
}
