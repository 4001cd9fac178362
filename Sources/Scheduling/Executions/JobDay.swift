import Postgres
import Tenancy
import Time

/// What came of a job's executions that were due on one day (UTC).
public struct JobDay: Sendable {
    /// Its midnight.
    public let day: Timestamp
    public let succeeded: Int
    public let failed: Int
    /// Missed, skipped and cancelled occurrences.
    public let notRun: Int
    /// Of those that ran: nil where none did.
    public let medianMs: Int?
    public let p95Ms: Int?
    public let latenessP50Ms: Int?
    public let latenessP99Ms: Int?

    public init(
        day: Timestamp, succeeded: Int, failed: Int, notRun: Int, medianMs: Int?, p95Ms: Int?, latenessP50Ms: Int?, latenessP99Ms: Int?
    ) {
        (self.day, self.succeeded, self.failed, self.notRun) = (day, succeeded, failed, notRun)
        (self.medianMs, self.p95Ms, self.latenessP50Ms, self.latenessP99Ms) = (medianMs, p95Ms, latenessP50Ms, latenessP99Ms)
    }
}

extension Executions {
    /// The days of a job, oldest first, one for each of the last `count` days up to today, also where nothing was due. Days that are
    /// over have been counted; those that are not are counted now.
    public func days(of job: ID<Job>, count: Int = 30, for access: Access) async throws -> [JobDay] {
        let (now, organization) = (engine.clock.now(), access.organization.id)
        let midnights = (0..<count).map { now.midnight.adding(.seconds(-86_400 * $0)) }
        let state = try await database.query(
            "SELECT tallied_until FROM job_states WHERE organization_id = \(organization) AND job_id = \(job)"
        ).first
        var days: [Timestamp: JobDay] = [:]
        if let until: Timestamp = try state?("tallied_until"), let first = midnights.last {
            let tally = Tally(organization: organization, job: job, until: until)
            for row in try await database.batch([Self.plannedOnce, Self.days(of: tally, since: first, at: now)])[1] {
                let day = try JobDay(row)
                days[day.day] = day
            }
        }
        return midnights.reversed().map { days[$0] ?? JobDay(of: $0) }
    }

    static func days(of tally: Tally, since first: Timestamp, at now: Timestamp) -> Query {
        let from = max(tally.until, first)
        let days = Tally.Days(from: from, now: now)
        return """
            SELECT day, succeeded, failed, not_run, median_ms, p95_ms, lateness_p50_ms, lateness_p99_ms FROM job_days
            WHERE organization_id = \(tally.organization) AND job_id = \(tally.job) AND day >= \(first) AND day < \(tally.until)
            UNION ALL
            \(Tally.days("""
                e.organization_id = \(tally.organization) AND e.job_id = \(tally.job) AND e.scheduled_for >= \(from)
                AND \(days.contain("e.scheduled_for"))
                """))
            """
    }
}

extension JobDay {
    fileprivate init(of day: Timestamp) {
        self.init(
            day: day, succeeded: 0, failed: 0, notRun: 0, medianMs: nil, p95Ms: nil, latenessP50Ms: nil, latenessP99Ms: nil)
    }

    fileprivate init(_ row: Row) throws {
        func number(_ name: String) throws -> Int? { try row(name, as: Int32?.self).map(Int.init) }
        self.init(
            day: try row("day"), succeeded: try number("succeeded") ?? 0, failed: try number("failed") ?? 0,
            notRun: Int(try row("not_run", as: Int64.self)), medianMs: try number("median_ms"), p95Ms: try number("p95_ms"),
            latenessP50Ms: try number("lateness_p50_ms"), latenessP99Ms: try number("lateness_p99_ms"))
    }
}
