import Postgres
import Time

extension Pruner {
    private static let batchOfJobs = 100

    /// Erases jobs whose time to be restored is over, with what is kept of them beyond their history; that itself stays till its days are
    /// over. What still has something in the queue waits for its end. Broken off, it goes on in the next round.
    func eraseJobs() async throws {
        while !Task.isCancelled {
            let erased = try await engine.database.query(Self.erasure(before: engine.clock.now().adding(.zero - Jobs.regret)))
            if erased.isEmpty { return }
            logger.info("deleted jobs were erased", metadata: ["count": "\(erased.count)"])
        }
    }

    private static func erasure(before time: Timestamp) -> Query {
        """
        WITH over AS MATERIALIZED (
            SELECT j.organization_id, j.id FROM jobs j
            WHERE j.deleted_at <= \(time) AND NOT EXISTS (
                SELECT FROM queue q WHERE q.organization_id = j.organization_id AND q.job_id = j.id)
            ORDER BY j.deleted_at LIMIT \(batchOfJobs) FOR UPDATE SKIP LOCKED
        ),
        attempts_gone AS (
            DELETE FROM kept_attempts a USING over o WHERE a.organization_id = o.organization_id AND a.job_id = o.id
        ),
        executions_gone AS (
            DELETE FROM kept_executions e USING over o WHERE e.organization_id = o.organization_id AND e.job_id = o.id
        )
        DELETE FROM jobs j USING over o WHERE j.organization_id = o.organization_id AND j.id = o.id RETURNING j.id
        """
    }
}
