import JSON
import Postgres
import Tenancy
import Time

extension ExecutionQueue {
    /// What a batch of endings came to.
    struct Completion: Sendable {
        /// So many were recorded; the others had lost their lease, and are somebody else's now.
        let recorded: Int
        /// Jobs of which later executions wait for the one that ended.
        let jobsWithWaiting: [(organizationID: ID<Organization>, jobID: ID<Job>)]
        /// Jobs that their targets paused.
        let paused: [Paused]
        /// So many incidents were opened.
        let incidents: Int
        /// Whether the circuit breaker of a host has opened, or closed.
        let hasBreakerNews: Bool
    }

    /// Records endings in one transaction: the queue row goes to history (or back into the queue, for its next attempt),
    /// with its attempt, its job's health, its organization's usage and its lane. A row whose lease is not the one that
    /// was given out is left alone, and so is everything that would have come of it.
    func complete(_ finished: [Finished], by node: ID<Node>, now: Timestamp) async throws -> Completion {
        let pausing = pausing(finished, now: now)
        // What is leased ahead of a paused job is given back, wherever it is.
        let changed = finished.filter { $0.outcome.steering.pause != nil }.map { Topic.changed($0.claim.jobID, database) }
        let results = try await database.batch(
            pausing + [recording(finished, by: node, now: now)] + changed + notices(of: finished))
        let rows = results[pausing.count]
        let blocking = try rows.filter { try $0("has_waiting") }
        let incidents: Int64 = try rows.first?("incidents") ?? 0
        let news: Bool = try rows.first?("breakers_changed") ?? false
        return Completion(
            recorded: rows.count,
            jobsWithWaiting: try blocking.map { (organizationID: try $0("organization_id"), jobID: try $0("job_id")) },
            paused: pausing.count == 1 ? [] : try results[pausing.count - 1].map { try Paused($0) }, incidents: Int(incidents),
            hasBreakerNews: news)
    }

    /// For the event streams. Of what had lost its lease, or is tried again, nothing will be found ended that was not told before; what was
    /// to be tried again has ended if its job was deleted.
    private func notices(of finished: [Finished]) -> [Query] {
        let ended = finished.map { Happening.execution($0.claim.id, of: $0.claim.organizationID) }
        let paused = finished.filter { $0.outcome.steering.pause != nil }
            .map { Happening.job($0.claim.jobID, .changed, of: $0.claim.organizationID) }
        return ended.isEmpty && paused.isEmpty ? [] : [Happening.notice(ended + paused, database)]
    }

    /// For whoever has locked the states of their jobs.
    func recording(_ finished: [Finished], by node: ID<Node>, now: Timestamp) -> Query {
        let areAllWell = finished.allSatisfy { $0.outcome.reason == nil }
        return """
        WITH input AS MATERIALIZED (
            SELECT i.organization_id, i.job_id, i.id, i.lease_token, i.status, i.reason, i.error_message, i.status_code, i.started_at,
                i.finished_at, i.duration_ms, i.queue_us, i.host, \(Breakers.isDown) AS is_down,
                -- A job that was deleted meanwhile is not tried again.
                CASE WHEN i.retry_at IS NOT NULL AND EXISTS (
                    SELECT FROM jobs j WHERE j.organization_id = i.organization_id AND j.id = i.job_id AND j.deleted_at IS NULL
                ) THEN i.retry_at END AS retry_at
            FROM unnest(
                \(finished.map(\.claim.organizationID)), \(finished.map(\.claim.jobID)), \(finished.map(\.claim.id)),
                \(finished.map(\.claim.leaseToken)),
                \(finished.map(\.outcome.status.rawValue)), \(finished.map { $0.outcome.reason?.rawValue }),
                \(finished.map(\.outcome.message)), \(finished.map { $0.outcome.statusCode.map(Int16.init(clamping:)) }),
                \(finished.map(\.startedAt)), \(finished.map(\.finishedAt)), \(finished.map(\.durationMs)),
                \(finished.map(\.lateness)), \(finished.map(\.retryAt)), \(finished.map(\.host))
            ) AS i (
                organization_id, job_id, id, lease_token, status, reason, error_message, status_code, started_at, finished_at, duration_ms,
                queue_us, retry_at, host)
        ),
        calls AS MATERIALIZED (
            SELECT * FROM unnest(
                \(finished.map(\.claim.id)), \(finished.map(\.outcome.record.resolve)), \(finished.map(\.outcome.record.connect)),
                \(finished.map(\.outcome.record.tls)), \(finished.map(\.outcome.record.firstByte)),
                \(finished.map(\.outcome.record.remoteAddress)), \(finished.map(\.outcome.record.request)),
                \(finished.map(\.outcome.record.responseHeaders)), \(finished.map(\.outcome.record.responseBody)),
                \(finished.map { $0.outcome.record.responseSize.map(Int64.init) }), \(finished.map(\.outcome.record.isTruncated))
            ) AS c (
                id, dns_us, connect_us, tls_us, first_byte_us, remote_address, request, response_headers, response_body, response_size,
                response_truncated)
        ),
        ended AS (
            DELETE FROM queue q USING input i
            WHERE q.organization_id = i.organization_id AND q.id = i.id AND q.lease_token = i.lease_token AND i.retry_at IS NULL
            RETURNING q.organization_id, q.id, q.job_id, q.scheduled_for, q.trigger, q.keep_days, q.attempt, q.lost_leases, q.repeat_of,
                q.override, NULL::timestamptz AS retry_at
        ),
        repeated AS (
            -- What a person has cancelled meanwhile is due at once: for whoever takes it out.
            UPDATE queue q SET due_at = CASE WHEN q.cancelled_at IS NULL THEN i.retry_at ELSE \(now) END,
                line_at = CASE WHEN q.cancelled_at IS NULL THEN i.retry_at ELSE \(now) END
                    + CASE WHEN isfinite(q.line_at) THEN q.line_at - q.due_at ELSE interval '0' END,
                attempt = q.attempt + 1, leased_by = NULL, lease_token = NULL, started_at = NULL,
                on_trial = false, crashes = 0, held_for = NULL
            FROM input i
            WHERE q.organization_id = i.organization_id AND q.id = i.id AND q.lease_token = i.lease_token AND i.retry_at IS NOT NULL
            RETURNING q.organization_id, q.id, q.job_id, q.scheduled_for, q.trigger, q.keep_days, q.attempt - 1 AS attempt,
                q.lost_leases, q.repeat_of, q.override, q.due_at AS retry_at
        ),
        done AS MATERIALIZED (
            SELECT d.*, i.status, i.reason, i.error_message, i.status_code, i.started_at, i.finished_at, i.duration_ms, i.queue_us, i.host, i.is_down,
                coalesce(i.reason = 'cancelled_by_user', false) AS is_cancelled
            FROM (SELECT * FROM ended UNION ALL SELECT * FROM repeated) d JOIN input i ON i.id = d.id
        ),
        tries AS (
            INSERT INTO attempts (
                organization_id, keep_days, scheduled_for, execution_id, number, node_id, status, reason, error_message, started_at,
                finished_at, status_code, queue_us, dns_us, connect_us, tls_us, first_byte_us, total_us, remote_address, request,
                response_headers, response_body, response_size, response_truncated)
            SELECT d.organization_id, d.keep_days, d.scheduled_for, d.id, d.attempt, \(node), d.status, d.reason, d.error_message,
                d.started_at, d.finished_at, d.status_code, d.queue_us, c.dns_us, c.connect_us, c.tls_us, c.first_byte_us,
                (extract(epoch FROM d.finished_at - d.started_at) * 1000000)::bigint, c.remote_address, c.request,
                c.response_headers, c.response_body, c.response_size, c.response_truncated
            FROM done d JOIN calls c ON c.id = d.id
            ON CONFLICT DO NOTHING
        ),
        history AS (
            INSERT INTO executions (
                organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, started_at, finished_at,
                status_code, duration_ms, lateness_ms, error_message, repeat_of, override)
            SELECT organization_id, keep_days, scheduled_for, id, job_id, trigger, CASE WHEN is_cancelled THEN 'cancelled' ELSE status END,
                reason, attempt, started_at, finished_at, status_code, duration_ms, least(queue_us / 1000, 2147483647), error_message,
                repeat_of, override
            FROM done WHERE retry_at IS NULL
            ON CONFLICT DO NOTHING
        ),
        latest AS (
            SELECT organization_id, job_id, (array_agg(id ORDER BY finished_at DESC, id DESC))[1] AS id,
                (array_agg(CASE WHEN is_cancelled THEN 'cancelled' ELSE status END ORDER BY finished_at DESC, id DESC))[1] AS status,
                max(finished_at) AS finished_at,
                count(succeeded_at) > 0 AS has_success, \(Lateness.ofSuccesses),
                (array_agg(id ORDER BY finished_at DESC, id DESC) FILTER (WHERE status = 'success'))[1] AS success_id,
                \(areAllWell ? "NULL::uuid[]" : "array_agg(id ORDER BY finished_at, id) FILTER (WHERE \(Self.isFailing))") AS failing,
                (count(*) FILTER (WHERE \(Self.isFailing)))::integer AS failures
            FROM (
                SELECT *, max(finished_at) FILTER (WHERE status = 'success') OVER (PARTITION BY organization_id, job_id) AS succeeded_at
                FROM done WHERE retry_at IS NULL
            ) d GROUP BY 1, 2
        ),
        states AS (
            UPDATE job_states s SET last_execution_id = l.id, last_status = l.status, last_finished_at = l.finished_at,
                consecutive_failures = CASE WHEN l.has_success THEN 0 ELSE s.consecutive_failures END + l.failures,
                late_for = \(Lateness.following),
                -- What people cancelled says nothing about the job.
                health = CASE WHEN s.health = 'paused' THEN 'paused' WHEN l.failures > 0 THEN 'failing'
                    WHEN l.has_success THEN CASE WHEN \(Lateness.following) IS NULL THEN 'healthy' ELSE 'late' END ELSE s.health END
            FROM latest l WHERE s.organization_id = l.organization_id AND s.job_id = l.job_id
            RETURNING s.organization_id, s.job_id, s.consecutive_failures
        ),
        usage AS (
            INSERT INTO usage_counters AS u (organization_id, month, executions)
            SELECT organization_id, date_trunc('month', finished_at AT TIME ZONE 'UTC')::date, count(*) FROM done
                WHERE attempt - lost_leases = 1  -- the first that ended: one that died with its node counts for nothing
            GROUP BY 1, 2 ORDER BY 1, 2
            ON CONFLICT (organization_id, month) DO UPDATE SET executions = u.executions + excluded.executions
            RETURNING u.organization_id, u.month, u.executions
        ),
        share AS MATERIALIZED (
            SELECT l.organization_id, d.rows, d.retry_at FROM lanes l JOIN (
                SELECT organization_id, count(*) AS rows, min(retry_at) AS retry_at FROM done GROUP BY 1
            ) d ON d.organization_id = l.organization_id
            ORDER BY 1 FOR UPDATE OF l
        ),
        freed AS (
            UPDATE lanes l SET running = greatest(0, l.running - s.rows),
                next_due = least(l.next_due, CASE WHEN l.running >= l.max_running THEN \(now) END, s.retry_at)
            FROM share s WHERE l.organization_id = s.organization_id
        ),
        \(Breakers.counting("done", areAllWell: areAllWell, where: "(SELECT count(*) FROM share) >= 0", now: now))
        \(incidents(areAllWell: areAllWell, now: now))
        limits AS (\(UsageCounter.noting("usage", now: now))),
        news AS (
            SELECT organization_id FROM opened WHERE is_new UNION ALL SELECT organization_id FROM closed
            UNION ALL SELECT organization_id FROM tripped UNION ALL SELECT organization_id FROM answered WHERE opened_at IS NOT NULL
            UNION ALL SELECT organization_id FROM limits
        ),
        rung AS MATERIALIZED (\(Incident.ringing("news", database))),
        changed AS MATERIALIZED (\(Breakers.ringing(database)))
        SELECT d.organization_id, d.job_id, EXISTS (
            SELECT FROM queue h WHERE h.held AND h.organization_id = d.organization_id AND h.job_id = d.job_id) AS has_waiting,
            (SELECT count(*) FROM opened WHERE is_new) + (SELECT count(*) FROM tripped) AS incidents,
            (SELECT count(*) FROM changed) > 0 AS breakers_changed
        FROM done d WHERE (SELECT count(*) FROM rung) >= 0
        """
    }

    /// SQL: of the executions of a job, those that failed after its last success among them.
    private static let isFailing: Query = "status <> 'success' AND NOT is_cancelled AND (succeeded_at IS NULL OR finished_at > succeeded_at)"

    /// SQL: CTEs that close the incidents of jobs that succeeded, `closed`, and open those of jobs that failed as often as their alerts say,
    /// `opened`: with the failure that was one too many. All that are open of these jobs are locked, in the order of their ids.
    private func incidents(areAllWell: Bool, now: Timestamp) -> Query {
        let closing: Query = """
            standing AS MATERIALIZED (
                SELECT i.organization_id, i.id, l.success_id
                FROM latest l JOIN incidents i ON i.organization_id = l.organization_id AND i.job_id = l.job_id
                WHERE i.closed_at IS NULL AND i.kind IN ('failing', 'missed') AND (SELECT count(*) FROM share) >= 0
                ORDER BY 1, 2 FOR UPDATE OF i
            ),
            closed AS (
                UPDATE incidents i SET \(Incident.closed(at: now)), closing_execution_id = s.success_id
                FROM standing s WHERE i.organization_id = s.organization_id AND i.id = s.id AND s.success_id IS NOT NULL
                RETURNING i.organization_id
            ),
            """
        if areAllWell { return closing + "\nopened AS (SELECT NULL::uuid AS organization_id, false AS is_new WHERE false)," }
        let failing: Query = """
            SELECT t.organization_id, t.job_id, d.host, d.reason, d.error_message AS detail, d.id AS execution_id, t.consecutive_failures AS count,
                CASE WHEN d.is_down THEN 'host:' || d.host ELSE job_subject(t.job_id) END AS subject
            FROM (
                SELECT s.*, l.failing[greatest(1, least(l.failures, \(Incident.threshold) - (s.consecutive_failures - l.failures)))] AS id
                FROM states s JOIN latest l ON l.organization_id = s.organization_id AND l.job_id = s.job_id
                    JOIN jobs j ON j.organization_id = s.organization_id AND j.id = s.job_id
                WHERE l.failures > 0 AND s.consecutive_failures >= \(Incident.threshold) AND \(Incident.isLive(at: now))
                    AND (SELECT count(*) FROM closed) >= 0
            ) t JOIN done d ON d.id = t.id
            """
        return closing + "\nopened AS (" + Incident.opening(.failing, failing, counting: "excluded.count", now: now) + "),"
    }
}
