import ArgumentParser
import Foundation
import JSON
import Scheduling

/// `prikke sync …`: the jobs of an organization as a file in a repository.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Keep an organization's jobs equal to prikke.yaml.",
        discussion: """
            A client of the API: PRIKKE_URL says where the server is, PRIKKE_API_KEY (or PRIKKE_API_KEY_FILE) who calls. Exits 0 when \
            there was nothing to do or it is done, 3 when the plan has changes, 1 when it failed, 2 on wrong use.

            Examples:
              prikke sync plan
              prikke sync apply --delete-removed
              prikke sync pull
              prikke sync schema > prikke.schema.json
            """, subcommands: [Plan.self, Apply.self, Pull.self, PrintedSchema.self])

    /// What plan and apply have in common.
    struct Document: ParsableArguments {
        @Option(help: "The file; - for standard input.") var file = "prikke.yaml"
        @OptionGroup var settings: ClientSettings
        @Flag(help: "Delete the jobs that sync made and that are not in the file any more.") var deleteRemoved = false
        @Option(help: "So many jobs may be deleted (needed for more than 10, or a fifth of them).") var confirmDelete: Int?
        @Flag(help: "Take over jobs that have such a key and that sync does not manage yet.") var adopt = false
        @Flag(help: "Print the server's answer, one JSON object.") var json = false

        func validate() throws {
            if let confirmDelete, confirmDelete < 0 { throw ValidationError("--confirm-delete: use the number of jobs to be deleted.") }
        }

        /// Sends the file, and shows what came of it.
        func send(_ method: String, _ path: String) async throws -> SyncAnswer {
            let client = try settings.client()
            let file = try await SyncFile(file)
            var body = file.document
            if deleteRemoved { body["delete_removed"] = true }
            if let confirmDelete { body["confirm_delete"] = .integer(Int64(confirmDelete)) }
            if adopt { body["adopt"] = true }
            let answer: SyncAnswer
            do throws(CallFailure) {
                answer = SyncAnswer(json: try await client.send(method, path, .object(body)))
            } catch {
                guard case .refused(let refused) = error, !refused.errors.isEmpty else { throw error }
                for error in refused.errors { Output.note(file.line(error)) }
                Output.note("prikke: \(refused.withoutErrors)")
                throw ExitCode.failure
            }
            let isColoured = SyncAnswer.isColoured(ProcessInfo.processInfo.environment)
            if json { Output.answer(answer.json) } else { Output.answer(answer.text(coloured: isColoured)) }
            if let number = answer.mustConfirm { Output.note("To delete so many, apply wants --confirm-delete \(number).") }
            return answer
        }
    }

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what apply would do, like a diff. Changes nothing.",
            discussion: """
                Examples:
                  prikke sync plan
                  prikke sync plan --file jobs/prod.yaml --delete-removed --json
                """)

        @OptionGroup var document: Document

        func run() async throws {
            let answer = try await document.send("POST", "/api/sync/plan")
            if !answer.changes.isEmpty { throw ExitCode(3) }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the jobs as the file says, all of them or none, and show what was done. Asks nothing.",
            discussion: """
                Examples:
                  prikke sync apply
                  prikke sync apply --delete-removed --confirm-delete 12
                """)

        @OptionGroup var document: Document

        func run() async throws { _ = try await document.send("PUT", "/api/sync") }
    }

    struct PrintedSchema: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "schema", abstract: "Print the JSON Schema of prikke.yaml, for editors. Needs no server.",
            discussion: """
                Example:
                  prikke sync schema > prikke.schema.json
                """)

        func run() async throws { Output.answer(SyncShape.editorSchema(.known)) }
    }
}
