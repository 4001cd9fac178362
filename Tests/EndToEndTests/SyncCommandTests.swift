import Foundation
import JSON
import Testing

/// `prikke sync` with a real server at the other end.
@Suite(.timeLimit(.minutes(3))) struct SyncCommandTests {
    private static func document(_ cron: String, and second: Bool) -> String {
        """
        jobs:
          - key: sync/first
            config: {url: https://api.example.com/first}
            schedule: {cron: "\(cron)"}
        """ + (second ? "\n  - key: sync/second\n    config: {url: https://api.example.com/second}\n    schedule: {every: 1h}\n" : "\n")
    }

    @Test func aFileIsPlannedAppliedChangedAndUndone() async throws {
        let server = try await Server.shared()
        let tenant = try await server.tenant()
        let settings = ["PRIKKE_URL": server.url, "PRIKKE_API_KEY": tenant.key]
        try await Folder.lend { folder in
            let path = folder + "/prikke.yaml"
            func sync(_ file: String, _ arguments: String...) async throws -> Program.Result {
                try Data(file.utf8).write(to: URL(filePath: path))
                return try await Program.run(["sync"] + arguments + ["--file", path], settings)
            }
            let both = Self.document("0 2 * * *", and: true)
            let plan = try await sync(both, "plan")
            #expect(plan.code == 3 && plan.output.hasSuffix("Plan: 2 to create, 0 unchanged.\n"), "\(plan.output) \(plan.errors)")
            #expect(try await sync(both, "apply").output.hasSuffix("Done: 2 created, 0 unchanged.\n"))
            let again = try await sync(both, "plan")
            #expect(again.code == 0 && again.output == "Nothing to do: 2 jobs are as the file says.\n")
            let id = await tenant.get("/api/jobs/key:sync%2Fsecond").json["id"]

            let one = Self.document("0 3 * * *", and: false)
            let refused = try await sync(one, "apply", "--delete-removed")
            #expect(refused.code == 1 && refused.errors.contains("--confirm-delete"), "\(refused.errors)")
            let changed = try await sync(one, "apply", "--delete-removed", "--confirm-delete", "1")
            #expect(changed.code == 0, "\(changed.errors)")
            #expect(changed.output.contains("    /schedule/cron: \"0 2 * * *\" → \"0 3 * * *\"\n- sync/second  api.example.com\n"))
            #expect(try await sync(both, "apply").code == 0)
            #expect(await tenant.get("/api/jobs/key:sync%2Fsecond").json["id"] == id, "it came back")

            let wrong = try await sync(both.replacing("https://api.example.com/second", with: "ftp://x"), "apply")
            #expect(wrong.code == 1 && wrong.errors.contains("/prikke.yaml:6:14: jobs[1].config.url: "), "\(wrong.errors)")
            #expect(try await sync(both, "plan").code == 0, "nothing was changed")
        }
    }
}
