import JSON
import Mail
import Postgres
import Tenancy
import Time

/// A delivery that this node has leased, with its channel.
struct LeasedDelivery: Sendable {
    let organization: ID<Organization>
    let id: ID<Delivery>
    let channel: ID<Channel>
    let kind: String
    let sealed: [UInt8]
    let message: AlertMessage?
    let leasedUntil: Timestamp
    let before: DeliveryVerdict.Before

    init(_ row: Row) throws(PostgresError) {
        organization = try row("organization_id")
        id = try row("id")
        channel = try row("channel_id")
        kind = try row("kind")
        sealed = try row("sealed")
        message = AlertMessage(try row("message", as: JSON.self))
        leasedUntil = try row("leased_until")
        before = DeliveryVerdict.Before(
            isTest: try row("event", as: String.self) == "test", tries: Int(try row("tries", as: Int32.self)),
            createdAt: try row("created_at"), refusedAt: try row("refused_at"), failingSince: try row("failing_since"))
    }
}

extension Deliverer {
    /// SQL: what waits to be sent. Mail that is in the outbox is the courier's.
    private static let isDue: Query = "d.next_try_at IS NOT NULL AND d.outbox_ids = '{}'"

    /// Leases what is due, of each channel that nobody has and that asks for no patience the longest due. What was being sent when a node
    /// died gets an attempt that says so: nobody knows whether it arrived. (Mail is put into the outbox whole or not at all.)
    func claim(_ most: Int, at now: Timestamp) async throws -> [LeasedDelivery] {
        if most <= 0 { return [] }
        let end = now.adding(Self.lease)
        return try await database.query(
            """
            WITH busy AS (
                SELECT DISTINCT d.organization_id, d.channel_id FROM deliveries d WHERE \(Self.isDue) AND d.next_try_at <= \(now)
            ),
            free AS MATERIALIZED (
                SELECT c.* FROM channels c JOIN busy b ON b.organization_id = c.organization_id AND b.channel_id = c.id
                WHERE \(Channel.isUsable) AND (c.leased_until IS NULL OR c.leased_until <= \(now))
                    AND (c.resting_until IS NULL OR c.resting_until <= \(now))
                LIMIT \(Int64(most)) FOR UPDATE OF c SKIP LOCKED
            ),
            chosen AS MATERIALIZED (
                SELECT d.organization_id, d.id, d.status, d.tries, d.leased_until, f.kind, f.sealed, f.refused_at, f.failing_since
                FROM free f CROSS JOIN LATERAL (
                    SELECT * FROM deliveries d WHERE d.organization_id = f.organization_id AND d.channel_id = f.id AND \(Self.isDue)
                        AND d.next_try_at <= \(now) ORDER BY d.next_try_at, d.id LIMIT 1 FOR UPDATE SKIP LOCKED
                ) d
            ),
            taken AS (
                UPDATE channels c SET leased_until = \(end) FROM chosen h JOIN deliveries d USING (organization_id, id)
                WHERE c.organization_id = d.organization_id AND c.id = d.channel_id
            ),
            lost AS (
                INSERT INTO delivery_attempts (organization_id, delivery_id, number, started_at, finished_at, error)
                SELECT organization_id, id, tries, leased_until - \(Self.lease.components.seconds) * interval '1 second', \(now),
                    'Nobody knows whether it arrived: the machine that was sending it stopped.'
                FROM chosen WHERE status = 'sending' AND tries > 0 AND kind <> \(AlertMail.kind) ON CONFLICT DO NOTHING
            )
            UPDATE deliveries d SET status = 'sending', tries = d.tries + 1, leased_until = \(end), next_try_at = \(end)
            FROM chosen h WHERE d.organization_id = h.organization_id AND d.id = h.id
            RETURNING d.organization_id, d.id, d.channel_id, d.event, d.message, d.tries, d.created_at, d.leased_until, h.kind, h.sealed,
                h.refused_at, h.failing_since
            """
        ).map { try LeasedDelivery($0) }
    }

    /// When something is due next, and its channel free.
    func nextDue(after now: Timestamp) async throws -> Timestamp? {
        try await database.query(
            """
            SELECT min(greatest(d.next_try_at, c.leased_until, c.resting_until)) AS next
            FROM deliveries d JOIN channels c ON c.organization_id = d.organization_id AND c.id = d.channel_id
            WHERE d.next_try_at IS NOT NULL
            """
        ).only("next")
    }

    /// Ends what cannot be sent any more, sees what became of mail, and makes one message of what has waited long.
    func tidy(at now: Timestamp) async throws {
        let results = try await database.batch([
            """
            UPDATE deliveries d SET status = 'failed', next_try_at = NULL, leased_until = NULL, finished_at = \(now),
                error = 'The channel is off.'
            FROM channels c
            WHERE c.organization_id = d.organization_id AND c.id = d.channel_id AND NOT (\(Channel.isUsable)) AND d.next_try_at <= \(now)
                AND d.outbox_ids = '{}'
            """,
            Self.mailOutcome(at: now), "SELECT count(*) AS count FROM deliveries WHERE next_try_at IS NOT NULL",
            """
            SELECT organization_id, channel_id FROM deliveries d
            WHERE \(Self.isDue) AND d.status = 'waiting' AND d.event <> 'test' GROUP BY 1, 2
            HAVING count(*) > \(Int64(Self.longestBacklog)) AND min(created_at) <= \(now.adding(.zero - Self.backlogAge))
            """,
        ])
        Meters.deliveries("failed", results[0].affected)
        for row in results[1] { Meters.deliveries(try row("status"), 1) }
        Meters.deliveriesWaiting.record(try results[2].only("count", as: Int64.self))
        for row in results[3] { try await collapse(try row("channel_id"), of: try row("organization_id"), at: now) }
    }

    /// Mail is sent when one of its recipients has got it; what of the others is said beside it.
    private static func mailOutcome(at now: Timestamp) -> Query {
        """
        WITH known AS (
            SELECT d.organization_id, d.id, bool_and(o.id IS NULL OR o.finished_at IS NOT NULL) AS is_over,
                bool_or(o.status = 'sent') AS is_sent, bool_or(o.id IS NULL OR o.status = 'unknown') AS is_unknown,
                left(string_agg(DISTINCT coalesce(o.error, o.status), '; ') FILTER (WHERE o.finished_at IS NOT NULL AND o.status <> 'sent'), 300) AS error
            FROM deliveries d CROSS JOIN LATERAL unnest(d.outbox_ids) AS m (id) LEFT JOIN outbox o ON o.id = m.id
            WHERE d.next_try_at <= \(now) AND d.outbox_ids <> '{}' GROUP BY 1, 2
        ),
        changed AS (
            UPDATE deliveries d SET
                status = CASE WHEN NOT is_over THEN 'sending' WHEN is_sent THEN 'sent' WHEN is_unknown THEN 'unknown' ELSE 'failed' END,
                next_try_at = CASE WHEN NOT is_over THEN \(now)::timestamptz
                    + least(greatest(\(now)::timestamptz - d.created_at, interval '2 seconds'), interval '5 minutes') END,
                finished_at = CASE WHEN is_over THEN \(now)::timestamptz END, error = coalesce(k.error, d.error)
            FROM known k WHERE d.organization_id = k.organization_id AND d.id = k.id RETURNING d.status, d.finished_at
        )
        SELECT status FROM changed WHERE finished_at IS NOT NULL
        """
    }

    /// Forgets what was over a month ago; tests call it.
    func prune(at now: Timestamp) async throws {
        let month = now.adding(.seconds(-30 * 86_400))
        while try await database.query(
            """
            DELETE FROM deliveries WHERE (organization_id, id) IN (
                SELECT organization_id, id FROM deliveries WHERE finished_at < \(month) ORDER BY finished_at LIMIT 1000)
            """
        ).affected == 1_000 {}
    }
}
