import Postgres
import Tenancy
import Time

/// What came of the executions that were due since midnight (UTC). Those that stand for many occurrences count as many.
public struct Today: Sendable {
    public let succeeded: Int
    /// Failed, and timed out.
    public let failed: Int
    /// Missed, skipped and cancelled.
    public let notRun: Int

    public init(succeeded: Int = 0, failed: Int = 0, notRun: Int = 0) {
        (self.succeeded, self.failed, self.notRun) = (succeeded, failed, notRun)
    }
}

extension Executions {
    /// Today's numbers.
    public func today(for access: Access) async throws -> Today {
        let now = engine.clock.now()
        let midnight = Timestamp(seconds: now.seconds - now.seconds % 86_400)
        let row = try await database.query(
            """
            SELECT count(*) FILTER (WHERE status = 'success') AS succeeded,
                count(*) FILTER (WHERE status IN ('failed', 'timeout')) AS failed,
                coalesce(sum(count) FILTER (WHERE status IN ('missed', 'skipped', 'cancelled')), 0)::bigint AS not_run
            FROM executions WHERE organization_id = \(access.organization.id) AND scheduled_for >= \(midnight)
            """
        ).first
        func number(_ name: String) throws -> Int { Int(try row?(name, as: Int64.self) ?? 0) }
        return Today(succeeded: try number("succeeded"), failed: try number("failed"), notRun: try number("not_run"))
    }
}
