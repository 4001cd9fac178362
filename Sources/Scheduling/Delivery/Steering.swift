import Time

/// What a target's answer asks of us beside its status: not to be called again, or not before some time.
///
/// Read once, from the answer that counts (with redirects followed: the last one). A target can ask for less than the job
/// allows, never for more: nothing here makes a retry of an outcome that has none.
public struct Steering: Sendable, Equatable {
    /// `Prikke-Retry: never`: this was the last attempt.
    var stopsRetries = false
    /// `Prikke-Retry-After`: the next attempt comes after exactly so long, whatever the job's backoff says.
    var nextWait: Duration?
    /// `Retry-After` of a 429 or 503: the next attempt comes no sooner.
    var leastWait: Duration?
    /// 410, or `Prikke-Pause`: the job is paused, with this for its reason. It ends the retries as well.
    var pause: String?

    /// Of an outcome that asks for nothing.
    public init() {}

    static let longestRetryAfter: Duration = .seconds(3_600)
    static let longestNextWait: Duration = .seconds(86_400)
    static let longestReason = 200

    /// What `headers` of an answer with this status ask for, read at `now`. `isExpected`: the job's own rules count the status
    /// as success, so a 410 means nothing else. What cannot be understood is passed over.
    init(status: Int, isExpected: Bool, headers: [(name: String, value: String)], now: Timestamp) {
        func value(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        stopsRetries = value("prikke-retry")?.lowercased() == "never"
        nextWait = value("prikke-retry-after").flatMap { ShortDuration($0) }.map { min(.seconds($0.seconds), Self.longestNextWait) }
        if status == 429 || status == 503 { leastWait = value("retry-after").flatMap { Self.wait($0, from: now) } }
        if let asked = value("prikke-pause") {
            pause = Self.reason(asked)
        } else if status == 410, !isExpected {
            pause = "The target answered 410 Gone."
        }
    }

    /// How long to wait before the next attempt, where the job's own backoff says `backoff`.
    func wait(insteadOf backoff: Duration) -> Duration { nextWait ?? max(backoff, leastWait ?? .zero) }

    var endsRetries: Bool { stopsRetries || pause != nil }

    /// RFC 9110 §10.2.3: seconds or a date, within [0, 1 h]. Digits of any length are a number, and a long one is our most.
    static func wait(_ text: String, from now: Timestamp) -> Duration? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Int64(text).map { .seconds(min($0, 3_600)) } ?? longestRetryAfter
        }
        return HTTPDate.instant(text, now: now).map { min(max(.zero, now.duration(to: $0)), longestRetryAfter) }
    }

    /// The target's words, made fit to be shown: nothing that moves a cursor, turns the direction of a text or hides in it.
    private static func reason(_ text: String) -> String {
        let shown = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
        let words = String(String.UnicodeScalarView(shown.prefix(longestReason))).split(separator: " ").joined(separator: " ")
        return words.isEmpty ? "The target asked to be paused." : words
    }
}
