import Foundation
import JSON
import Testing

/// `prikke cron …`, with an environment that would stop every command that needs a configuration.
@Suite(.timeLimit(.minutes(3))) struct CronCommandTests {
    private static let useless = ["PORT": "none", "DATABASE_URL": "nowhere", "PRIKKE_ENV": "staging"]

    private func run(_ arguments: String...) async throws -> Program.Result { try await Program.run(["cron"] + arguments, Self.useless) }

    /// What it answers to these lines.
    private func answers(to questions: String) async throws -> Program.Result {
        try await Folder.lend { folder in
            try Data(questions.utf8).write(to: URL(filePath: folder + "/questions"))
            let line = #""$0" cron next --jsonl < "$1""#
            return try await Program.run("/bin/sh", ["-c", line, Program.path, folder + "/questions"], Self.useless)
        }
    }

    @Test func instantsStandOneALine() async throws {
        let result = try await run("next", "--zone", "Europe/Oslo", "--from", "2026-03-28T00:00:00Z", "--count", "3", "30 2 * * *")
        #expect(result.output == "2026-03-28T01:30:00Z\n2026-03-29T01:00:00Z\n2026-03-30T00:30:00Z\n")
        #expect(result.code == 0 && result.errors.isEmpty)
    }

    @Test func withJSONTheyAreOneValue() async throws {
        let result = try await run("next", "--json", "--seconds", "--from", "2026-01-01T00:00:00Z", "--count", "2", "*/30 * * * * *")
        #expect(result.output == #"{"next":["2026-01-01T00:00:30Z","2026-01-01T00:01:00Z"]}"# + "\n")
    }

    @Test func whatFiresNoMoreGivesFewer() async throws {
        let result = try await run("next", "--from", "9999-12-30T00:00:00Z", "--count", "4", "0 12 * * *")
        #expect(result.output == "9999-12-30T12:00:00Z\n9999-12-31T12:00:00Z\n")
        #expect(result.code == 0)
        #expect(result.errors.contains("no more"))
    }

    @Test func anExpressionIsExplained() async throws {
        let result = try await run("explain", "--zone", "Europe/Oslo", "--from", "2026-03-28T12:00:00Z", "0,30 2 * * *")
        #expect(result.output.hasPrefix("At 02:00 and 02:30, every day (Europe/Oslo)\n"))
        #expect(result.output.contains("2026-03-29T01:00:00Z  2026-03-29 03:00:00+02:00  02:00 and 02:30 fall on this instant"))
        #expect(result.output.contains("Shortest interval: 30m\n"))
        #expect(result.output.contains("Runs a month, on average: 61\n"))
        #expect(result.output.contains("The clock in Europe/Oslo goes from 2026-03-29T02:00:00 to 2026-03-29T03:00:00"))
    }

    @Test func anExplanationIsOneJSONValueToo() async throws {
        let result = try await run("explain", "--json", "--zone", "Europe/Oslo", "--from", "2026-10-24T12:00:00Z", "30 2 * * *")
        let json = try JSON(parsing: Array(result.output.utf8))
        #expect(json["schedule_in_words"] == "At 02:30, every day (Europe/Oslo)")
        let first = json["next_runs"]?.array?.first
        #expect(first?["at"] == "2026-10-25T00:30:00Z")
        #expect(first?["local"] == "2026-10-25T02:30:00+02:00")
        #expect(first?["mark"]?["kind"] == "fold_first")
        #expect(json["shortest_interval_ms"] == 86_400_000)
        #expect(json["forecast"]?["executions_per_month"] == 30)
    }

    @Test(arguments: [
        (["next", "0 24 * * *"], "hour 24 is out of range 0–23; did you mean 0?"), (["next", "TZ=UTC 0 2 * * *"], "--zone"),
        (["next", "0 0 2 * * *"], "--seconds"), (["explain", "0 0 15W * *"], "only LW"), (["next", "--zone", "Oslo", "@daily"], "--zone"),
        (["next", "--from", "today", "@daily"], "--from"), (["next", "--count", "-1", "@daily"], "--count"),
        (["next", "--count", "100001", "@daily"], "--count"), (["next"], "<expression>"), (["next", "--jsonl", "@daily"], "--jsonl"),
        (["explain"], "<expression>"), (["next", "0", "9", "*", "*", "*"], "9"),
    ])
    func wrongUseExits2AndNamesTheRemedy(arguments: [String], named: String) async throws {
        let result = try await Program.run(["cron"] + arguments)
        #expect(result.code == 2)
        #expect(result.errors.contains(named), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        (
            #"{"id":1,"expr":"30 2 * * *","tz":"Europe/Oslo","start":"2026-03-29T01:00:00Z","n":1}"#,
            #"{"id":1,"next":["2026-03-30T00:30:00Z"]}"#
        ),
        (#"{"id":"a","expr":"@daily","start":"2026-01-01T01:00:00.5+02:00","n":1}"#, #"{"id":"a","next":["2026-01-01T00:00:00Z"]}"#),
        (#"{"expr":"@yearly","n":0}"#, #"{"id":null,"next":[]}"#),
        (
            #"{"id":[{"a":null}],"expr":"0 0 1 1 *","tz":null,"start":"2026-02-01T00:00:00Z","n":1}"#,
            #"{"id":[{"a":null}],"next":["2027-01-01T00:00:00Z"]}"#
        ),
        (
            #"{"id":2,"expr":"59 59 23 31 12 *","seconds":true,"start":"9998-01-01T00:00:00Z"}"#,
            #"{"id":2,"next":["9998-12-31T23:59:59Z","9999-12-31T23:59:59Z"]}"#
        ),
        (#"{"id":3,"expr":"0 24 * * *"}"#, #"{"id":3,"error":"hour 24 is out of range 0–23; did you mean 0?"}"#),
        (#"{"id":4,"expr":"*/5 2 25-31 3 */7","tz":"Europe/Oslo","start":"2026-01-01T00:00:00Z"}"#, #"{"id":4,"next":[]}"#),
    ])
    func aQuestionIsAnswered(question: String, answer: String) async throws {
        let result = try await answers(to: question)
        #expect(result.output == answer + "\n")
        #expect(result.code == 0 && result.errors.isEmpty)
    }

    @Test func whatCannotBeAnsweredIsAnErrorInItsPlace() async throws {
        let questions = [
            "nonsense", "[]", #"{"id":1}"#, #"{"id":2,"expr":5}"#, #"{"id":3,"expr":"* * * * *","tz":"Mars/Base"}"#,
            #"{"id":4,"expr":"* * * * *","n":-1}"#, #"{"id":5,"expr":"* * * * *","n":100001}"#, #"{"id":6,"expr":"* * * * *","n":"5"}"#,
            #"{"id":7,"expr":"* * * * *","start":"yesterday"}"#, #"{"id":8,"expr":"* * * * *","seconds":1}"#, "", " \t\r",
            String(repeating: "x", count: 200_000), #"{"id":"last","expr":"@daily","start":"2026-01-01T00:00:00Z","n":1}"#,
        ]
        let result = try await answers(to: questions.joined(separator: "\n"))
        let lines = try result.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
        #expect(result.code == 0)
        #expect(lines.map { $0["id"] ?? "?" } == [.null, .null, 1, 2, 3, 4, 5, 6, 7, 8, .null, "last"])
        #expect(lines.dropLast().allSatisfy { $0["error"]?.string?.isEmpty == false && $0["next"] == nil })
        #expect(lines.last?["next"] == ["2026-01-02T00:00:00Z"])
    }

    /// Whoever asks the next only when he has read the answer must not wait for ever.
    @Test func eachAnswerComesBeforeTheNextQuestion() async throws {
        try await Folder.lend { folder in
            let script = #"""
                mkfifo "$1/in" "$1/out"
                "$0" cron next --jsonl < "$1/in" > "$1/out" &
                exec 3> "$1/in" 4< "$1/out"
                for id in 1 2 3; do
                    echo "{\"id\":$id,\"expr\":\"@daily\",\"start\":\"2026-01-01T00:00:00Z\",\"n\":1}" >&3
                    read -r answer <&4
                    echo "$answer"
                done
                exec 3>&-
                wait $!
                """#
            let result = try await Program.run("/bin/sh", ["-c", script, Program.path, folder], Self.useless)
            #expect(result.output == (1...3).map { #"{"id":\#($0),"next":["2026-01-02T00:00:00Z"]}"# + "\n" }.joined())
            #expect(result.code == 0)
        }
    }
}
