import Postgres
import Tenancy
import Time

/// Whether a job keeps its time. It is late from an occurrence on that was missed, or that succeeded after it had begun late, until a
/// later one is in time; where it fails, that is shown instead. `job_states.late_for` is that occurrence, `health` what is shown.
public enum Lateness {
    /// So long after its time an execution may start and be in time.
    public static let tolerance: Duration = .seconds(60)

    /// SQL: what of the rows `from`, executions of one job that ended, says whether it is late: `in_time` and `too_late`.
    static let ofSuccesses: Query = """
        max(scheduled_for) FILTER (WHERE status = 'success' AND trigger = 'schedule' AND queue_us <= \(tolerance.microseconds)) AS in_time,
        max(scheduled_for) FILTER (WHERE status = 'success' AND trigger = 'schedule' AND queue_us > \(tolerance.microseconds)) AS too_late
        """

    /// SQL: for which occurrence the job `s` is late when those of `l` have ended.
    static let following: Query = """
        CASE WHEN l.in_time >= greatest(s.late_for, l.too_late) THEN NULL ELSE greatest(s.late_for, l.too_late) END
        """

    /// SQL: sets that the occurrence was missed and none came after it; null: nothing is said.
    static func missing(_ occurrence: Query) -> Query {
        """
        late_for = greatest(s.late_for, \(occurrence)),
            health = CASE WHEN \(occurrence) IS NOT NULL AND s.health = 'healthy' THEN 'late' ELSE s.health END
        """
    }

    /// What has another schedule has not been late by it.
    static func forgotten(of jobs: [ID<Job>], in organization: ID<Organization>) -> Query {
        """
        UPDATE job_states SET late_for = NULL, health = CASE health WHEN 'late' THEN 'healthy' ELSE health END
        WHERE organization_id = \(organization) AND job_id = ANY (\(jobs)) AND late_for IS NOT NULL
        """
    }
}

extension Decision {
    /// The last occurrence, where it was missed: nothing that is to run comes after it.
    var missedLast: Timestamp? {
        guard let missed = notRun.filter({ $0.reason == .startDeadline }).map(\.entry.last).max() else { return nil }
        return starts.contains { $0.time > missed } ? nil : missed
    }
}
