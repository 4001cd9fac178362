import Postgres
import Tenancy
import Time

/// How far a job's past is folded away (see migration 13): everything that was due before `until` stands in `recent_executions` and
/// `job_days`, and what came later is read from history itself. So whoever reads both sides of `until` misses nothing, whatever is
/// written meanwhile, for a writer of the past moves `until` back in his own transaction.
///
/// History has a table for each retention and day, some hundred and fifty, and a job that runs once a week is found in few of them:
/// without this a list of fifty such jobs looks into each table fifty times.
struct Tally {
    let organization: ID<Organization>
    let job: ID<Job>
    let until: Timestamp
    /// `until` may come to the same again after something was written; this does not.
    let version: Int32

    /// Of each job so many executions are folded; whoever wants more reads history.
    static let mostRecent = 24
    /// Nothing is folded.
    static let never = Timestamp(seconds: -62_135_596_800)
    /// A day is folded an hour after its end; see the triggers for why not at once.
    private static let delay: Duration = .seconds(3_600)

    /// The days before this one may be folded.
    static func end(at now: Timestamp) -> Timestamp { now.adding(.zero - delay).midnight }

    init(organization: ID<Organization>, job: ID<Job>, until: Timestamp, version: Int32 = 0) {
        (self.organization, self.job, self.until, self.version) = (organization, job, until, version)
    }

    init(_ row: Row) throws {
        self.init(
            organization: try row("organization_id"), job: try row("job_id"), until: try row("tallied_until"),
            version: try row("tally_version"))
    }

    static let columns: Query = "s.organization_id, s.job_id, s.tallied_until, s.tally_version"

    /// Which days of history are to be read.
    struct Days {
        private let from: Timestamp
        /// Where all is folded up to yesterday, the few days behind that stand in the text: such a statement is planned for their tables
        /// alone, once a day, and need not be planned again whenever the statistics of any other table are new.
        private let inText: (from: Timestamp, to: Timestamp)?
        /// What the pruner has copied aside can be older than any day that is still there.
        let mayBeKept: Bool

        init(from: Timestamp, now: Timestamp) {
            let yesterday = now.midnight.adding(.seconds(-86_400))
            self.from = from
            inText = from >= yesterday ? (yesterday, yesterday.adding(.seconds(3 * 86_400))) : nil
            mayBeKept = from < now.adding(.seconds(-86_400 * (Partitions.retentions.min() ?? 0)))
        }

        /// SQL: a row of history is of these days.
        func contain(_ time: Query) -> Query {
            guard let inText else { return "\(time) >= \(from)" }
            return Self.range(time, inText.from, inText.to)
        }

        /// SQL: the same in pieces, each of one table where the days are known, and then read in the order of its index.
        func pieces(_ time: Query) -> [Query] {
            guard let inText else { return [contain(time)] }
            let days = stride(from: inText.from.seconds, to: inText.to.seconds, by: 86_400)
            return days.map { Self.range(time, Timestamp(seconds: $0), Timestamp(seconds: $0 + 86_400)) }
        }

        private static func range(_ time: Query, _ from: Timestamp, _ to: Timestamp) -> Query {
            "\(time) >= '\(unsafe: from.rfc3339)'::timestamptz AND \(time) < '\(unsafe: to.rfc3339)'::timestamptz"
        }
    }

    private static let recentColumns: Query = """
        scheduled_for, id, status, reason, finished_at, status_code, duration_ms, lateness_ms, error_message, count
        """

    /// SQL: the latest executions of each row `t` (organization_id, job_id, until), newest first.
    static func latest(of tallies: Query, in days: Days, before end: Timestamp, limit: Int) -> Query {
        // By time alone, as an index has it: with the id behind it a day that the planner takes to be empty, as it does today's, is read to
        // its end and sorted, 86,400 executions of a job that runs each second.
        func part(_ table: StaticString, _ condition: Query) -> Query {
            """
            (SELECT \(recentColumns) FROM \(unsafe: "\(table)") e
            WHERE \(condition) AND e.organization_id = t.organization_id AND e.job_id = t.job_id
            ORDER BY e.scheduled_for DESC LIMIT \(unsafe: String(limit)))
            """
        }
        // One by one, for only within one retention are the days gone through in order, and no more of them than it takes.
        let written: Query = "e.scheduled_for >= t.until AND e.scheduled_for < \(end)"
        var parts = Partitions.retentions.flatMap { retention in
            days.pieces("e.scheduled_for").map { part("executions", "e.keep_days = \(unsafe: "\(retention)") AND \(written) AND \($0)") }
        }
        if days.mayBeKept { parts.append(part("kept_executions", written)) }
        parts.append(part("recent_executions", "e.scheduled_for < t.until"))
        // What is kept beyond its day stands in two tables for the moment in which the pruner copies it.
        return """
            SELECT t.organization_id, t.job_id, x.* FROM \(tallies) CROSS JOIN LATERAL (
                SELECT DISTINCT ON (y.scheduled_for, y.id) y.* FROM (\(parts.joined(separator: " UNION ALL "))) y
                ORDER BY y.scheduled_for DESC, y.id DESC LIMIT \(unsafe: String(limit))
            ) x
            """
    }

    /// SQL: the days of `condition`'s executions `e`, and what came of them.
    static func days(_ condition: Query) -> Query {
        let ran: Query = "FILTER (WHERE e.status IN ('success', 'failed', 'timeout'))"
        return """
            SELECT day, succeeded, failed, not_run, durations[1] AS median_ms, durations[2] AS p95_ms, lateness[1] AS lateness_p50_ms,
                lateness[2] AS lateness_p99_ms
            FROM (
                SELECT date_trunc('day', e.scheduled_for, 'UTC') AS day,
                    (count(*) FILTER (WHERE e.status = 'success'))::integer AS succeeded,
                    (count(*) FILTER (WHERE e.status IN ('failed', 'timeout')))::integer AS failed,
                    coalesce(sum(e.count) FILTER (WHERE e.status IN ('missed', 'skipped', 'cancelled')), 0)::bigint AS not_run,
                    percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY e.duration_ms) \(ran) AS durations,
                    percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY e.lateness_ms) \(ran) AS lateness
                FROM executions e WHERE \(condition) GROUP BY 1
            ) d
            """
    }
}

extension Timestamp {
    /// When its day began, by UTC.
    var midnight: Timestamp { Timestamp(seconds: seconds - ((seconds % 86_400) + 86_400) % 86_400) }
}
