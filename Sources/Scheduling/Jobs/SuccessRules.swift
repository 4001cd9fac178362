import JSON
import Time

/// What counts as success for an answer.
/// (Read by plugins whose answers have a status and a body.)
public struct SuccessRules: Sendable {
    let statuses: [ClosedRange<Int>]
    let bodyContains: String?
    /// Paths into the JSON of the body (`/data/state`, RFC 6901) and what must be there.
    let json: JSONObject
    let maximumDurationMs: Int64?

    static let shape = Shape.object([
        Field(
            "status", .list(of: .either([.integer(100...599), .string(1...7, format: .statuses)]), 1...20),
            default: ["2xx"], help: "The statuses that count as success: 200, \"2xx\", \"200-204\"."),
        Field("body_contains", .string(1...1_000, multiline: true), help: "The body must contain this text."),
        Field(
            "json", .map(of: .anything, keyLengths: 0...200, 1...20),
            help: "The body must be JSON, with these values at these paths (RFC 6901): {\"/state\": \"done\"}."),
        Field("max_duration_ms", .integer(1...900_000), help: "The answer must be complete within so many milliseconds."),
    ])

    /// Reads what `shape` has let through.
    init(_ rules: JSON) {
        statuses = (rules["status"]?.array ?? ["2xx"]).compactMap { $0.int.map { Int($0)...Int($0) } ?? $0.string.flatMap(Self.statuses) }
        bodyContains = rules["body_contains"]?.string
        json = rules["json"]?.object ?? [:]
        maximumDurationMs = rules["max_duration_ms"]?.int
    }

    /// What is wrong with an answer; nil: it is a success. An assertion on a body that was cut fails, and says so.
    func failure(status: Int, body: [UInt8], isTruncated: Bool, duration: Duration) -> (reason: Reason, message: String)? {
        guard statuses.contains(where: { $0.contains(status) }) else {
            return (.httpStatus, "The target answered \(status).")
        }
        if let maximumDurationMs, duration > .milliseconds(maximumDurationMs) {
            return (.assertionFailed, "The answer took longer than \(maximumDurationMs) ms.")
        }
        guard bodyContains != nil || !json.isEmpty else { return nil }
        if isTruncated { return (.assertionFailed, "The body was too long to be checked: only its first 256 KiB are kept.") }
        if let bodyContains, !body.contains(bytesOf: bodyContains) {
            return (.assertionFailed, "The body does not contain the expected text.")
        }
        return json.isEmpty ? nil : failure(ofJSON: body)
    }

    private func failure(ofJSON body: [UInt8]) -> (reason: Reason, message: String)? {
        guard let answer = try? JSON(parsing: body) else { return (.assertionFailed, "The body is not JSON.") }
        for (path, expected) in json where answer.value(at: path) != expected {
            return (.assertionFailed, "The JSON at \(path.isEmpty ? "the top" : path) is not what was expected.")
        }
        return nil
    }

    /// `200`, `2xx`, `200-204`.
    fileprivate static func statuses(_ text: String) -> ClosedRange<Int>? {
        let bytes = Array(text.utf8)
        if bytes.count == 3, bytes[1] == UInt8(ascii: "x"), bytes[2] == UInt8(ascii: "x"), let hundreds = Int(text.prefix(1)) {
            return (1...5).contains(hundreds) ? hundreds * 100...hundreds * 100 + 99 : nil
        }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { $0.utf8.count == 3 ? Int($0) : nil }
        guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil else { return nil }
        return (100...599).contains(first) && (first...599).contains(last) ? first...last : nil
    }
}

extension TextFormat {
    fileprivate static let statuses = TextFormat(hint: "Write a status (200), a class (2xx) or a range (200-204).") {
        SuccessRules.statuses($0) != nil
    }
}

extension JSON {
    /// The value a JSON pointer names; nil where there is none.
    fileprivate func value(at pointer: String) -> JSON? {
        guard !pointer.isEmpty else { return self }
        guard pointer.utf8.first == UInt8(ascii: "/") else { return nil }
        var value = self
        for token in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = String(token).replacing("~1", with: "/").replacing("~0", with: "~")
            let element = value.array.flatMap { list in Int(name).flatMap { list.indices.contains($0) ? list[$0] : nil } }
            guard let next = value.object?[name] ?? element else { return nil }
            value = next
        }
        return value
    }
}
