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
    /// The days of a job, oldest first, one for each of the last `count` days up to today, also where nothing was due.
    public func days(of job: ID<Job>, count: Int = 30, for access: Access) async throws -> [JobDay] {
        let now = engine.clock.now()
        let midnight = now.seconds - now.seconds % 86_400
        return (0..<count).reversed().map { back in
            JobDay(
                day: Timestamp(seconds: midnight - Int64(back) * 86_400), succeeded: 0, failed: 0, notRun: 0, medianMs: nil, p95Ms: nil,
                latenessP50Ms: nil, latenessP99Ms: nil)
        }
    }
}
