import Postgres
import Tenancy
import Time

/// An execution that has ended, as far as a bar or a row of a list tells of it.
public struct RecentExecution: Sendable {
    public let id: ID<Execution>
    public let status: ExecutionStatus
    public let reason: Reason?
    public let scheduledFor: Timestamp
    public let finishedAt: Timestamp
    public let statusCode: Int?
    /// Nil: it did not run.
    public let durationMs: Int?
    public let latenessMs: Int?
    public let errorMessage: String?
    /// More than 1: it stands for so many occurrences that did not run.
    public let count: Int
}

extension Executions {
    /// The latest executions of each of these jobs that have ended, newest first, at most `limit` of each. Up to 24 are read in a few
    /// milliseconds; for more, every day of history is looked at.
    public func recent(of jobs: [ID<Job>], limit: Int = 24, for access: Access) async throws -> [ID<Job>: [RecentExecution]] {
        if jobs.isEmpty { return [:] }
        let organization = access.organization.id
        let states = try await database.query(
            "SELECT job_id, tallied_until FROM job_states WHERE organization_id = \(organization) AND job_id = ANY (\(jobs))")
        let tallies = try states.map {
            Tally(
                organization: organization, job: try $0("job_id"), until: limit > Tally.mostRecent ? Tally.never : try $0("tallied_until"))
        }
        guard let query = Self.latest(of: tallies, limit: limit, at: engine.clock.now()) else { return [:] }
        var recent: [ID<Job>: [RecentExecution]] = [:]
        for row in try await database.batch([Self.plannedOnce, query])[1] {
            recent[try row("job_id"), default: []].append(try RecentExecution(row))
        }
        return recent
    }

    /// Nil: of no jobs.
    static func latest(of tallies: [Tally], limit: Int, at now: Timestamp) -> Query? {
        guard let from = tallies.map(\.until).min() else { return nil }
        let rows: Query = """
            unnest(\(tallies.map(\.organization)), \(tallies.map(\.job)), \(tallies.map(\.until))) AS t (organization_id, job_id, until)
            """
        return Tally.latest(of: rows, in: Tally.Days(from: from, now: now), before: .endOfTime, limit: limit)
    }

    /// Those of these jobs of which an execution is running now.
    public func running(of jobs: [ID<Job>], for access: Access) async throws -> Set<ID<Job>> {
        if jobs.isEmpty { return [] }
        let query = Self.running(jobs, of: access.organization.id, at: engine.clock.now())
        return Set(try await database.query(query).map { try $0("job_id") })
    }

    static func running(_ jobs: [ID<Job>], of organization: ID<Organization>, at now: Timestamp) -> Query {
        """
        SELECT DISTINCT job_id FROM queue WHERE organization_id = \(organization) AND job_id = ANY (\(jobs))
            AND leased_by IS NOT NULL AND due_at <= \(now)
        """
    }
}

extension RecentExecution {
    init(_ row: Row) throws {
        self.init(
            id: try row("id"), status: ExecutionStatus(rawValue: try row("status")) ?? .failed,
            reason: try row("reason", as: String?.self).flatMap(Reason.init), scheduledFor: try row("scheduled_for"),
            finishedAt: try row("finished_at"), statusCode: try row("status_code", as: Int16?.self).map(Int.init),
            durationMs: try row("duration_ms", as: Int32?.self).map(Int.init),
            latenessMs: try row("lateness_ms", as: Int32?.self).map(Int.init),
            errorMessage: try row("error_message"), count: Int(try row("count", as: Int32.self)))
    }
}
