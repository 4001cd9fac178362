import Foundation
import JSON
import TestSupport
import Testing

/// Every example of README.md and of the pages in docs does what the page says.
///
/// A block `sh` is run as it stands, `console` too and its output compared; `json` right behind one is the shape of what came out;
/// `yaml` behind `<!-- file: NAME -->` is that file. What no test can run says why: `<!-- not run: REASON -->`.
@Suite(.timeLimit(.minutes(3))) struct DocumentsTests {
    @Test(arguments: Document.all) func everyExampleDoesWhatThePageSays(document: Document) async throws {
        let server = try await Server.shared()
        try await server.untilWell()
        let tenant = try await server.tenant("Documents")
        try await Folder.lend { folder in
            let shell = Shell(folder: folder, tenant: tenant)
            var last: (block: Document.Block, output: String)?
            for block in document.blocks {
                let place: Comment = "\(document.name):\(block.line)"
                if block.remark?.hasPrefix("not run:") == true {
                    last = nil
                    continue
                }
                switch block.language {
                case "sh":
                    let result = try await shell.run(block.text)
                    #expect(result.code == 0, "\(place): \(result.errors)")
                    last = (block, result.output)
                case "console":
                    for (command, expected) in Self.commands(in: block.text) {
                        let result = try await shell.run(command)
                        #expect(Self.fits(result.output, expected), "\(place): \(command) says \(result.output)\(result.errors)")
                    }
                case "json" where block.followsBlock && last != nil:
                    guard let before = last else { break }
                    try await compare(block, with: before, shell, place)
                case "yaml", "json":
                    guard let name = block.remark?.split(separator: " ").last, block.remark?.hasPrefix("file:") == true else { break }
                    try (block.text + "\n").write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
                default: break
                }
            }
        }
    }

    /// What only asks may be asked again: what the page shows takes its time to come about.
    private func compare(
        _ shown: Document.Block, with ran: (block: Document.Block, output: String), _ shell: Shell, _ place: Comment
    ) async throws {
        let expected = try JSON(parsing: Array(shown.text.utf8))
        var found = Self.differences(ran.output, expected)
        if !ran.block.text.contains("-d ") {
            try? await until("\(place)") {
                found = Self.differences(try await shell.run(ran.block.text).output, expected)
                return found.isEmpty
            }
        }
        #expect(found == [], place)
    }

    private static func differences(_ output: String, _ expected: JSON) -> [String] {
        guard let actual = try? JSON(parsing: Array(output.utf8)) else { return ["no JSON: \(output)"] }
        return EndToEndTests.differences(actual, fromShown: expected)
    }

    /// Each command behind a `$`, with the lines of its here-document, and what it is to say.
    private static func commands(in text: String) -> [(command: String, output: String)] {
        ("\n" + text).components(separatedBy: "\n$ ").dropFirst().map { part in
            var lines = part.components(separatedBy: "\n")
            var command = [lines.removeFirst()]
            if command[0].contains("<<'END'") {
                while let line = lines.first {
                    command.append(line)
                    lines.removeFirst()
                    if line == "END" { break }
                }
            }
            while command.last?.hasSuffix("\\") == true, !lines.isEmpty { command.append(lines.removeFirst()) }
            return (command.joined(separator: "\n"), lines.joined(separator: "\n"))
        }
    }

    /// A line of one `…` stands for any more lines.
    private static func fits(_ output: String, _ expected: String) -> Bool {
        let expected = expected.trimmingCharacters(in: .newlines)
        guard expected.hasSuffix("\n…") else { return output.trimmingCharacters(in: .newlines) == expected }
        return output.hasPrefix(String(expected.dropLast()))
    }
}

/// A shell beside a running program, in a folder of its own; what one block exports, the next one has.
private struct Shell: Sendable {
    let folder: String
    let tenant: Tenant

    func run(_ block: String) async throws -> Program.Result {
        let script = """
            set -euo pipefail
            cd '\(folder)'
            if [ -f .exported ]; then . ./.exported; fi
            trap 'export -p >.exported' EXIT
            \(block)
            """
        var settings = tenant.server.settings
        settings["PRIKKE_URL"] = tenant.server.url
        settings["PRIKKE_API_KEY"] = tenant.key
        settings["PATH"] = URL(filePath: Program.path).deletingLastPathComponent().path + ":/usr/local/bin:/usr/bin:/bin"
        return try await Program.run("/bin/bash", ["-c", script], settings)
    }
}
