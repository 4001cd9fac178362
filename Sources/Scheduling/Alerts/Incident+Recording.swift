import Postgres
import Tenancy
import Time

/// How incidents are opened and closed: parts of the statements that record what caused them.
///
/// Those of a job are written by whoever holds its state's lock, so no two write the same one; all come behind the lanes. Where many are
/// closed they are locked by their ids first, as the notifier does.
extension Incident {
    /// Why one closed without a success: a closed list.
    public enum ClosedReason: String, Sendable, CaseIterable {
        /// The job was deleted, or its organization.
        case deleted
        /// The job was paused or switched off; nothing of it can succeed.
        case paused
        /// The pause that its target asked for was ended.
        case resumed
        /// The job's next run can be computed again.
        case mended
        /// Nobody has called the host for a day.
        case idle
    }

    /// SQL: whether a job `j` is one that somebody is to hear of: not deleted, and not paused.
    static func isLive(at now: Timestamp) -> Query {
        "(NOT \(ExecutionQueue.isDeleted) AND j.enabled AND coalesce(j.paused_until <= \(now), true))"
    }

    /// SQL: how many failures in a row of a job `j` open an incident.
    static let threshold: Query = "coalesce((j.alerts ->> 'after')::integer, 1)"

    /// SQL: opens an incident for each of `rows` (`organization_id, job_id, host, subject, reason, detail, execution_id, count`), or
    /// counts on in the one that is open: `count`, by `i` and `excluded`. Answers `organization_id` and `is_new`.
    static func opening(_ kind: Kind, _ rows: Query, counting count: Query, now: Timestamp) -> Query {
        """
        INSERT INTO incidents AS i (
            organization_id, id, kind, job_id, host, subject, reason, detail, execution_id, count, opened_at, look_at)
        SELECT organization_id, new_id(\(now)), \(kind.rawValue), job_id, host, subject, reason, detail, execution_id, count, \(now), \(now)
        FROM (\(rows)) f ORDER BY organization_id, job_id
        ON CONFLICT (organization_id, job_id, kind) WHERE closed_at IS NULL AND job_id IS NOT NULL DO UPDATE SET count = \(count)
        RETURNING i.organization_id, i.xmax = 0 AS is_new
        """
    }

    /// SQL: opens or counts a `missed` incident for each of `rows` (`organization_id, job_id, execution_id, count`).
    static func missing(_ rows: Query, now: Timestamp) -> Query {
        opening(
            .missed,
            """
            SELECT organization_id, job_id, NULL::text AS host, 'missed' AS subject, \(Reason.startDeadline.rawValue) AS reason, NULL::text AS detail,
                execution_id, count FROM (\(rows)) m
            """, counting: "i.count + excluded.count", now: now)
    }

    /// SQL: tells the notifiers and the pages of the organizations of `rows` (`organization_id`); must be asked for its count.
    static func ringing(_ rows: Query, _ database: Database) -> Query {
        """
        SELECT pg_notify(\(database.qualified(channel: Topic.alerts.rawValue)), ''), CASE WHEN
            EXISTS (SELECT FROM event_listeners WHERE until > now()) THEN \(Happening.notify(alertsOf: "o.organization_id", database)) END
        FROM (SELECT DISTINCT organization_id FROM \(rows)) o HAVING count(*) > 0
        """
    }

    /// Closes what is open of these jobs, of these kinds; nil: of all. For whoever holds their states.
    static func closing(
        _ kinds: [Kind]? = nil, of jobs: [ID<Job>], in organization: ID<Organization>, because reason: ClosedReason, now: Timestamp,
        _ database: Database
    ) -> Query {
        let kinds = (kinds ?? Kind.allCases).map(\.rawValue)
        return closing("job_id = ANY (\(jobs)) AND kind = ANY (\(kinds))", in: organization, because: reason, now: now, database)
    }

    /// Closes everything of an organization.
    static func closing(allOf organization: ID<Organization>, now: Timestamp, _ database: Database) -> Query {
        closing("true", in: organization, because: .deleted, now: now, database)
    }

    private static func closing(
        _ condition: Query, in organization: ID<Organization>, because reason: ClosedReason, now: Timestamp, _ database: Database
    ) -> Query {
        """
        WITH open AS MATERIALIZED (
            SELECT id FROM incidents WHERE organization_id = \(organization) AND closed_at IS NULL AND \(condition) ORDER BY id FOR UPDATE
        ),
        closed AS (
            UPDATE incidents i SET \(closed(at: now)), closed_reason = \(reason.rawValue)
            FROM open WHERE i.organization_id = \(organization) AND i.id = open.id RETURNING i.organization_id
        ),
        rung AS MATERIALIZED (\(ringing("closed", database)))
        SELECT count(*) FROM rung
        """
    }

    /// SQL: what closing sets in `i`.
    static func closed(at now: Timestamp) -> Query { "closed_at = greatest(\(now), i.opened_at), look_at = \(now)" }
}
