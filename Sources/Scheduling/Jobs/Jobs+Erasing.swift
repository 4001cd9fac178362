import Postgres
import Tenancy

extension Jobs {
    /// Erases what this module keeps of an organization: its jobs, its queue, its history. Works for about a second, in statements
    /// that each commit by themselves, and answers whether it found nothing any more; to be called until then, and then the organization
    /// itself goes: what was being recorded during one call is found by the next. Nothing of it may run any more (`stop`). May be broken off and begun again at any time. Throws `PostgresError`.
    public func erase(_ organization: ID<Organization>) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(1)
        var isEmpty = true
        for (table, batch) in try await tablesOfTenants() {
            // Less than a batch may mean that a row of it went another way meanwhile, and says nothing of the rows behind.
            while try await erase(organization, from: table, batch) > 0 {
                isEmpty = false
                if ContinuousClock.now > end { return false }
            }
        }
        return isEmpty
    }

    /// In the order in which they are emptied, and how many rows at a time: answers may be large, and with a job go its state and its
    /// periods. History is taken a day at a time; a day that a broken-off drop has left behind counts too.
    private func tablesOfTenants() async throws -> [(table: String, batch: Int)] {
        let days = try await engine.database.query(
            """
            SELECT relname::text AS name FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname ~ '^(executions|attempts)_keep_[0-9]+_[0-9]{8}$'
            ORDER BY 1
            """
        ).map { try $0("name") as String }
        let history = days.map { ($0, $0.hasPrefix("attempts") ? 500 : 5_000) }
        return [("queue", 5_000)] + history + [
            ("kept_attempts", 500), ("kept_executions", 5_000), ("recent_executions", 5_000), ("job_days", 5_000),
            ("usage_counters", 5_000),
            ("jobs", 500), ("lanes", 1),
        ]
    }

    private func erase(_ organization: ID<Organization>, from table: String, _ batch: Int) async throws -> Int {
        let deletion: Query = """
            DELETE FROM \(identifier: table) WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM \(identifier: table) WHERE organization_id = \(organization) LIMIT \(batch)))
            """
        do {
            // Nothing that is erased is to be counted anew.
            let erasing: Query = "SELECT set_config('prikke.erasing', 'on', true)"
            return try await engine.database.batch([erasing, deletion.plannedAnew])[1].affected
        } catch {
            // The day has been dropped meanwhile.
            guard error.sqlState == "42P01" else { throw error }
            return 0
        }
    }
}
