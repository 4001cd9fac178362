import Postgres
import Time

/// A row that a courier has leased.
struct LeasedMail: Sendable {
    let id: ID<RenderedMail>
    let kind: Message.Kind
    let recipient: String
    let sealed: [UInt8]?
    let createdAt: Timestamp
    let expiresAt: Timestamp?
    /// This one counted, if it is to be sent.
    let tries: Int
    let leasedUntil: Timestamp
    /// It was handed over before, and nobody knows what became of it: to be looked up.
    let wasHandedOver: Bool

    /// After this it is given up.
    var end: Timestamp { min(expiresAt ?? end(of: Outbox.patience), end(of: Outbox.patience)) }

    private func end(of patience: Duration) -> Timestamp { createdAt.adding(patience) }
}

extension Outbox {
    /// Gives up what waited too long. What was handed over is looked up, whether it has expired or not, as long as there is time.
    static func expiry(now: Timestamp) -> Query {
        """
        UPDATE outbox SET error = coalesce(error, 'not sent in time'), next_try_at = NULL, leased_until = NULL, finished_at = \(now),
            sealed = NULL, status = CASE WHEN status <> 'waiting' THEN 'unknown' WHEN expires_at <= \(now) THEN 'expired' ELSE 'failed' END
        WHERE next_try_at IS NOT NULL AND (leased_until IS NULL OR leased_until <= \(now))
            AND ((status = 'waiting' AND expires_at <= \(now)) OR created_at <= \(now.adding(.zero - patience)))
        """
    }

    /// Ends what is to go to an address that mail came back from, but for what its owner waits for.
    static func suppression(now: Timestamp) -> Query {
        """
        UPDATE outbox o SET status = 'suppressed', error = 'mail to this address is stopped: ' || s.cause, next_try_at = NULL,
            leased_until = NULL, finished_at = \(now), sealed = NULL
        FROM suppressions s
        WHERE s.recipient = o.recipient AND o.next_try_at <= \(now) AND o.status = 'waiting'
            AND o.kind <> ALL (\(Message.Kind.allCases.filter(\.ignoresSuppression).map(\.rawValue)))
        """
    }

    /// Leases what is due, or whose lease has ended, the longest due first. Kinds that this version does not know are left to
    /// nodes that do.
    static func claim(_ most: Int, until end: Timestamp, now: Timestamp) -> Query {
        """
        WITH due AS MATERIALIZED (
            SELECT id, status FROM outbox WHERE next_try_at <= \(now) AND kind = ANY(\(Message.Kind.allCases.map(\.rawValue)))
            ORDER BY next_try_at LIMIT \(most) FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox o SET status = CASE due.status WHEN 'waiting' THEN 'sending' ELSE 'unknown' END,
            tries = tries + CASE due.status WHEN 'waiting' THEN 1 ELSE 0 END, leased_until = \(end), next_try_at = \(end)
        FROM due WHERE o.id = due.id
        RETURNING o.id, o.kind, o.recipient, o.sealed, o.created_at, o.expires_at, o.tries, o.leased_until,
            due.status <> 'waiting' AS was_handed_over
        """
    }

    /// Writes what became of a mail, unless its lease was lost meanwhile: then it touches no row. Content stays as long as it is
    /// needed, and beyond that where `isKept`.
    static func record(_ step: DeliveryStep, of mail: LeasedMail, isKept: Bool, now: Timestamp) -> Query {
        """
        UPDATE outbox SET status = \(step.status), next_try_at = \(step.nextTryAt), leased_until = NULL,
            finished_at = \(step.nextTryAt == nil ? now : nil), error = \(step.error), provider_id = \(step.providerID),
            tries = tries - \(step.isUncounted ? 1 : 0),
            sealed = CASE WHEN \(step.nextTryAt != nil || (isKept && step.status == "sent")) THEN sealed END
        WHERE id = \(mail.id) AND leased_until = \(mail.leasedUntil)
        """
    }

    /// Forgets what has been final for longer than `days`, and what came back of it; of the newest, so many stay.
    static func pruning(keeping days: Int, most: Int?, now: Timestamp) -> [Query] {
        let end = now.adding(.seconds(-86_400 * days))
        let age: [Query] = ["DELETE FROM outbox WHERE finished_at < \(end)", "DELETE FROM mail_events WHERE at < \(end)"]
        guard let most else { return age }
        let surplus: Query = """
            DELETE FROM outbox WHERE finished_at IS NOT NULL AND id IN (
                SELECT id FROM outbox WHERE finished_at IS NOT NULL ORDER BY finished_at DESC, id DESC OFFSET \(most))
            """
        return age + [surplus]
    }
}

extension LeasedMail {
    /// Nil for a kind that this version does not know.
    init?(_ row: Row) throws(PostgresError) {
        guard let kind = Message.Kind(rawValue: try row("kind")) else { return nil }
        self.kind = kind
        id = try row("id")
        recipient = try row("recipient")
        sealed = try row("sealed")
        createdAt = try row("created_at")
        expiresAt = try row("expires_at")
        tries = Int(try row("tries") as Int32)
        leasedUntil = try row("leased_until")
        wasHandedOver = try row("was_handed_over")
    }
}
