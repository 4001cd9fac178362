import JSON
import Time

/// What a schedule comes to: said back before it is saved, and by `prikke cron explain`.
public struct SchedulePreview: Sendable {
    /// "At 02:00, Monday to Friday (Europe/Oslo)".
    public let words: String
    /// At most twenty.
    public let runs: [Occurrence]
    /// What is right and yet may surprise.
    public let warnings: [ScheduleWarning]
    /// Seconds; nil where there is no rhythm.
    public let shortestInterval: Int64?
    /// How many a month has on average, rounded; at least 1 where there are any.
    public let runsPerMonth: Int

    /// The runs later than an instant. `words` are the schedule's own unless something else is given.
    public init(of schedule: Schedule, from instant: Timestamp, words: String? = nil) {
        self.words = words ?? schedule.words
        runs = schedule.preview(after: instant, count: 20)
        warnings = schedule.warnings(from: instant)
        shortestInterval = schedule.shortestInterval
        let average = (schedule.averagePerYear / 12).rounded()
        runsPerMonth = runs.isEmpty ? 0 : max(1, Int(average))
    }

    /// As members of a JSON object, instants written by `text`.
    public func members(_ text: (Timestamp) -> String) -> JSONObject {
        [
            "schedule_in_words": .string(words),
            "next_runs": .array(
                runs.map { run in
                    [
                        "at": .string(text(run.instant)), "local": .string(run.rfc3339Local), "offset": .string(run.offsetText),
                        "mark": run.mark.map { ["kind": .string($0.kind), "sentence": .string(run.sentence ?? "")] } ?? .null,
                    ]
                }),
            "warnings": .array(warnings.map { ["code": .string($0.code.rawValue), "detail": .string($0.sentence)] }),
            "shortest_interval_ms": shortestInterval.map { .integer($0 * 1_000) } ?? .null,
            "forecast": ["executions_per_month": .integer(Int64(runsPerMonth))],
        ]
    }
}
