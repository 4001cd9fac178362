import ArgumentParser
import JSON
import Logging
import Mail
import Migrations
import Outbound
import Postgres
import Scheduling
import Time

/// `prikke doctor`
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is missing here, and the command that mends it.",
        discussion: """
            Exits 1 if something is missing.

            Example:
              prikke doctor --json
            """)

    /// One thing that was looked at.
    struct Finding {
        let name: String
        let isFine: Bool
        let detail: String
    }

    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let findings = await examine()
        if json {
            Output.answer([
                "ok": .bool(findings.allSatisfy(\.isFine)),
                "findings": .array(findings.map { ["name": .string($0.name), "ok": .bool($0.isFine), "detail": .string($0.detail)] }),
            ])
        } else {
            for finding in findings { Output.answer("\(finding.isFine ? "ok " : "NOT") \(finding.name): \(finding.detail)") }
        }
        if findings.contains(where: { !$0.isFine }) { throw ExitCode.failure }
    }

    private func examine() async -> [Finding] {
        let configuration: Configuration
        do throws(Configuration.Mistakes) { configuration = try Configuration() } catch {
            return [Finding(name: "configuration", isFine: false, detail: error.list.joined(separator: " "))]
        }
        var findings = [Finding(name: "configuration", isFine: true, detail: configuration.stage.rawValue), zones()]
        if configuration.databaseURL == nil { findings.append(programs()) }
        guard findings.allSatisfy(\.isFine) else { return findings }
        return findings + [await mail(configuration)] + (await database(configuration))
    }

    private func zones() -> Finding {
        let isThere = ZoneRules.named("Europe/Oslo") != nil
        let mending = "none in \(ZoneData.folder); apt-get install tzdata (or point TZDIR at the data)"
        return Finding(name: "time zones", isFine: isThere, detail: isThere ? "found, \(ZoneData.version())" : mending)
    }

    private func programs() -> Finding {
        do throws(EmbeddedPostgresError) {
            return Finding(name: "postgres programs", isFine: true, detail: try EmbeddedPostgres.programsFolder())
        } catch {
            return Finding(name: "postgres programs", isFine: false, detail: "\(error)")
        }
    }

    private func mail(_ configuration: Configuration) async -> Finding {
        guard let account = configuration.mail.mailjet else {
            let isInDevelopment = configuration.stage == .development
            let detail =
                isInDevelopment ? "stays on this machine, at /dev/mailbox" : "none is sent; set MAILJET_API_KEY and MAILJET_SECRET_KEY"
            return Finding(name: "mail", isFine: true, detail: detail)
        }
        let silence = Logger(label: "mail") { _ in SwiftLogNoOpLogHandler() }
        let transport = MailjetTransport(account, userAgent: "Prikke/\(Prikke.version)", logger: silence)
        switch await transport.find(configuration.mail.sender) {
        case .active: return Finding(name: "mail", isFine: true, detail: "by Mailjet, from \(configuration.mail.sender.address)")
        case .inactive: return Finding(name: "mail", isFine: false, detail: SenderCheck.complaint)
        case .cannotTell:
            return Finding(
                name: "mail", isFine: false, detail: "Mailjet could not be asked for the sender; look at the keys and MAILJET_API_URL")
        }
    }

    private func database(_ configuration: Configuration) async -> [Finding] {
        do {
            return try await DatabaseHome.use(configuration, logger: Log.quiet()) { home in
                let version: String = try await home.engine.query("SELECT current_setting('server_version') AS version").only("version")
                let clock = DatabaseClock()
                try await clock.measure(home.engine)
                let offset = abs(clock.lead) / 1_000
                return [
                    Finding(name: "database", isFine: true, detail: "PostgreSQL \(version), schema up to date"),
                    Finding(name: "clock", isFine: offset < 2_000, detail: "\(offset) ms from the database's"),
                    try await pooler(home.engine),
                ]
            }
        } catch {
            return [Finding(name: "database", isFine: false, detail: "\(error)")]
        }
    }

    /// LISTEN, session locks and prepared statements do not survive a pooler that gives each transaction another session.
    private func pooler(_ database: Database) async throws -> Finding {
        var sessions: Set<Int32> = []
        let lock = try database.advisoryLock(name: "doctor")
        for _ in 0..<3 {
            _ = try await lock.tryAcquire()
            sessions.insert(await lock.isHeld() ? 0 : 1)
        }
        await lock.release()
        let isDirect = !sessions.contains(1)
        return Finding(
            name: "connection", isFine: isDirect,
            detail: isDirect ? "direct" : "a transaction-mode pooler stands before the database; point DATABASE_URL at the server itself")
    }
}
