import ArgumentParser
import JSON
import Tenancy

/// `prikke secrets …`
struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Look after the secrets that are sealed in the database.", subcommands: [Rotate.self])

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal everything anew with the key of SECRET_KEY_BASE, beside running servers, and say which keys may go.",
            discussion: """
                Every server must run with the new SECRET_KEY_BASE by then, and with the old one in SECRET_KEY_BASE_PREVIOUS; \
                docs/operations.md has the steps. Doing it again does no harm. It fails where something could not be opened.

                Example:
                  SECRET_KEY_BASE=new… SECRET_KEY_BASE_PREVIOUS=old… prikke secrets rotate
                """)

        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let configuration = try Configuration()
            let logger = Log.quiet()
            let (plain, rotation) = try await DatabaseHome.use(configuration, logger: logger) { home in
                let services = try Services(configuration, home, logger: logger)
                // Not `verify` before all: what is sealed with a key that is lost shall not keep the rest from being sealed anew.
                let plain = try await services.jobs.sealWhatIsPlain()
                return (plain, try await services.sealingKeys.rotate())
            }
            if json { Output.answer(rotation.json(plain: plain)) } else { Output.answer(rotation.text(plain: plain)) }
            if !rotation.isComplete { throw ExitCode(1) }
        }
    }
}

extension SealingKeys.Rotation {
    fileprivate var isComplete: Bool { needed.isEmpty && columns.allSatisfy { $0.unopened == 0 } }

    fileprivate func json(plain: Int) -> JSON {
        [
            "key": .string(key), "jobs_sealed": .integer(Int64(plain)),
            "columns": .array(
                columns.map {
                    [
                        "column": .string($0.name), "rows": .integer(Int64($0.rows)), "resealed": .integer(Int64($0.resealed)),
                        "unopened": .integer(Int64($0.unopened)),
                    ]
                }),
            "removable_keys": .array(removable.map { .string($0) }), "needed_keys": .array(needed.map { .string($0) }),
        ]
    }

    fileprivate func text(plain: Int) -> String {
        var lines = columns.map { column in
            let unopened = column.unopened > 0 ? ", \(column.unopened) could not be opened" : ""
            return "\(column.name): \(column.resealed) of \(column.rows) sealed anew\(unopened)"
        }
        lines.append("Jobs whose secrets were not sealed yet: \(plain)")
        lines.append("Sealed with the key \(key).")
        if !removable.isEmpty { lines.append("Nothing needs these keys any more: \(removable.joined(separator: ", "))") }
        if !needed.isEmpty { lines.append("Still needed: \(needed.joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }
}
