import Foundation
import JSON
import Synchronization
import TestSupport
import Testing

/// The commands that are clients of the API, as processes, against a receiver that answers as a server would. With an environment
/// that would stop every command that needs a configuration.
@Suite(.timeLimit(.minutes(3))) struct ClientCommandTests {
    private static let document = """
        jobs:
          - key: exports/nightly
            config:
              url: https://api.example.com/export
            schedule: {cron: "0 2 * * *"}
        """
    private static let plan =
        #"{"applied":false,"summary":{"created":1,"restored":0,"adopted":0,"updated":0,"deleted":0,"unchanged":4},"confirm_delete":null,"changes":[{"action":"create","key":"exports/nightly","id":null,"name":"api.example.com","fields":[]}]}"#
    private static let nothing =
        #"{"applied":true,"summary":{"created":0,"restored":0,"adopted":0,"updated":0,"deleted":0,"unchanged":5},"confirm_delete":null,"changes":[]}"#

    private func run(_ arguments: [String], at receiver: Receiver, _ more: [String: String] = [:]) async throws -> Program.Result {
        let settings = ["PORT": "none", "DATABASE_URL": "nowhere", "PRIKKE_URL": receiver.url, "PRIKKE_API_KEY": "pk_live_a.sk_live_b"]
        return try await Program.run(arguments, settings.merging(more) { $1 })
    }

    private func sync(_ arguments: [String], at receiver: Receiver, file: String = document, _ more: [String: String] = [:]) async throws
        -> Program.Result
    {
        try await Folder.lend { folder in
            try Data(file.utf8).write(to: URL(filePath: folder + "/prikke.yaml"))
            try Data("pk_live_c.sk_live_d\n".utf8).write(to: URL(filePath: folder + "/key"))
            let more = more.mapValues { $0.replacing("FOLDER", with: folder) }
            return try await run(["sync"] + arguments + ["--file", folder + "/prikke.yaml"], at: receiver, more)
        }
    }

    @Test func aPlanWithChangesExits3() async throws {
        let receiver = try Receiver()
        receiver.answer("/api/sync/plan") { _ in Receiver.Answer(body: Self.plan) }
        let result = try await sync(["plan", "--delete-removed", "--confirm-delete", "7", "--adopt"], at: receiver)
        #expect(result.code == 3)
        #expect(result.output == "+ exports/nightly  api.example.com\nPlan: 1 to create, 4 unchanged.\n")
        let request = try #require(receiver.requests.first)
        #expect(request.method == "POST" && request.header("Authorization") == "Bearer pk_live_a.sk_live_b")
        let sent = try JSON(parsing: request.body)
        #expect(sent["delete_removed"] == true && sent["confirm_delete"] == 7 && sent["adopt"] == true)
        #expect(sent["jobs"]?.array?.first?["schedule"]?["cron"] == "0 2 * * *")
    }

    @Test func applyExits0AndItsKeyMayStandInAFile() async throws {
        let receiver = try Receiver()
        receiver.answer("/api/sync") { _ in Receiver.Answer(body: Self.nothing) }
        let result = try await sync(["apply", "--json"], at: receiver, ["PRIKKE_API_KEY": "", "PRIKKE_API_KEY_FILE": "FOLDER/key"])
        #expect(result.code == 0 && result.output == Self.nothing + "\n")
        #expect(receiver.requests.map(\.method) == ["PUT"])
        #expect(receiver.requests.first?.header("Authorization") == "Bearer pk_live_c.sk_live_d")
    }

    @Test func anErrorNamesFileLineAndField() async throws {
        let receiver = try Receiver()
        let body =
            #"{"status":422,"code":"invalid_input","detail":"1 member is wrong.","errors":[{"pointer":"/jobs/0/config/url","code":"blocked_address","detail":"This address is not public."}]}"#
        receiver.answer("/api/sync") { _ in Receiver.Answer(status: 422, body: body) }
        let result = try await sync(["apply"], at: receiver)
        #expect(result.code == 1 && result.output.isEmpty)
        #expect(result.errors.contains("/prikke.yaml:4:7: jobs[0].config.url: This address is not public.\n"), "\(result.errors)")
    }

    @Test func aFileThatIsNoYAMLIsNotSent() async throws {
        let receiver = try Receiver()
        let result = try await sync(["apply"], at: receiver, file: "jobs:\n  - key: a\n    key: b\n")
        #expect(result.code == 1 && result.errors.contains("/prikke.yaml:2:5: ") && receiver.requests.isEmpty, "\(result.errors)")
        let other = try await sync(["apply"], at: receiver, file: "jobs: []\nconfirm_delete: 500\n")
        #expect(other.code == 1 && other.errors.contains(":2:1: confirm_delete: ") && receiver.requests.isEmpty, "\(other.errors)")
    }

    @Test func withoutAKeyOrWithAWrongOptionItIsWrongUse() async throws {
        let receiver = try Receiver()
        let without = try await run(["sync", "plan"], at: receiver, ["PRIKKE_API_KEY": ""])
        #expect(without.code == 2 && without.errors.contains("PRIKKE_API_KEY"))
        #expect(try await run(["sync", "plan", "--key", "x"], at: receiver).code == 2)
        #expect(try await run(["executions", "tail", "--last", "101"], at: receiver).code == 2)
        #expect(try await run(["jobs", "--filter", "x"], at: receiver).code == 2)
        #expect(receiver.requests.isEmpty)
    }

    @Test func pullWritesAFileAndNoOtherOver() async throws {
        let receiver = try Receiver()
        let jobs =
            #"{"data":[{"id":"job_1","key":"a","name":"A","plugin":"http","config":{"url":"https://a.example/","method":"GET","headers":{},"follow_redirects":false},"schedule":{"every":"5m"},"managed_by":null},{"id":"job_2","key":null,"name":"B"}],"next_cursor":null}"#
        receiver.answer("/api/jobs") { _ in Receiver.Answer(body: jobs) }
        try await Folder.lend { folder in
            let path = folder + "/prikke.yaml"
            let result = try await run(["sync", "pull", "--file", path], at: receiver)
            #expect(result.code == 0 && result.output.isEmpty && result.errors.contains("1 job without a key"), "\(result.errors)")
            let expected = """
                # Made by `prikke sync pull`.
                jobs:
                  - key: a
                    name: A
                    config:
                      url: "https://a.example/"
                    schedule:
                      every: "5m"

                """
            #expect(try String(contentsOfFile: path, encoding: .utf8) == expected)
            let again = try await run(["sync", "pull", "--file", path], at: receiver)
            #expect(again.code == 2 && again.errors.contains("--overwrite"))
            #expect(try await run(["sync", "pull", "--file", path, "--overwrite"], at: receiver).code == 0)
        }
    }

    @Test func aCrontabComesInByAPipeAndLeavesOnlyItsFileOnStandardOutput() async throws {
        let line = #"printf '* * * * * curl https://a.example/\n0 0 * * * php x.php\n' | "$0" import crontab - $1"#
        let json = try await Program.run("/bin/sh", ["-c", line, Program.path, "--json"], ["DATABASE_URL": "nowhere"])
        let lines = try JSON(parsing: Array(json.output.utf8))["lines"]?.array ?? []
        #expect(
            lines.first == [
                "line": 1, "do": "import", "schedule": "* * * * *", "timezone": .null, "method": "GET", "url": "https://a.example/",
                "headers": [:],
                "body": .null,
            ])
        #expect(lines.last?["do"] == "skip" && lines.last?["reason"] == "not-http" && lines.count == 2)
        #expect(json.code == 0 && json.errors.contains("line 2: skipped (not-http)"))
        let yaml = try await Program.run("/bin/sh", ["-c", line, Program.path, ""], ["DATABASE_URL": "nowhere"])
        #expect(yaml.output.hasPrefix("# Made by") && yaml.errors.contains("line 2: skipped (not-http)"))
    }

    @Test func tailGoesOnWhenTheServerWasAway() async throws {
        let receiver = try Receiver()
        let calls = Atomic(0)
        receiver.answer("/api/executions") { _ in
            let running =
                #"{"data":[{"id":"exe_1","status":"running","job_key":"a","scheduled_for":"2026-01-01T00:00:00Z","finished_at":null}],"next_cursor":null}"#
            let ended = running.replacing("running", with: "success").replacing("null}]", with: "\"2026-01-01T00:00:01Z\"}]")
            switch calls.add(1, ordering: .relaxed).newValue {
            case 1: return Receiver.Answer(body: running)
            case 2: return .dropped
            default: return Receiver.Answer(body: ended)
            }
        }
        let result = try await run(["executions", "tail", "--count", "1"], at: receiver)
        #expect(result.code == 0 && result.output == "2026-01-01T00:00:01Z  success    a\n", "\(result.output) \(result.errors)")
        #expect(result.errors.contains("Trying again"))
    }

    @Test func tailEndsWith0OnInterrupt() async throws {
        let receiver = try Receiver()
        receiver.answer("/api/executions") { _ in Receiver.Answer(body: #"{"data":[],"next_cursor":null}"#) }
        let settings = Program.environment(["PRIKKE_URL": receiver.url, "PRIKKE_API_KEY": "k"])
        let child = try Child(Program.path, ["executions", "tail"], settings)
        _ = try await receiver.request(1)
        child.signal(SIGINT)
        #expect(await child.end() == Child.End(code: 0, wasKilled: false))
    }
}
