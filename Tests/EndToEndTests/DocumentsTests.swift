import Foundation
import JSON
import TestSupport
import Testing

/// Every example of README.md and of the pages in docs does what the page says.
///
/// A block `sh` is run as it stands, `console` too and its output compared; `json` right behind one is the shape of what came out;
/// what stands behind `<!-- file: NAME -->` is that file. What no test can run says why: `<!-- not run: REASON -->`.
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
                if block.remark?.hasPrefix("file:") == true, let name = block.remark?.split(separator: " ").last {
                    try (block.text + "\n").write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
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
                default: break
                }
            }
        }
    }

    /// A call from the running program, checked by each of the examples in docs/webhooks.md; and the same with a byte changed.
    @Test func theExamplesThatCheckSignaturesKnowOurs() async throws {
        let tenant = try await Server.shared().tenant("Signed")
        let made = try await tenant.insist("POST", "/api/signing-secrets", .object([:]))
        let secret = try #require(made.json["secret"]?.string, "\(made.text)")
        let receiver = try Receiver()
        let job = try await tenant.make(["config": ["url": .string(receiver.url), "body": "{\"größe\": 1}\n"], "schedule": .null])
        try await tenant.trigger(try #require(job["id"]?.string))
        let request = try await receiver.request()
        let document = try #require(Document.all.first { $0.name == "docs/webhooks.md" })
        try await Folder.lend { folder in
            for block in document.blocks {
                guard let name = block.remark?.split(separator: " ").last, block.remark?.hasPrefix("file:") == true else { continue }
                try (block.text + "\n").write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            }
            var settings = ["SECRET": secret, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
            for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
                settings[name.uppercased().replacing("-", with: "_")] = request.header(name)
            }
            let hasNode = try await Program.run("/bin/bash", ["-c", "command -v node"], settings).code == 0
            for (body, isOurs) in [(request.body, true), (Array(request.body.dropLast()) + [0x20], false)] {
                try Data(body).write(to: URL(filePath: "\(folder)/body"))
                for command in [Self.python, "set -eu; . ./verify.sh"] + (hasNode ? [Self.node] : []) {
                    let result = try await Program.run("/bin/bash", ["-c", "cd '\(folder)'; \(command)"], settings)
                    #expect((result.code == 0) == isOurs, "\(command): \(result.output)\(result.errors)")
                }
            }
        }
    }

    private static let python = """
        python3 -c 'import os, sys; from verify import verify
        names = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        headers = {name: os.environ[name.upper().replace("-", "_")] for name in names}
        body = open("body", "rb").read()
        assert not verify(headers, body, os.environ["SECRET"], now=int(headers["webhook-timestamp"]) + 301)
        sys.exit(not verify(headers, body, os.environ["SECRET"]))'
        """
    private static let node = """
        node --input-type=module -e 'import { verify } from "./verify.mjs"; import { readFileSync } from "node:fs";
        const names = ["webhook-id", "webhook-timestamp", "webhook-signature"], env = process.env;
        const headers = Object.fromEntries(names.map((n) => [n, env[n.toUpperCase().replaceAll("-", "_")]]));
        const body = readFileSync("body"), at = Number(headers["webhook-timestamp"]);
        process.exit(!verify(headers, body, env.SECRET, at + 301) && verify(headers, body, env.SECRET) ? 0 : 1)'
        """

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
