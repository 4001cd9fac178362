import Postgres
import Synchronization
import Tenancy
import Time

/// Circuit breakers: a host that fails an organization's jobs five times in a row is left alone, but for one call now and then that tries
/// whether it is back. The database decides; a node keeps in memory which are open, so that a start costs no query.
final class Breakers: Sendable {
    /// So many transport failures or 5xx in a row open one.
    static let most = 5
    /// How long it is left alone at first; twice as long after each call that has tried in vain, and no longer than `longestWait`.
    static let firstWait: Duration = .seconds(30)
    static let longestWait: Duration = .seconds(600)
    /// What nobody has called for so long, and nothing waits for, is forgotten.
    static let memory: Duration = .seconds(86_400)

    private let open = Mutex<[ID<Organization>: Set<String>]>([:])

    func isOpen(_ host: String, of organization: ID<Organization>) -> Bool {
        open.withLock { $0[organization]?.contains(host) ?? false }
    }

    /// False: no host is to be looked for.
    var isAnyOpen: Bool { open.withLock { !$0.isEmpty } }

    /// Looks again which are open.
    func load(from database: Database) async throws {
        let rows = try await database.query("SELECT organization_id, host FROM breakers WHERE opened_at IS NOT NULL")
        var hosts: [ID<Organization>: Set<String>] = [:]
        for row in rows { hosts[try row("organization_id"), default: []].insert(try row("host")) }
        open.withLock { [hosts] in $0 = hosts }
        Meters.openBreakers.record(rows.count)
    }
}

// MARK: - Counting

extension Breakers {
    /// SQL: whether an attempt `i` (`status, reason, status_code`) says that its host is down: true or false; null: it says nothing.
    static let isDown: Query = """
        CASE WHEN i.host IS NULL OR i.reason = 'cancelled_by_user' THEN NULL WHEN i.status = 'success' THEN false
            WHEN i.reason IN ('connect_failed', 'dns_failed', 'tls_failed', 'bad_response', 'deadline') THEN true
            ELSE i.status_code >= 500 END
        """

    /// SQL: CTEs that count `rows` (`organization_id, host, id, is_down, finished_at, reason, error_message`), attempts that have ended. An
    /// answer forgets what was counted, and closes what was open. Their news is `answered` and `tripped`. `condition` stands before it all:
    /// the lanes are locked. `areAllWell`: nothing is down among them.
    static func counting(_ rows: Query, areAllWell: Bool, where condition: Query, now: Timestamp) -> Query {
        let answers: Query = """
            answered AS (
                DELETE FROM breakers b USING (
                    SELECT organization_id, host, (array_agg(id ORDER BY finished_at DESC))[1] AS id FROM \(rows)
                    WHERE NOT is_down GROUP BY 1, 2
                ) a WHERE b.organization_id = a.organization_id AND b.host = a.host AND \(condition)
                RETURNING b.organization_id, b.host, b.opened_at, a.id
            ),
            relieved AS (
                UPDATE incidents i SET \(Incident.closed(at: now)), closing_execution_id = a.id
                FROM answered a WHERE a.opened_at IS NOT NULL AND i.organization_id = a.organization_id AND i.host = a.host
                    AND i.job_id IS NULL AND i.closed_at IS NULL
            ),
            """
        if areAllWell {
            return answers + """

                tripped AS (SELECT NULL::uuid AS organization_id, NULL::text AS host WHERE false),
                """
        }
        return answers + "\n" + counting(failuresIn: rows, now: now)
    }

    private static func counting(failuresIn rows: Query, now: Timestamp) -> Query {
        """
        downs AS MATERIALIZED (
            SELECT organization_id, host, count(*)::integer AS failures, array_agg(id) AS ids,
                (array_agg(id ORDER BY finished_at DESC, id DESC))[1] AS execution_id,
                (array_agg(reason ORDER BY finished_at DESC, id DESC))[1] AS reason,
                (array_agg(error_message ORDER BY finished_at DESC, id DESC))[1] AS detail
            FROM (
                SELECT *, max(finished_at) FILTER (WHERE NOT is_down) OVER (PARTITION BY organization_id, host) AS answered_at
                FROM \(rows) WHERE is_down IS NOT NULL
            ) r WHERE is_down AND (answered_at IS NULL OR finished_at > answered_at) GROUP BY 1, 2
        ),
        counted AS (
            INSERT INTO breakers AS b (organization_id, host, failures, failed_at, opened_at, probe_at)
            SELECT organization_id, host, failures, \(now), CASE WHEN failures >= \(most) THEN \(now) END,
                CASE WHEN failures >= \(most) THEN \(now.adding(firstWait)) END
            FROM downs WHERE (SELECT count(*) FROM answered) >= 0 ORDER BY 1, 2
            ON CONFLICT (organization_id, host) DO UPDATE SET failures = b.failures + excluded.failures, failed_at = excluded.failed_at,
                opened_at = coalesce(b.opened_at, CASE WHEN b.failures + excluded.failures >= \(most) THEN \(now) END),
                probes = b.probes + \(hasTriedInVain)::integer,
                probe_id = CASE WHEN NOT \(hasTriedInVain) THEN b.probe_id END,
                probe_at = CASE
                    WHEN b.opened_at IS NULL AND b.failures + excluded.failures >= \(most) THEN \(now.adding(firstWait))
                    WHEN \(hasTriedInVain) THEN \(now) + \(wait("b.probes + 1")) ELSE b.probe_at END
            RETURNING b.organization_id, b.host, b.failures, b.opened_at
        ),
        tripped AS (
            INSERT INTO incidents AS i (organization_id, id, kind, host, subject, reason, detail, execution_id, count, opened_at, look_at)
            SELECT c.organization_id, new_id(\(now)), 'breaker', c.host, 'host:' || c.host, d.reason, d.detail, d.execution_id, c.failures,
                \(now), \(now)
            FROM counted c JOIN downs d ON d.organization_id = c.organization_id AND d.host = c.host
            WHERE c.opened_at = \(now) ORDER BY 1, 4
            ON CONFLICT (organization_id, host) WHERE closed_at IS NULL AND job_id IS NULL DO NOTHING
            RETURNING i.organization_id, i.host
        ),
        """
    }

    /// SQL: whether the call that was to try whether the host of a breaker `b` is back has failed.
    private static let hasTriedInVain: Query = """
        coalesce((SELECT b.probe_id = ANY (d.ids) FROM downs d WHERE d.organization_id = b.organization_id AND d.host = b.host), false)
        """

    /// SQL: how long a breaker waits after so many probes.
    static func wait(_ probes: Query) -> Query {
        """
        least(\(Int64(longestWait.components.seconds)), \(Int64(firstWait.components.seconds)) * 2 ^ least(\(probes), 9)) * interval '1 s'
        """
    }

    /// SQL: tells all nodes where a breaker of the CTEs of `counting` has opened or closed; must be asked for its count.
    static func ringing(_ database: Database) -> Query {
        """
        SELECT pg_notify(\(database.qualified(channel: Topic.breakers.rawValue)), '') FROM (
            SELECT host FROM tripped UNION ALL SELECT host FROM answered WHERE opened_at IS NOT NULL
        ) n HAVING count(*) > 0
        """
    }
}
