import Scheduling
import Time

/// What a job's last days say, as charts with their answers in words.
enum JobCharts {
    /// None where nothing of the job has been due.
    static func all(_ days: [JobDay]) -> [Chart] {
        guard let begun = days.firstIndex(where: { $0.succeeded + $0.failed + $0.notRun > 0 }) else { return [] }
        // Of a young job a week is drawn: two days at the edge of thirty are not to be read.
        let days = Array(days.suffix(max(7, days.count - begun)))
        guard let first = days.first else { return [] }
        let start = DayWords.short(first.day)
        return [success(days, start)] + [durations(days, start), lateness(days, start)].compactMap(\.self)
    }

    private static func success(_ days: [JobDay], _ start: String) -> Chart {
        let succeeded = days.map(\.succeeded).reduce(0, +)
        let failed = days.map(\.failed).reduce(0, +)
        let notRun = days.map(\.notRun).reduce(0, +)
        var words = "\(Words.count(failed)) of \(Words.count(succeeded + failed, "execution")) failed"
        if failed == 0 { words = "All of \(Words.count(succeeded, "execution")) succeeded" }
        if succeeded + failed == 0 { words = "Nothing ran" }
        if failed > 0, succeeded > 0 { words += ": \(Words.share(succeeded, of: succeeded + failed)) succeeded" }
        words += notRun > 0 ? "; \(Words.count(notRun, "occurrence")) did not run." : "."
        let top = days.map { $0.succeeded + $0.failed + $0.notRun }.max() ?? 0
        return Chart(
            chartTitle: "Does it work?",
            chartSVG: Drawing(bars: days.map { [$0.succeeded, $0.failed, $0.notRun] }, classes: ["g-ok", "g-bad", "g-still"]).svg,
            chartCaption: words, chartTop: "\(Words.count(top)) a day", chartStart: start, chartEnd: "today")
    }

    private static func durations(_ days: [JobDay], _ start: String) -> Chart? {
        guard let last = days.last(where: { $0.medianMs != nil }), let median = last.medianMs, let slow = last.p95Ms else { return nil }
        let top = days.flatMap { [$0.medianMs, $0.p95Ms] }.compactMap(\.self).max() ?? 0
        let words = """
            Half took at most \(Words.duration(milliseconds: median)) (line) and 95 of 100 at most \(Words.duration(milliseconds: slow)) \
            (dashes) on \(DayWords.short(last.day)).
            """
        return Chart(
            chartTitle: "How long does it take?",
            chartSVG: Drawing(lines: [("g-line", days.map(\.medianMs)), ("g-dash", days.map(\.p95Ms))]).svg,
            chartCaption: words, chartTop: Words.duration(milliseconds: top), chartStart: start, chartEnd: "today")
    }

    private static func lateness(_ days: [JobDay], _ start: String) -> Chart? {
        guard let last = days.last(where: { $0.latenessP50Ms != nil }), let median = last.latenessP50Ms, let worst = last.latenessP99Ms
        else { return nil }
        let top = days.flatMap { [$0.latenessP50Ms, $0.latenessP99Ms] }.compactMap(\.self).max() ?? 0
        let words = """
            Half started within \(Words.duration(milliseconds: median)) of their time (line) and 99 of 100 within \
            \(Words.duration(milliseconds: worst)) (dashes) on \(DayWords.short(last.day)).
            """
        return Chart(
            chartTitle: "Does it start on time?",
            chartSVG: Drawing(lines: [("g-line", days.map(\.latenessP50Ms)), ("g-dash", days.map(\.latenessP99Ms))]).svg,
            chartCaption: words, chartTop: Words.duration(milliseconds: top), chartStart: start, chartEnd: "today")
    }
}

/// Days and times of a calendar, for people.
enum DayWords {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    /// `24 Nov`, by UTC.
    static func short(_ day: Timestamp) -> String {
        let local = LocalTime(secondsSinceEpoch: day.seconds)
        return "\(local.day) \(months[local.month - 1])"
    }

    /// `Tue 24 Nov 2026, 02:00`, of what a clock on a wall shows; with the second where there is one.
    static func long(_ local: LocalTime) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = local.second == 0 ? "" : ":\(two(local.second))"
        return
            "\(weekdays[local.weekday]) \(local.day) \(months[local.month - 1]) \(local.year), \(two(local.hour)):\(two(local.minute))\(seconds)"
    }
}
