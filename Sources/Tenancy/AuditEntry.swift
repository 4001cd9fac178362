import JSON
import Postgres
import Time

/// One line of the audit log: who did what, on what, when and from where.
public struct AuditEntry: Sendable, Identified {
    public static let prefix = "aud"

    public let id: ID<AuditEntry>
    public let organizationID: ID<Organization>
    public let at: Timestamp
    public let actor: Actor
    /// What was done, in lower case, such as `job.next_run_moved`.
    public let action: String
    /// On what: its id as it is written outside, with its prefix.
    public let subject: String
    /// What was different; never a secret. Nil: it was not there, or is not there any more.
    public let before: JSON?
    public let after: JSON?
    public let way: Way
    /// The address that the request came from, where there was one.
    public let address: String?
    /// Of the request that it was done by; nil: it came without an `Idempotency-Key`.
    private let reservation: IdempotencyKeys.Reservation?

    /// An entry made at `at`, with a new id.
    public init(
        at: Timestamp, of organization: ID<Organization>, by actor: Actor, _ action: String, on subject: String, before: JSON? = nil,
        after: JSON? = nil, way: Way, from address: String? = nil
    ) {
        self.init(
            at: at, of: organization, by: actor, action, on: subject, before: before, after: after, way: way, from: address, under: nil)
    }

    init(
        at: Timestamp, of organization: ID<Organization>, by actor: Actor, _ action: String, on subject: String, before: JSON?,
        after: JSON?, way: Way, from address: String?, under reservation: IdempotencyKeys.Reservation?
    ) {
        assert(Self.actions.contains(action), "\(action) is not in the list of actions")
        (id, self.at, organizationID, self.actor) = (ID(at: at), at, organization, actor)
        (self.action, self.subject, self.before, self.after) = (action, subject, before, after)
        (self.way, self.address, self.reservation) = (way, address, reservation)
    }

    /// Writes it: to be sent within the transaction that makes the change.
    public var insertion: Query { insertion(if: "true") }

    /// Writes it where the condition holds: for a batch that cannot know beforehand whether there will be a change.
    ///
    /// Where the request has an `Idempotency-Key`, whoever writes this keeps others from taking it over until the transaction ends; and
    /// who has lost it, having slept for too long, violates the table's NOT NULL, which undoes the change.
    public func insertion(if condition: Query) -> Query {
        let columns: Query = "organization_id, id, at, actor, actor_id, action, subject, before, after, via, address, request_id"
        let values: Query = """
            \(id), \(at)::timestamptz, \(actor.word), \(actor.bearer)::uuid, \(action), \(subject), \(before)::jsonb, \(after)::jsonb,
                \(way.rawValue), \(address)::text
            """
        guard let reservation else {
            return "INSERT INTO audit_log (\(columns)) SELECT \(organizationID), \(values), NULL::uuid WHERE \(condition)"
        }
        return """
            WITH held AS MATERIALIZED (
                SELECT organization_id FROM idempotency_keys
                WHERE organization_id = \(organizationID) AND api_key_id = \(reservation.key) AND name = \(reservation.name)
                    AND request_id = \(reservation.request) FOR SHARE
            )
            INSERT INTO audit_log (\(columns))
            SELECT (SELECT organization_id FROM held), \(values), \(reservation.request) WHERE \(condition)
            """
    }
}

extension AuditEntry {
    /// All that is written down, to choose from; what stands before the dot says what it is about.
    public static let actions = [
        "address.tried_again", "alerts.muted", "alerts.unmuted", "api_key.created", "api_key.revoked", "api_key.rotated", "channel.changed",
        "channel.confirmation_sent", "channel.confirmed", "channel.created", "channel.deleted", "channel.switched_off", "channel.tested",
        "channel.unsubscribed", "delivery.resent", "execution.cancelled", "execution.rescheduled", "execution.retried",
        "executions.replayed", "invite.declined", "invite.ended", "invite.resent", "invite.revoked", "invite.sent", "job.changed",
        "job.created", "job.deleted", "job.next_run_moved", "job.paused", "job.restored", "job.resumed", "job.tested", "job.triggered",
        "member.joined", "member.left", "member.removed", "member.role_changed", "organization.changed", "organization.created",
        "organization.deleted", "organization.restored", "organization.transferred", "signing_secret.rotated",
    ]

    /// Writes many in one statement, each where the condition holds for `a.place`, its place among them, counted from 0. What is said
    /// of one that came with an `Idempotency-Key` holds here for each.
    public static func insertion(of entries: [AuditEntry], if condition: Query = "true") -> Query {
        let reserved = entries.compactMap(\.reservation)
        let held: Query = """
            WITH held AS MATERIALIZED (
                SELECT k.organization_id, k.request_id FROM idempotency_keys k
                WHERE (k.api_key_id, k.name, k.request_id) IN (
                    SELECT * FROM unnest(\(reserved.map(\.key)), \(reserved.map(\.name)), \(reserved.map(\.request)))) FOR SHARE
            )
            """
        let organization: Query = """
            CASE WHEN a.request_id IS NULL THEN a.organization_id ELSE (
                SELECT h.organization_id FROM held h WHERE h.organization_id = a.organization_id AND h.request_id = a.request_id) END
            """
        return """
            \(reserved.isEmpty ? "" as Query : held)
            INSERT INTO audit_log (organization_id, id, at, actor, actor_id, action, subject, before, after, via, address, request_id)
            SELECT \(reserved.isEmpty ? "a.organization_id" as Query : organization), a.id, a.at, a.actor, coalesce(a.user_id, a.key_id), a.action,
                a.subject, a.before, a.after, a.via, a.address, a.request_id
            FROM (
                SELECT e.*, row_number() OVER () - 1 AS place FROM unnest(
                    \(entries.map(\.organizationID)), \(entries.map(\.id)), \(entries.map(\.at)), \(entries.map(\.actor.word)),
                    \(entries.map(\.actor.user)), \(entries.map(\.actor.key)), \(entries.map(\.action)), \(entries.map(\.subject)),
                    \(entries.map(\.before)), \(entries.map(\.after)), \(entries.map(\.way.rawValue)), \(entries.map(\.address)),
                    \(entries.map(\.reservation?.request))
                ) AS e (organization_id, id, at, actor, user_id, key_id, action, subject, before, after, via, address, request_id)
            ) a WHERE \(condition)
            """
    }

    static let columns: Query = "organization_id, id, at, actor, actor_id, action, subject, before, after, via, address"

    init(_ row: Row) throws(PostgresError) {
        organizationID = try row("organization_id")
        id = try row("id")
        at = try row("at")
        actor = try Actor(row)
        action = try row("action")
        subject = try row("subject")
        before = try row("before")
        after = try row("after")
        way = Way(rawValue: try row("via")) ?? .engine
        address = try row("address")
        reservation = nil
    }
}
