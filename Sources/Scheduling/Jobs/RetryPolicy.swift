import JSON
import Time

/// How often, and after how long, a failed execution is tried again.
struct RetryPolicy: Sendable {
    enum Backoff: Sendable {
        case exponential
        case fixed
        /// Seconds before the first, second, … retry; the last one goes on.
        case list([Int64])
    }

    let limit: Int
    let backoff: Backoff
    let initial: Int64
    let maximum: Int64

    static let shape = Shape.object([
        Field(
            "limit", .integer(0...10),
            help:
                "How many retries; 0 for none. Default: 5 for one-time and on-demand jobs, 0 for recurring ones. A target ends them with `Prikke-Retry: never`.",
            example: 3),
        Field(
            "backoff", .either([.choice(["exponential", "fixed"]), .list(of: .string(1...20, format: .wait), 1...10)]),
            default: "exponential", help: "How the wait grows: exponential (with full jitter), fixed, or a list of waits."),
        Field(
            "initial", .string(1...20, format: .wait), default: "30s",
            help: "The wait before the first retry. A target sets it with `Prikke-Retry-After: 10m`, or lengthens it with Retry-After."),
        Field("maximum", .string(1...20, format: .wait), default: "1h", help: "No wait is longer than this."),
    ])

    /// Reads what `shape` has let through, and what an older version stored.
    init(_ json: JSON) {
        limit = Int(json["limit"]?.int ?? 0)
        initial = Self.seconds(json["initial"]) ?? 30
        maximum = Self.seconds(json["maximum"]) ?? 3600
        if let waits = json["backoff"]?.array {
            backoff = .list(waits.compactMap { Self.seconds($0) })
        } else {
            backoff = json["backoff"] == "fixed" ? .fixed : .exponential
        }
    }

    /// How long to wait before the `retry`-th retry (1 the first). Exponential waits are drawn evenly from nothing to the
    /// doubled wait ("full jitter"), so that what failed together does not come back together.
    func wait(beforeRetry retry: Int, using random: inout some RandomNumberGenerator) -> Duration {
        switch backoff {
        case .fixed: return .seconds(min(initial, maximum))
        case .list(let waits): return .seconds(min(waits.isEmpty ? initial : waits[min(retry, waits.count) - 1], maximum))
        case .exponential:
            let doublings = Int64(min(retry - 1, 20))
            let ceiling = initial > maximum >> doublings ? maximum : initial << doublings
            return .milliseconds(Int64.random(in: 0...ceiling * 1_000, using: &random))
        }
    }

    private static func seconds(_ json: JSON?) -> Int64? { json?.string.flatMap { ShortDuration($0) }?.seconds }
}

extension TextFormat {
    /// `30s`, `5m`, `2h`, `1d`.
    static let duration = TextFormat(pattern: "^[0-9]+[smhd]$", hint: "Write a number and a unit: 30s, 5m, 2h or 1d.") {
        ShortDuration($0) != nil
    }

    /// A duration of at most a year: what is added to an instant stays an instant that can be written.
    static let wait = TextFormat(pattern: "^[0-9]+[smhd]$", hint: "Write a number and a unit: 30s, 5m, 2h or 1d; at most 366d.") {
        ShortDuration($0).map { $0.seconds <= 366 * 86_400 } ?? false
    }
}
