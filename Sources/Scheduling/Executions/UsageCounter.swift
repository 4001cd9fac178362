import Postgres
import Tenancy
import Time

/// What an organization has used of its plan in the current month.
enum UsageCounter {
    /// Fewer than this left, and what waits is counted too. Before that it does not matter, and a backlog is long to count.
    private static let close = 1_000

    /// SQL: executions of the UTC month of `now` that an organization has used or that wait to be run, of a row of `entitlements`
    /// that is called `row`. What was tried once counts already; so of what waits only first attempts do.
    static func used(of row: Query, at now: Timestamp) -> Query {
        """
        SELECT u.executions + CASE WHEN \(row).executions_per_month IS NULL OR \(row).executions_per_month - u.executions > \(close) THEN 0
            ELSE (SELECT count(*) FROM queue q WHERE q.organization_id = \(row).organization_id AND q.attempt - q.lost_leases = 1) END
        FROM (SELECT coalesce((
            SELECT executions FROM usage_counters WHERE organization_id = \(row).organization_id
                AND month = date_trunc('month', \(now)::timestamptz AT TIME ZONE 'UTC')::date
        ), 0) AS executions) u
        """
    }
}
