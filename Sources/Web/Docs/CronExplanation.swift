import JSON
import Scheduling
import Time

/// A cron expression said back, as `prikke cron explain` does: what it means, its next runs, what may surprise. It asks nothing of the
/// database, and takes some ten microseconds.
struct CronExplanation: Sendable {
    struct Run: Sendable { let runLocal, runUTC, runNote: String }
    struct Warning: Sendable { let warning: String }

    static let fields = [
        Field("expression", .string(0...1_000)), Field("timezone", .string(0...100)), Field("seconds", .choice(["true"])),
    ]
    /// So many next runs are shown.
    private static let most = 8

    let scheduleInWords: String
    let hasRuns: Bool
    let runs: [Run]
    let rhythm: String
    let hasWarnings: Bool
    let warnings: [Warning]

    /// Throws a sentence where the expression or the zone is none.
    init(_ expression: String, timezone: String, seconds: Bool, now: Timestamp) throws(Refused) {
        guard let zone = ZoneRules.named(timezone) else {
            throw Refused(field: "timezone", sentence: "There is no such time zone. Use an IANA name such as Europe/Oslo.")
        }
        let schedule: Schedule
        do throws(CronError) {
            schedule = Schedule(.cron(try CronExpression(expression, seconds: seconds)), zone: zone)
        } catch {
            throw Refused(field: "expression", sentence: "\(error)".capitalizedFirst)
        }
        let preview = SchedulePreview(of: schedule, from: now)
        scheduleInWords = preview.words
        runs = preview.runs.prefix(Self.most).map { run in
            Run(
                runLocal: run.rfc3339Local.prefix(19).replacing("T", with: " ") + " \(run.offsetText)",
                runUTC: run.instant.rfc3339Seconds.replacing("T", with: " ").replacing("Z", with: ""), runNote: run.sentence ?? "")
        }
        hasRuns = !runs.isEmpty
        let average = "about \(Words.grouped(preview.runsPerMonth)) a month"
        rhythm = preview.shortestInterval.map { "At shortest \(Self.words($0)) apart, \(average)." } ?? "Now and then, \(average)."
        warnings = preview.warnings.map { Warning(warning: $0.sentence) }
        hasWarnings = !warnings.isEmpty
    }

    struct Refused: Error {
        let field, sentence: String
    }

    private static func words(_ seconds: Int64) -> String { Words.duration(milliseconds: Int(seconds) * 1_000).replacing(".0", with: "") }
}
