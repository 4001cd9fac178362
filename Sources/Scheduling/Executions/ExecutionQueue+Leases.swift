import Postgres
import Tenancy
import Time

extension ExecutionQueue {
    /// Notes when attempts began that still run.
    func mark(_ begun: [(claim: Claim, startedAt: Timestamp)]) async throws {
        try await database.query(
            """
            UPDATE queue q SET started_at = b.started_at
            FROM unnest(
                \(begun.map(\.claim.organizationID)), \(begun.map(\.claim.id)), \(begun.map(\.claim.leaseToken)), \(begun.map(\.startedAt))
            ) AS b (organization_id, id, token, started_at)
            WHERE q.organization_id = b.organization_id AND q.id = b.id AND q.lease_token = b.token
            """)
    }

    /// Gives back leases that never began: the rows are as they were.
    func handBack(
        _ leases: [(organizationID: ID<Organization>, lease: Claim.Lease)], now: Timestamp, timeout: Duration? = nil
    ) async throws {
        try await database.query(
            """
            WITH back AS (
                UPDATE queue q SET leased_by = NULL, lease_token = NULL, started_at = NULL, on_trial = false
                FROM unnest(\(leases.map(\.organizationID)), \(leases.map(\.lease.id)), \(leases.map(\.lease.token)))
                    AS c (organization_id, id, token)
                WHERE q.organization_id = c.organization_id AND q.id = c.id AND q.lease_token = c.token
                RETURNING q.organization_id, q.due_at
            ),
            share AS MATERIALIZED (
                SELECT l.organization_id, b.rows, b.due_at FROM lanes l
                JOIN (SELECT organization_id, count(*) AS rows, min(due_at) AS due_at FROM back GROUP BY 1) b
                    ON b.organization_id = l.organization_id
                ORDER BY 1 FOR UPDATE OF l
            )
            UPDATE lanes l SET running = greatest(0, l.running - s.rows), next_due = least(l.next_due, s.due_at)
            FROM share s WHERE l.organization_id = s.organization_id
            """, timeout: timeout)
    }

    /// Takes away nodes that have been dead for an hour, or were stopped, once what they held has been freed.
    func forgetDeadNodes(now: Timestamp) async throws {
        try await database.query(
            """
            DELETE FROM nodes n WHERE alive_until < \(now.adding(.seconds(-3_600)))
                AND NOT EXISTS (SELECT FROM queue q WHERE q.leased_by = n.id)
            """)
    }

    /// What `node` holds and a person has cancelled.
    func cancelled(of node: ID<Node>) async throws -> [Claim.Lease] {
        try await database.query("SELECT id, lease_token FROM queue WHERE leased_by = \(node) AND cancelled_at IS NOT NULL").map {
            Claim.Lease(id: try $0("id"), token: try $0("lease_token"))
        }
    }

    /// What the database says that `node` holds.
    func leases(of node: ID<Node>) async throws -> [(organizationID: ID<Organization>, lease: Claim.Lease)] {
        try await database.query("SELECT organization_id, id, lease_token FROM queue WHERE leased_by = \(node)").map {
            (try $0("organization_id"), Claim.Lease(id: try $0("id"), token: try $0("lease_token")))
        }
    }

    /// Mends lanes that a crash left wrong: counts `running` again and looks for rows that a lane forgot. Returns how many
    /// were wrong, which should be none.
    ///
    /// Two steps in one transaction, because a statement sees the rows of its beginning: the first locks the lanes that
    /// look wrong, so that nothing of theirs can be leased or recorded; the second counts again.
    ///
    /// A lane that lined up a moment ago is due at another node's now, which is not quite ours: hence the second.
    func mendLanes(now: Timestamp) async throws -> Int {
        let looksWrong: Query = """
            l.running <> (SELECT count(*) FROM queue q WHERE q.organization_id = l.organization_id AND q.leased_by IS NOT NULL)
                OR l.running < l.max_running AND EXISTS (
                    SELECT FROM queue q WHERE q.organization_id = l.organization_id AND q.leased_by IS NULL AND NOT q.held
                        AND greatest(q.due_at, \(now)) + interval '1 second' < l.next_due)
            """
        let active: Query = "l.running > 0 OR l.organization_id IN (SELECT organization_id FROM queue)"
        return try await database.transaction { transaction in
            let wrong = try await transaction.query(
                "SELECT l.organization_id FROM lanes l WHERE (\(active)) AND (\(looksWrong)) ORDER BY 1 FOR UPDATE"
            ).map { try $0("organization_id") as ID<Organization> }
            guard !wrong.isEmpty else { return 0 }
            return try await transaction.query(
                """
                UPDATE lanes l SET
                    running = (SELECT count(*) FROM queue q WHERE q.organization_id = l.organization_id AND q.leased_by IS NOT NULL),
                    next_due = \(now)
                WHERE l.organization_id = ANY(\(wrong)) AND (\(looksWrong))
                """
            ).affected
        }
    }
}
