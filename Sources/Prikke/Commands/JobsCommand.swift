import ArgumentParser
import JSON

/// `prikke jobs …`: an organization's jobs, as a client of the API.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List an organization's jobs, look at one, run, pause and resume it.",
        discussion: """
            A client of the API: PRIKKE_URL says where the server is, PRIKKE_API_KEY (or PRIKKE_API_KEY_FILE) who calls. A job is \
            named by its key or its id.

            Examples:
              prikke jobs
              prikke jobs --filter tag=exports --json
              prikke jobs show exports/nightly
              prikke jobs trigger exports/nightly --reason 'after the release'
              prikke jobs pause exports/nightly --until 2026-12-24T08:00:00Z
              prikke jobs resume exports/nightly
            """,
        subcommands: [List.self, Show.self, Trigger.self, Pause.self, Resume.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The jobs, newest first.",
            discussion: """
                Examples:
                  prikke jobs
                  prikke jobs --limit 1000 --json
                """)

        @OptionGroup var settings: ClientSettings
        @Option(help: "A parameter of GET /api/jobs, as name=value; may come several times.") var filter: [String] = []
        @Option(help: "At most so many.") var limit = 200
        @Flag(help: "Print one JSON object.") var json = false

        func validate() throws {
            if limit < 1 { throw ValidationError("--limit: use a whole number from 1.") }
            if let wrong = filter.first(where: { !$0.dropFirst().contains("=") }) {
                throw ValidationError("--filter: write name=value, such as tag=exports, not \(wrong).")
            }
        }

        func run() async throws {
            let query = filter.map { text in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return parts[0].inQuery + "=" + parts[1].inQuery
            }
            let path = "/api/jobs" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
            let jobs = try await settings.client().all(path, atMost: limit)
            if json { return Output.answer(["data": .array(jobs)]) }
            guard !jobs.isEmpty else { return Output.note("There are no such jobs.") }
            Output.answer(TextTable.text([["JOB", "HEALTH", "NEXT RUN", "LAST", "SCHEDULE"]] + jobs.map(\.jobCells)))
            if jobs.count == limit { Output.note("There may be more; --limit says how many are shown.") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One job, as YAML.",
            discussion: """
                Example:
                  prikke jobs show exports/nightly --json
                """)

        @Argument(help: "The job's key or id.") var job: JobReference
        @OptionGroup var settings: ClientSettings
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws { show(try await settings.client().get(job.path), json: json) }
    }

    struct Trigger: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a job now.",
            discussion: """
                Example:
                  prikke jobs trigger exports/nightly --reason 'after the release'
                """)

        @Argument(help: "The job's key or id.") var job: JobReference
        @Option(help: "The body of this run, instead of the job's.") var body: String?
        @Option(help: "Why, for the record.") var reason: String?
        @OptionGroup var settings: ClientSettings
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            var said = JSONObject()
            if let body { said["body"] = .string(body) }
            if let reason { said["reason"] = .string(reason) }
            let execution = try await settings.client().send("POST", job.path + "/trigger", .object(said))
            if json { Output.answer(execution) } else { Output.answer(execution["id"]?.string ?? "") }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pause a job, until it is resumed or until a time.",
            discussion: """
                Example:
                  prikke jobs pause exports/nightly --until 2026-12-24T08:00:00Z
                """)

        @Argument(help: "The job's key or id.") var job: JobReference
        @Option(help: "When the pause ends by itself (2026-12-24T08:00:00Z). Default: when it is resumed.") var until: String?
        @OptionGroup var settings: ClientSettings
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let said: JSONObject = until.map { ["until": .string($0)] } ?? [:]
            show(try await settings.client().send("POST", job.path + "/pause", .object(said)), json: json)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a job's pause.",
            discussion: """
                Example:
                  prikke jobs resume exports/nightly --missed skip
                """)

        @Argument(help: "The job's key or id.") var job: JobReference
        @Option(help: "Which of the runs that the pause has passed over are made up: skip, last, all. Default: as the job says.")
        var missed: String?
        @OptionGroup var settings: ClientSettings
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let said: JSONObject = missed.map { ["missed": .string($0)] } ?? [:]
            show(try await settings.client().send("POST", job.path + "/resume", .object(said)), json: json)
        }
    }
}

/// One job for people, or as it came.
private func show(_ job: JSON, json: Bool) {
    guard !json, let members = job.object else { return Output.answer(job) }
    var yaml = YAMLText()
    yaml.members(members)
    Output.answer(ArraySlice(Array(yaml.text.utf8)))
}

extension JSON {
    fileprivate var jobCells: [String] {
        let next = self["next_run_at"]?.string.map { String($0.prefix(19)) + "Z" }
        return [
            self["key"]?.string ?? self["id"]?.string ?? "", self["health"]?.string ?? "", next ?? "–",
            self["last_execution"]?["status"]?.string ?? "–", self["schedule_in_words"]?.string ?? "",
        ]
    }
}
