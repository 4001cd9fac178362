import JSON
import Scheduling
import Time

/// What was understood of a schedule, by the partial `jobpreview`.
struct SchedulePreviewView: Sendable {
    struct Run: Sendable {
        let runWords: String
        let runMark: String
        let hasMark: Bool
    }
    struct Line: Sendable { let previewLine: String }

    let isUnderstood: Bool
    /// The schedule read back, or why it cannot be.
    let previewWords: String
    let hasRuns: Bool
    let runs: [Run]
    let warnings: [Line]
    let forecast: [Line]
}

extension SchedulePreviewView {
    /// So many runs are shown, and those that a clock change has to do with.
    private static let shown = 5

    /// `json` is what `POST /api/preview` answers.
    init(_ json: JSON) {
        let all = json["next_runs"]?.array ?? []
        isUnderstood = true
        previewWords = json["schedule_in_words"]?.string ?? ""
        runs = all.enumerated().filter { $0 < Self.shown || $1["mark"]?.object != nil }.map { Run($1) }
        hasRuns = !runs.isEmpty
        warnings = (json["warnings"]?.array ?? []).compactMap { $0["detail"]?.string }.map(Line.init)
        forecast = (json["forecast"].map(Self.words) ?? []).map(Line.init)
    }

    init(refused words: String) {
        (isUnderstood, previewWords, hasRuns, runs, warnings, forecast) = (false, words, false, [], [], [])
    }

    private static func words(_ forecast: JSON) -> [String] {
        let count = forecast["executions_per_month"]?.int ?? 0
        guard count > 0 else { return [] }
        var words = "About \(Words.count(count, "execution")) a month"
        if let limit = forecast["plan_limit"]?.int, let share = forecast["share_of_plan"]?.double {
            words += ", \(percent(share)) of the \(Words.count(limit)) in your plan"
        }
        let reached = forecast["limit_reached_at"]?.string.flatMap { Timestamp(rfc3339: $0) }.map { instant in
            "With your other jobs, this month’s limit would be reached on \(date(ZoneRules.utc.local(instant)))."
        }
        return [words + "."] + (reached.map { [$0] } ?? [])
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((min(share, 1_000_000) * 1_000).rounded())
        if tenths == 0 { return "less than 0.1\u{A0}%" }
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)\u{A0}%" : "\(Words.grouped((tenths + 5) / 10))\u{A0}%"
    }

    /// `Tue 24 Nov 2026`
    fileprivate static func date(_ local: LocalTime) -> String {
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(days[local.weekday]) \(local.day) \(months[local.month - 1]) \(local.year)"
    }

    static let samples = [
        SchedulePreviewView(
            isUnderstood: true, previewWords: "At 08:00, on Monday (Europe/Oslo)", hasRuns: true,
            runs: [.init(runWords: "Mon 24 Nov 2026, 08:00", runMark: "twice <b>", hasMark: true)],
            warnings: [.init(previewLine: "Both day fields.")], forecast: [.init(previewLine: "About 4 executions a month.")])
    ]
}

extension SchedulePreviewView.Run {
    fileprivate init(_ json: JSON) {
        let wall = json["local"]?.string ?? ""
        let local = LocalTime(String(wall.prefix(19)))
        let time = wall.dropFirst(11).prefix(local?.second == 0 ? 5 : 8)
        runMark = json["mark"]?["sentence"]?.string ?? ""
        hasMark = !runMark.isEmpty
        runWords = local.map { "\(SchedulePreviewView.date($0)), \(time)" } ?? wall
    }
}
