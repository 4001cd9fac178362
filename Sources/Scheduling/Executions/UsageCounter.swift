import Postgres
import Tenancy
import Time

/// What an organization has used of its plan in the current month.
enum UsageCounter {
    /// Fewer than this left, and what waits is counted too, up to as many. Before that it does not matter, and a backlog is
    /// long to count.
    private static let close = 1_000

    /// SQL: executions of the UTC month of `now` that an organization has used, of a row of `entitlements` that is called `row`.
    static func used(of row: Query, at now: Timestamp) -> Query {
        """
        coalesce((SELECT executions FROM usage_counters WHERE organization_id = \(row).organization_id
            AND month = date_trunc('month', \(now)::timestamptz AT TIME ZONE 'UTC')::date), 0)
        """
    }

    /// SQL: notes once a month that an organization of `rows` (`organization_id, month, executions`), just counted, has used 80 %, and
    /// all, of its plan's executions.
    static func noting(_ rows: Query, now: Timestamp) -> Query {
        """
        INSERT INTO notices AS n (organization_id, id, kind, facts, cause, created_at)
        SELECT c.organization_id, new_id(\(now)), c.kind, jsonb_build_object('used', c.executions, 'limit', c.most, 'month', to_char(c.month, 'YYYY-MM')), c.cause,
            \(now)
        FROM (
            SELECT r.*, k.kind, to_char(r.month, 'YYYY-MM') || '/' || k.kind AS cause FROM (
                SELECT u.organization_id, u.executions, u.month, e.executions_per_month AS most FROM \(rows) u
                    JOIN entitlements e ON e.organization_id = u.organization_id AND e.executions_per_month > 0
            ) r CROSS JOIN LATERAL (SELECT CASE WHEN r.executions >= r.most THEN 'usage_100' ELSE 'usage_80' END AS kind) k
            WHERE r.executions * 5 >= r.most * 4
        ) c WHERE NOT EXISTS (SELECT FROM notices o WHERE o.organization_id = c.organization_id AND o.cause = c.cause)
        ON CONFLICT (organization_id, cause) DO NOTHING RETURNING n.organization_id
        """
    }

    /// The same of one organization.
    static func used(by organization: ID<Organization>, at now: Timestamp, over database: some QueryRunner) async throws -> Int64 {
        try await database.query("SELECT \(used(of: "e", at: now)) AS used FROM entitlements e WHERE e.organization_id = \(organization)")
            .only("used")
    }

    /// The same with all that waits and will count once it has run.
    static func usedAndWaiting(by organization: ID<Organization>, at now: Timestamp, over database: some QueryRunner) async throws -> Int64
    {
        try await database.query(
            """
            SELECT \(used(of: "e", at: now)) + (
                SELECT count(*) FROM queue q WHERE q.organization_id = e.organization_id AND q.attempt - q.lost_leases = 1) AS used
            FROM entitlements e WHERE e.organization_id = \(organization)
            """
        ).only("used")
    }

    /// How many executions wait that will count once they have run, of each of these organizations that has few left. What was
    /// tried once counts already; so of what waits only first attempts do.
    static func waiting(of left: [ID<Organization>: Int64], over database: some QueryRunner) async throws -> [ID<Organization>: Int64] {
        let close = left.filter { 1...Int64(Self.close) ~= $0.value }.map(\.key)
        if close.isEmpty { return [:] }
        let rows = try await database.query(
            """
            SELECT o.id, (SELECT count(*) FROM (
                SELECT FROM queue q WHERE q.organization_id = o.id AND q.attempt - q.lost_leases = 1 LIMIT \(Self.close)) w) AS waiting
            FROM unnest(\(close)) AS o (id)
            """)
        return Dictionary(try rows.map { (try $0("id"), try $0("waiting")) }, uniquingKeysWith: { first, _ in first })
    }
}

extension Timestamp {
    /// The first instant of the UTC month after this one's.
    var nextMonth: Timestamp {
        let local = LocalTime(secondsSinceEpoch: seconds)
        let (year, month) = local.month == 12 ? (local.year + 1, 1) : (local.year, local.month + 1)
        return LocalTime(year: year, month: month, day: 1).map { Timestamp(seconds: $0.secondsSinceEpoch) } ?? self
    }
}
