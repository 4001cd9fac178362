import ArgumentParser
import JSON
import Scheduling
import Time

/// `prikke cron …`: what an expression means. Needs no configuration, no database and no network.
struct CronCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron", abstract: "Say when a cron expression fires, and what it means.", subcommands: [Next.self, Explain.self])

    struct Next: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The next instants at which an expression fires, one a line.",
            discussion: """
                With --jsonl it answers each line {"id", "expr", "tz", "start", "n"} of standard input with a line {"id", "next"} or \
                {"id", "error"}. "start" is exclusive; "tz" is UTC, "n" 5 and "start" now where they are left out; "seconds": true \
                reads six fields. It exits 0 whether or not some answers are errors. Lines of blanks get no answer.

                Examples:
                  prikke cron next '0 9 * * mon-fri'
                  prikke cron next --zone Europe/Oslo --from 2026-03-28T00:00:00Z --count 5 '30 2 * * *'
                  prikke cron next --seconds --json '*/10 * * * * *'
                  echo '{"id":1,"expr":"@daily","start":"2026-01-01T00:00:00Z","n":2}' | prikke cron next --jsonl
                """)

        @Argument(help: "Five fields (six with --seconds), in one argument.") var expression: String?
        @OptionGroup var place: PlaceInTime
        @Option(help: "How many, at most 100000.") var count = 5
        @Flag(help: "Print one JSON object.") var json = false
        @Flag(help: "Read questions from standard input, one JSON object a line.") var jsonl = false

        func validate() throws {
            if !(0...CronLines.mostInstants ~= count) { throw ValidationError("--count: use 0 to \(CronLines.mostInstants).") }
            if jsonl, expression != nil || json || place.isGiven || count != 5 {
                throw ValidationError("--jsonl: takes nothing beside it; each line says what it wants (see --help).")
            }
            if !jsonl, expression == nil { throw ValidationError("<expression>: write one, such as '0 9 * * mon-fri', or --jsonl.") }
        }

        func run() async throws {
            guard let expression else { return try CronLines.answerAll() }
            let (schedule, from) = (try place.schedule(of: expression), try place.start())
            var instants: [String] = []
            var after = from
            while instants.count < count, let next = schedule.next(after: after) {
                instants.append(next.rfc3339Seconds)
                after = next
            }
            if json { return Output.answer(["next": .array(instants.map(JSON.string))]) }
            if !instants.isEmpty { Output.answer(instants.joined(separator: "\n")) }
            if instants.count < count { Output.note("It fires no more after \(after.rfc3339Seconds) in \(schedule.zone.id).") }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "An expression in words, its next runs with clock changes marked, and what may surprise about it.",
            discussion: """
                Examples:
                  prikke cron explain --zone Europe/Oslo '*/15 9-17 * * mon-fri'
                  prikke cron explain --zone America/New_York --from 2026-03-07T00:00:00Z --json '30 2 * * *'
                """)

        @Argument(help: "Five fields (six with --seconds), in one argument.") var expression: String
        @OptionGroup var place: PlaceInTime
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let preview = SchedulePreview(of: try place.schedule(of: expression), from: try place.start())
            if json { Output.answer(.object(preview.members(\.rfc3339Seconds))) } else { Output.answer(preview.text) }
        }
    }

    /// Where and from when, for both.
    struct PlaceInTime: ParsableArguments {
        @Option(help: "The IANA time zone whose wall clock it goes by. Default: UTC.") var zone: String?
        @Option(help: "Only what is later than this instant (2026-01-01T00:00:00Z). Default: now.") var from: String?
        @Flag(help: "The expression has six fields, seconds first.") var seconds = false

        var isGiven: Bool { zone != nil || from != nil || seconds }

        func schedule(of expression: String) throws -> Schedule {
            let id = zone ?? "UTC"
            guard let zone = ZoneRules.named(id) else {
                throw ValidationError("--zone: there is no time zone '\(id)'; use an IANA name such as Europe/Oslo.")
            }
            do throws(CronError) {
                return Schedule(.cron(try CronExpression(expression, seconds: seconds)), zone: zone)
            } catch {
                let options = [CronError.Code.secondsField: "--seconds", .timezonePrefix: "--zone"]
                let option = CronError.Code(rawValue: error.code).flatMap { options[$0] }.map { " (here: \($0))" } ?? ""
                throw ValidationError("<expression>: \(error)\(option)")
            }
        }

        func start() throws -> Timestamp {
            guard let from else { return .now() }
            guard let instant = Timestamp(rfc3339: from) else {
                throw ValidationError("--from: write an instant with its offset, such as 2026-01-01T00:00:00Z.")
            }
            return instant
        }
    }
}

extension SchedulePreview {
    fileprivate var text: String {
        let runs = runs.map { run in
            let local = run.rfc3339Local.split(separator: "T").joined(separator: " ")
            return "  \(run.instant.rfc3339Seconds)  \(local)" + (run.sentence.map { "  \($0)" } ?? "")
        }
        var lines = [words, "", runs.isEmpty ? "It never fires from then on." : "Next runs:"] + runs + [""]
        if let shortestInterval { lines.append("Shortest interval: \(ShortDuration(seconds: shortestInterval))") }
        lines.append("Runs a month, on average: \(runsPerMonth)")
        if !warnings.isEmpty { lines += ["", "Worth knowing:"] + warnings.map { "  \($0.sentence)" } }
        return lines.joined(separator: "\n")
    }
}
