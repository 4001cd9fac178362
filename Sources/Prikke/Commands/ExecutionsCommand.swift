import ArgumentParser
import Glibc
import JSON

/// `prikke executions …`: what jobs have done, as a client of the API.
struct ExecutionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "executions", abstract: "What jobs have done.", subcommands: [Tail.self])

    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print each execution once it has ended, and go on.",
            discussion: """
                It asks every second, goes on over restarts of the server, and ends with 0 on Ctrl-C. With --json every execution is \
                one JSON object on a line of its own.

                Examples:
                  prikke executions tail
                  prikke executions tail --job exports/nightly --json
                  prikke executions tail --once --last 1
                  prikke executions tail --count 5
                """)

        @Option(help: "Only those of this job: its key or id.") var job: JobReference?
        @Option(help: "So many that have ended before are printed first, at most 100.") var last = 10
        @Option(help: "End after so many.") var count: Int?
        @Flag(help: "Print what there is, and end.") var once = false
        @OptionGroup var settings: ClientSettings
        @Flag(help: "Print each as one JSON object on a line.") var json = false

        func validate() throws {
            if !(0...100 ~= last) { throw ValidationError("--last: use a whole number from 0 to 100.") }
            if let count, count < 1 { throw ValidationError("--count: use a whole number from 1.") }
        }

        func run() async throws {
            let client = try settings.client()
            // Everything printed is out already: nothing is lost by ending here.
            for number in [SIGINT, SIGTERM] { signal(number) { _ in _exit(0) } }
            var tail = ExecutionTail(history: last)
            var printed = 0
            var patience = Patience()
            while true {
                do {
                    for execution in try await look(&tail, client) {
                        if json { Output.answer(execution) } else { Output.answer(execution.executionLine) }
                        printed += 1
                        if printed == count { return }
                    }
                    if once { return }
                    patience.rest()
                } catch let error as CallFailure where error.isPassing && !once {
                    if patience.isFresh { Output.note("prikke: \(error) Trying again.") }
                    patience.grow()
                }
                try await Task.sleep(for: .seconds(patience.seconds))
            }
        }

        private func look(_ tail: inout ExecutionTail, _ client: APIClient) async throws -> [JSON] {
            let list = (job.map { $0.path + "/executions" } ?? "/api/executions") + "?limit=100"
            return try await tail.look(
                page: { cursor in try await client.get(list + (cursor.map { "&cursor=" + $0.inQuery } ?? "")) },
                one: { id in try await client.get("/api/executions/" + id.inQuery) })
        }
    }

    /// A second between looks; while the server is away, twice as long each time, at most half a minute.
    private struct Patience {
        private(set) var seconds = 1
        private(set) var isFresh = true

        mutating func rest() { (seconds, isFresh) = (1, true) }

        mutating func grow() { (seconds, isFresh) = (isFresh ? 1 : min(seconds * 2, 30), false) }
    }
}
