import ArgumentParser
import Glibc
import JSON
import Scheduling

/// `prikke import …`: other schedulers' files as prikke.yaml. Needs no configuration, no database and no network.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Turn another scheduler's file into prikke.yaml.", subcommands: [FromCrontab.self])

    struct FromCrontab: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "crontab", abstract: "Turn crontab lines with curl or wget into prikke.yaml.",
            discussion: """
                Every line that is not blank, a comment or a variable becomes a job, or is named on standard error with the reason \
                why not (docs/sync.md lists the reasons). Nothing is run.

                Examples:
                  crontab -l | prikke import crontab - > prikke.yaml
                  prikke import crontab /etc/cron.d/shop --zone Europe/Oslo > prikke.yaml
                  prikke import crontab shop.crontab --json
                """)

        @Argument(help: "The crontab, or - for standard input.") var file: String
        @Option(help: "The IANA time zone of lines for which the file names none. Default: the organization's.") var zone: String?
        @Flag(inversion: .prefixedNo, help: "Whether there is a column of users, as in /etc/cron.d. Default: as it looks.") var system:
            Bool?
        @Flag(help: "Print one JSON object, with one element a line.") var json = false

        func run() async throws {
            let text = String(decoding: try InputFile.read(file, upTo: 4 << 20), as: UTF8.self)
            let isInSystemFolder = file.hasPrefix("/etc/cron.d/") || file == "/etc/crontab"
            let crontab = Crontab(text, isOfSystem: system ?? (isInSystemFolder ? true : nil), zone: zone)
            crontab.report { Output.note($0) }
            if json { Output.answer(crontab.json) } else { Output.answer(ArraySlice(Array(crontab.yaml(from: file).utf8))) }
        }
    }
}

extension Crontab {
    var json: JSON {
        [
            "lines": .array(
                lines.map { line in
                    switch line.outcome {
                    case .job(let job):
                        .object(
                            JSONObject([("line", .integer(Int64(line.number))), ("do", "import")] + job.members.map { ($0.key, $0.value) }))
                    case .skip(let skip):
                        [
                            "line": .integer(Int64(line.number)), "do": "skip", "reason": .string(skip.reason.rawValue),
                            "detail": .string(skip.detail),
                        ]
                    }
                })
        ]
    }

    /// The jobs with their keys, which are unique.
    var jobs: [(line: Int, json: JSON)] {
        var taken: Set<String> = []
        var last: [String: Int] = [:]
        return lines.compactMap { line in
            guard case .job(let job) = line.outcome else { return nil }
            let text = job.keyText
            var number = last[text] ?? 1
            var key = number == 1 ? text : "\(text)-\(number)"
            while !taken.insert(key).inserted {
                number += 1
                key = "\(text)-\(number)"
            }
            last[text] = number
            return (line.number, job.json(key: key))
        }
    }

    func yaml(from file: String) -> String {
        var yaml = YAMLText()
        yaml.comment("Made by `prikke import crontab` from \(file == "-" ? "standard input" : file).")
        let jobs = jobs
        guard !jobs.isEmpty else { return yaml.text + "jobs: []\n" }
        var text = yaml.text + "jobs:\n"
        for (line, json) in jobs {
            var element = YAMLText()
            element.comment("line \(line)", indent: 2)
            element.element(json, indent: 2)
            text += element.text
        }
        return text
    }

    /// In words, line by line: what could not be carried over.
    func report(_ say: (String) -> Void) {
        for line in lines {
            switch line.outcome {
            case .job(let job): for note in job.notes { say("line \(line.number): note: \(note).") }
            case .skip(let skip): say("line \(line.number): skipped (\(skip.reason.rawValue)): \(skip.detail)")
            }
        }
        for note in notes { say(note) }
        let jobs = lines.compactMap { if case .job(let job) = $0.outcome { job } else { nil } }
        if jobs.contains(where: { $0.timezone == nil }) {
            say(
                "No time zone is named: cron went by its machine's clock, the jobs go by the organization's zone (--zone Europe/Oslo says which)."
            )
        }
        if jobs.contains(where: { $0.request.headers.contains { ["authorization", "cookie"].contains($0.name.lowercased()) } }) {
            say("The jobs hold secrets (Authorization, Cookie): keep the file private.")
        }
        if !jobs.isEmpty { say("A job fails unless the answer is 2xx, also where curl without --fail did not mind.") }
        say("\(jobs.count) of \(lines.count) lines became jobs.")
    }
}
