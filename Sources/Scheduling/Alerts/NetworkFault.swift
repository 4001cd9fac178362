import Postgres
import Time

/// Whether so much fails everywhere at once that our own network is the likely cause: then nobody is told, for a while
/// (`Telling.mostHeld`), as thousands of alerts would say what is not so.
enum NetworkFault {
    /// Of the jobs that ended an execution within a minute, so many at least, and of so many organizations.
    static let fewestJobs = 100
    static let fewestOrganizations = 5
    /// So large a part of them failed on their way to the target.
    static let share = 0.3

    static let transportReasons: [Reason] = [.connectFailed, .dnsFailed, .tlsFailed, .badResponse, .deadline]

    static func isLikely(at now: Timestamp, over database: Database) async throws -> Bool {
        let minute = now.adding(.zero - .seconds(60))
        let failing: Query = """
            i.look_at IS NOT NULL AND i.closed_at IS NULL AND i.kind = 'failing'
                AND i.reason = ANY (\(transportReasons.map(\.rawValue)))
            """
        // A look at all jobs is worth it only where many began to fail of late.
        let suspects = try await database.query(
            """
            SELECT count(*) AS jobs, count(DISTINCT organization_id) AS organizations FROM incidents i
            WHERE \(failing) AND i.opened_at > \(now.adding(.zero - Telling.mostHeld))
            """)
        let (jobs, organizations): (Int64, Int64) = (try suspects.only("jobs"), try suspects.only("organizations"))
        guard Double(jobs) > share * Double(fewestJobs), organizations >= fewestOrganizations else { return false }
        let measure = try await database.query(
            """
            SELECT count(*) AS ended, count(i.id) AS failed, count(DISTINCT i.organization_id) AS organizations
            FROM job_states s LEFT JOIN incidents i ON i.organization_id = s.organization_id AND i.job_id = s.job_id AND \(failing)
            WHERE s.last_finished_at > \(minute)
            """)
        let (ended, failed, across): (Int64, Int64, Int64) = (
            try measure.only("ended"), try measure.only("failed"), try measure.only("organizations")
        )
        return ended >= fewestJobs && across >= fewestOrganizations && Double(failed) > share * Double(ended)
    }
}
