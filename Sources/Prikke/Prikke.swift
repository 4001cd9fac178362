import ArgumentParser
import Glibc

/// The one binary: every role of the server and the whole command line.
@main
struct Prikke: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "prikke",
        abstract: "Runs scheduled work on time.",
        discussion: """
            Settings come from the environment (.env.example lists them all). Without DATABASE_URL it brings a private Postgres, kept in \
            PRIKKE_DATA_DIR (default .prikke).

            Examples:
              prikke serve
              prikke organization create --name Acme --email alice@example.com --plan business
              prikke cron next --zone Europe/Oslo '30 2 * * *'
              prikke sync plan
              prikke executions tail
              prikke doctor
            """,
        version: version,
        subcommands: [
            Serve.self, Migrate.self, Seed.self, CronCommand.self, SyncCommand.self, ImportCommand.self, JobsCommand.self,
            ExecutionsCommand.self, OrganizationCommand.self,
            SecretsCommand.self,
            Doctor.self,
        ],
        defaultSubcommand: Serve.self
    )

    static func main() async {
        // A peer that hangs up must be an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch {
            Exit.end(with: error)
        }
    }
}

/// Exit codes: 0 done, 1 failed, 2 wrong use. What went wrong is one line on standard error.
enum Exit {
    static func end(with error: any Error) -> Never {
        // Whoever throws a bare code has said what there was to say.
        if let code = error as? ExitCode { exit(code.rawValue) }
        switch Prikke.exitCode(for: error) {
        case .success: Prikke.exit(withError: error)
        case .validationFailure:
            Output.note(Prikke.fullMessage(for: error))
            exit(2)
        default:
            Output.note("prikke: \(sentence(of: error))")
            exit(1)
        }
    }

    private static func sentence(of error: any Error) -> String {
        let text = Prikke.message(for: error)
        return text.isEmpty ? "\(error)" : text
    }
}
