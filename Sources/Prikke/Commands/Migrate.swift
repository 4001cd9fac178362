import ArgumentParser
import Migrations
import Postgres

/// `prikke migrate`
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database's schema up to date (serve does it too).",
        discussion: """
            Example:
              DATABASE_URL=postgresql://prikke@db/prikke prikke migrate
            """)

    func run() async throws {
        let logger = Log.quiet()
        try await DatabaseHome.use(try Configuration(), logger: logger) { home in
            let report = try await Migrator(Migrations.all).run(on: home.engine)
            Output.answer(report.applied.isEmpty ? "The schema is up to date." : "Applied: \(report.applied.joined(separator: ", "))")
        }
    }
}
