import Logging
import Postgres
import ServiceLifecycle
import Time

/// Erases what its time has come for: organizations that were deleted seven days ago; links, sessions, invites and counts that are
/// over. Several at once are harmless.
public struct Eraser: Service {
    private let database: Database
    private let jobs: JobsOfOrganization
    private let logger: Logger

    public init(_ database: Database, jobs: JobsOfOrganization, logger: Logger) {
        (self.database, self.jobs, self.logger) = (database, jobs, logger)
    }

    /// Looks once a minute, until it is asked to stop.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await sweep()
                } catch {
                    if !Task.isCancelled { logger.warning("what is over could not be erased", metadata: ["error": "\(error)"]) }
                }
                try? await Task.sleep(for: .seconds(60))
            }
        }
    }

    /// One look.
    func sweep() async throws {
        try await database.query(
            """
            DELETE FROM magic_links WHERE id IN (SELECT id FROM magic_links WHERE expires_at < now() - interval '1 day' LIMIT 10000)
            """)
        try await database.query(
            """
            DELETE FROM sessions WHERE id IN (
                SELECT id FROM sessions
                WHERE created_at < now() - interval '90 days' OR last_used_at < now() - interval '30 days' LIMIT 10000)
            """)
        try await database.query("DELETE FROM invites WHERE expires_at < now() - interval '30 days'")
        try await database.query("DELETE FROM former_slugs WHERE until < now()")
        try await database.query("DELETE FROM known_browsers WHERE last_seen_at < now() - interval '400 days'")
        try await database.query(
            "DELETE FROM rate_counts WHERE subject IN (SELECT subject FROM rate_counts WHERE window_end < now() LIMIT 10000)")
        try await IdempotencyKeys.prune(database)
        let over = try await database.query(
            """
            SELECT id FROM organizations WHERE deleted_at < now() - \(Organizations.regret.components.seconds) * interval '1 second'
            ORDER BY deleted_at LIMIT 10
            """
        ).map { try $0("id", as: ID<Organization>.self) }
        for organization in over {
            // One that cannot be erased keeps no other from it.
            do { try await erase(organization) } catch  where !(error is CancellationError) {
                logger.error(
                    "an organization could not be erased", metadata: ["organization": "\(organization)", "error": "\(error)"])
            }
        }
        try await database.transaction { transaction in try await transaction.batch([Erasure.begin, Erasure.stragglers]) }
    }

    private func erase(_ organization: ID<Organization>) async throws {
        // Behind its row's lock, for it may have been brought back a moment ago; from here on it cannot be.
        let marked = try await database.query(
            """
            UPDATE organizations SET erasing_at = coalesce(erasing_at, now()) WHERE id = \(organization)
                AND deleted_at <= now() - \(Organizations.regret.components.seconds) * interval '1 second'
            """)
        guard marked.affected > 0 else { return }
        // A run that was under way at the end may still have been written down since: hence the loop ends only on an empty look.
        while try await !jobs.erase(organization) { try Task.checkCancellation() }
        try await database.transaction { transaction in
            let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
            try await transaction.batch([Erasure.begin] + Erasure.organization(organization, at: now))
        }
        logger.info("an organization was erased", metadata: ["organization": "\(organization)"])
    }
}
