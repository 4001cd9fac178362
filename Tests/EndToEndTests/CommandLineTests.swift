import Foundation
import JSON
import Testing

/// The program as a command: what it prints where, and how it ends.
@Suite(.timeLimit(.minutes(3))) struct CommandLineTests {
    @Test func anOrganizationIsMadeWithoutAServerToo() async throws {
        try await Folder.lend { folder in
            let settings = ["PRIKKE_DATA_DIR": folder + "/data"]
            let create = ["organization", "create", "--name", "Ämne & Co", "--email", "alice@example.com", "--plan", "pro", "--json"]
            let first = try await Program.run(create, settings)
            #expect(first.code == 0, "\(first.errors)")
            let json = try JSON(parsing: Array(first.output.utf8))
            #expect(json["organization"]?["slug"] == "amne-co")
            #expect(json["organization"]?["plan"] == "pro")
            #expect(json["user"]?["email"] == "alice@example.com")
            #expect(json["api_key"]?.string?.hasPrefix("pk_live_") == true)
            #expect(!FileManager.default.fileExists(atPath: folder + "/data/cluster/postmaster.pid"), "its Postgres went with it")

            let second = try await Program.run(create, settings)
            let again = try JSON(parsing: Array(second.output.utf8))
            #expect(again["user"] == json["user"], "a known address is the same person")
            #expect(again["organization"]?["slug"] != json["organization"]?["slug"])
        }
    }

    @Test func aPipeBehindItEndsWithIt() async throws {
        let server = try await Server.shared()
        let line = #""$0" organization create --name Pipe --email pipe@example.com --json | cat"#
        let piped = try await Program.run("/bin/sh", ["-c", line, Program.path], server.settings)
        #expect(piped.code == 0)
        #expect(try JSON(parsing: Array(piped.output.utf8))["organization"]?["slug"]?.string?.hasPrefix("pipe") == true)
    }

    @Test func anAnswerThatIsLostIsAFailure() async throws {
        let server = try await Server.shared()
        let line = #""$0" organization create --name Lost --email lost@example.com --json > /dev/full"#
        let result = try await Program.run("/bin/sh", ["-c", line, Program.path], server.settings)
        #expect(result.code == 1)
        #expect(result.errors.contains("standard output"))
    }

    @Test(arguments: [["doctor", "--json"], ["seed", "--json"]])
    func standardOutputIsOneJSONValue(_ arguments: [String]) async throws {
        let result = try await Program.run(arguments, try await Server.shared().settings)
        #expect(result.code == 0, "\(result.errors)")
        #expect(try JSON(parsing: Array(result.output.utf8)).object != nil)
        #expect(result.output.hasSuffix("}\n"))
    }

    struct Misuse: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let named: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(arguments: [
        Misuse(arguments: ["organization", "create", "--email", "a@example.com"], named: "--name"),
        Misuse(arguments: ["organization", "create", "--name", "A"], named: "--email"),
        Misuse(arguments: ["organization", "create", "--name", "A", "--email", "a@example.com", "--plan", "gold"], named: "--plan"),
        Misuse(
            arguments: ["organization", "create", "--name", "A", "--email", "a@example.com", "--key-expires", "soon"],
            named: "--key-expires"),
        Misuse(arguments: ["organization", "create", "--name", "A", "--email", "a@b@c"], named: "--email"),
        Misuse(arguments: ["organization", "create", "--name", "", "--email", "a@example.com"], named: "--name"),
        Misuse(
            arguments: ["organization", "create", "--name", "A", "--email", "a@example.com", "--colour", "red"], named: "--colour"),
        Misuse(arguments: ["dance"], named: "dance"),
        Misuse(arguments: ["serve", "--fast"], named: "--fast"),
    ])
    func wrongUseExits2AndNamesTheArgument(_ misuse: Misuse) async throws {
        let result = try await Program.run(misuse.arguments, try await Server.shared().settings)
        #expect(result.code == 2)
        #expect(result.errors.contains(misuse.named), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func allMistakesOfTheConfigurationAreNamedAtOnce() async throws {
        let settings = [
            "PORT": "70000", "PRIKKE_ENV": "staging", "PRIKKE_ALLOW_NETWORKS": "10.0.0.0/99", "SECRET_KEY_BASE": "short",
            "PRIKKE_HOST": "https://x", "HOST": "everywhere", "PRIKKE_PLANS_FILE": "/nowhere",
        ]
        let result = try await Program.run(["serve"], settings)
        #expect(result.code == 1)
        for name in settings.keys { #expect(result.errors.contains(name), "\(name)") }
        #expect(!result.errors.contains("short"), "a secret's value is never shown")
        #expect(result.output.isEmpty)
    }

    @Test func aPortThatIsTakenIsSaid() async throws {
        let server = try await Server.shared()
        try await Folder.lend { folder in
            let settings = server.settings.merging(["PRIKKE_DATA_DIR": folder + "/data"]) { $1 }
            let result = try await Program.run(["serve"], settings)
            #expect(result.code == 1)
            #expect(result.errors.contains("Port \(server.port)"), "\(result.errors)")
        }
    }

    @Test(arguments: [["--help"], ["organization", "create", "--help"], ["--version"]])
    func helpAndVersionAreAnswers(_ arguments: [String]) async throws {
        let result = try await Program.run(arguments)
        #expect(result.code == 0)
        #expect(!result.output.isEmpty)
        #expect(result.errors.isEmpty)
    }
}
